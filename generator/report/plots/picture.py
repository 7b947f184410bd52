"""Figures as small, stable SVG: what matplotlib draws on.

Text is drawn as outlines: the picture stands in an ``<img>``, where no web font reaches it, and labels placed by
measured widths would collide under a reader's own font. Each glyph is defined once a picture, and a line of text is
measured and laid out once a process. Looks are attributes, not styles: a policy without inline styles holds for a
picture opened by itself as well. There are no dates, comments, ids of groups or needless digits in it, and it has the
same bytes in every process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from typing import Any, Final, Literal
from xml.sax.saxutils import escape

import numpy as np
from matplotlib.backend_bases import GraphicsContextBase, RendererBase
from matplotlib.colors import rgb2hex
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.ft2font import LoadFlags
from matplotlib.path import Path
from matplotlib.textpath import TextToPath
from matplotlib.transforms import Affine2D, Transform

_PT: Final = 72.0
_GLYPH_GRID: Final = 0.25
"""Outlines lie on a grid of this many hundredths of an em: finer than a printer's dots."""
_LETTERS: Final = {Path.MOVETO: "m", Path.LINETO: "l", Path.CURVE3: "q", Path.CURVE4: "c"}
_POINTS: Final = {Path.CURVE3: 2, Path.CURVE4: 3}
_HATCH_PT: Final = 72


def svg(figure: Figure, title: str) -> bytes:
    """The figure as SVG; ``title`` is what a screen reader says of it and must be drawable (``literal``)."""
    figure.dpi = _PT
    width_pt, height_pt = (float(length_in) * _PT for length_in in figure.get_size_inches())
    picture = Picture(width_pt, height_pt)
    figure.draw(picture)
    return picture.text(title).encode()


class Picture(RendererBase):
    """An SVG in points, y down, as matplotlib draws it."""

    def __init__(self, width_pt: float, height_pt: float) -> None:
        super().__init__()
        self._size_pt = width_pt, height_pt
        self._flip = Affine2D().scale(1.0, -1.0).translate(0.0, height_pt)
        self._body: list[str] = []
        self._glyphs: dict[str, str] = {}
        self._shared: dict[tuple[str, str], str] = {}
        """Clips, marks and hatches by prefix and content: their ids."""

    def text(self, title: str) -> str:
        """The whole picture."""
        width, height = (_number(length_pt) for length_pt in self._size_pt)
        glyphs = (f'<path id="{name}" {drawn}/>' for name, drawn in self._glyphs.items())
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" version="1.1" width="{width}pt" height="{height}pt" '
            f'viewBox="0 0 {width} {height}" stroke-linejoin="round" stroke-linecap="butt">'
        )
        lines = [
            head,
            f"<title>{escape(title)}</title>",
            "<defs>",
            *self._definitions(),
            *glyphs,
            "</defs>",
            *self._body,
        ]
        return "\n".join([*lines, "</svg>\n"])

    def draw_path(
        self,
        gc: GraphicsContextBase,
        path: Path,
        transform: Transform,
        rgbFace: Any | None = None,  # noqa: N803
    ) -> None:
        """A line or an area."""
        clip = rgbFace is None and gc.get_hatch_path() is None
        outline = self._outline(path, transform + self._flip, clip=clip, simplify=bool(path.should_simplify and clip))
        self._put(f'<path d="{outline}"{self._look(gc, rgbFace)}{self._clip(gc)}/>')

    def draw_markers(
        self,
        gc: GraphicsContextBase,
        marker_path: Path,
        marker_trans: Transform,
        path: Path,
        trans: Transform,
        rgbFace: Any | None = None,  # noqa: N803
    ) -> None:
        """A mark at each point of a path."""
        outline = self._outline(marker_path, marker_trans + Affine2D().scale(1.0, -1.0))
        name = self._share("m", f'd="{outline}"{self._look(gc, rgbFace)}')
        width_pt, height_pt = self._size_pt
        margin_pt = 100.0
        places = trans.transform(np.asarray(path.vertices)) * (1.0, -1.0) + (0.0, height_pt)
        inside = np.all((places >= -margin_pt) & (places <= np.array([width_pt, height_pt]) + margin_pt), axis=1)
        marks = [f'<use href="#{name}" x="{_number(x)}" y="{_number(y)}"/>' for x, y in places[inside].tolist()]
        if marks:
            self._put(f"<g{clip}>{''.join(marks)}</g>" if (clip := self._clip(gc)) else "".join(marks))

    def draw_text(
        self,
        gc: GraphicsContextBase,
        x: float,
        y: float,
        s: str,
        prop: FontProperties,
        angle: float,
        ismath: bool | Literal["TeX"] = False,  # noqa: ARG002  # mathematical markup is off
        mtext: Any = None,  # noqa: ARG002  # nothing more of it is needed
    ) -> None:
        """A line of text as outlines."""
        uses, glyphs = _laid_out(s, _font_of(prop))
        self._glyphs.update(glyphs)
        scale = prop.get_size_in_points() / TextToPath.FONT_SCALE
        turn = f" rotate({_number(-angle)})" if angle else ""
        color = rgb2hex(gc.get_rgb())
        fill = "" if color == "#000000" else f' fill="{color}"'
        alpha = gc.get_alpha() if gc.get_forced_alpha() else gc.get_rgb()[3]
        dim = "" if alpha == 1.0 else f' opacity="{_number(float(alpha))}"'
        place = f"translate({_number(x)} {_number(y)}){turn} scale({scale:.4g} {-scale:.4g})"
        self._put(f'<g{fill}{dim} transform="{place}"{self._clip(gc)}>{uses}</g>')

    def draw_image(self, *_: Any, **__: Any) -> None:
        """No plot holds raster images.

        Raises:
            NotImplementedError: always.
        """
        raise NotImplementedError("a picture holds lines, areas and text only")

    def get_text_width_height_descent(
        self,
        s: str,
        prop: FontProperties,
        ismath: bool | Literal["TeX"],  # noqa: ARG002  # as above
    ) -> tuple[float, float, float]:
        """Width, height and descent in points."""
        return _measured(s, _font_of(prop), float(prop.get_size_in_points()))

    def get_canvas_width_height(self) -> tuple[float, float]:
        """The size in points."""
        return self._size_pt

    def flipy(self) -> bool:
        """Text is placed with y downwards."""
        return True

    def option_scale_image(self) -> bool:
        """As there are no images, none is scaled."""
        return False

    def _put(self, text: str) -> None:
        self._body.append(text)

    def _outline(self, path: Any, transform: Transform, *, clip: bool = False, simplify: bool = False) -> str:
        """Path data on a grid of a hundredth of a point."""
        window = (0.0, 0.0, *self._size_pt) if clip else None
        cleaned = path.cleaned(transform, remove_nans=True, clip=window, simplify=simplify, curves=True)
        grid = np.round(np.asarray(cleaned.vertices) * 100.0).astype(np.int64)
        return _path_data(grid, np.asarray(cleaned.codes), _hundredths)

    def _look(self, gc: GraphicsContextBase, face: Any | None) -> str:
        """Fill, line and hatch as attributes."""
        forced = float(gc.get_alpha()) if gc.get_forced_alpha() else None
        said = {} if forced is None or forced == 1.0 else {"opacity": _number(forced)}
        if gc.get_hatch() is not None:
            said["fill"] = f"url(#{self._hatch(gc, face)})"
        elif face is None:
            said["fill"] = "none"
        else:
            if (color := rgb2hex(face)) != "#000000":
                said["fill"] = color
            if len(face) == 4 and face[3] != 1.0 and forced is None:
                said["fill-opacity"] = _number(float(face[3]))
        said |= _line(gc, forced) if gc.get_linewidth() else {}
        return "".join(f' {name}="{value}"' for name, value in said.items())

    def _clip(self, gc: GraphicsContextBase) -> str:
        """The attribute that clips to what the axes show."""
        path, transform = gc.get_clip_path()
        box = gc.get_clip_rectangle()
        if path is not None and transform is not None:
            content = f'<path d="{self._outline(path, transform + self._flip)}"/>'
        elif box is not None:
            x, y, width, height = box.bounds
            content = (
                f'<rect x="{_number(x)}" y="{_number(self._size_pt[1] - y - height)}" '
                f'width="{_number(width)}" height="{_number(height)}"/>'
            )
        else:
            return ""
        return f' clip-path="url(#{self._share("c", content)})"'

    def _hatch(self, gc: GraphicsContextBase, face: Any | None) -> str:
        """The id of the pattern that a hatched area is filled with."""
        path = gc.get_hatch_path(6.0)
        if path is None:
            raise NotImplementedError("an area is hatched by a pattern of matplotlib's")
        transform = Affine2D().scale(_HATCH_PT).scale(1.0, -1.0).translate(0.0, _HATCH_PT)
        lines = self._outline(path, transform)
        color = rgb2hex(gc.get_hatch_color())
        ground = f'<rect width="{_HATCH_PT}" height="{_HATCH_PT}" fill="{rgb2hex(face)}"/>' if face is not None else ""
        drawn = (
            f'<path d="{lines}" fill="{color}" stroke="{color}" stroke-width="{_number(gc.get_hatch_linewidth())}" '
            'stroke-linecap="butt" stroke-linejoin="miter"/>'
        )
        return self._share("h", ground + drawn)

    def _share(self, prefix: str, content: str) -> str:
        """The id of what is defined once."""
        return self._shared.setdefault((prefix, content), f"{prefix}{len(self._shared)}")

    def _definitions(self) -> Iterator[str]:
        size = f'x="0" y="0" width="{_HATCH_PT}" height="{_HATCH_PT}" patternUnits="userSpaceOnUse"'
        for (prefix, content), name in self._shared.items():
            if prefix == "c":
                yield f'<clipPath id="{name}">{content}</clipPath>'
            elif prefix == "h":
                yield f'<pattern id="{name}" {size}>{content}</pattern>'
            else:
                yield f'<path id="{name}" {content}/>'


def _line(gc: GraphicsContextBase, forced: float | None) -> dict[str, str]:
    """Colour, width, joins and dashes of a line as attributes; ``forced`` is an opacity that holds for all."""
    rgba = gc.get_rgb()
    said = {"stroke": rgb2hex(rgba)}
    if forced is None and rgba[3] != 1.0:
        said["stroke-opacity"] = _number(float(rgba[3]))
    if gc.get_linewidth() != 1.0:
        said["stroke-width"] = _number(float(gc.get_linewidth()))
    if gc.get_joinstyle() != "round":
        said["stroke-linejoin"] = str(gc.get_joinstyle())
    if gc.get_capstyle() != "butt":
        said["stroke-linecap"] = "square" if gc.get_capstyle() == "projecting" else str(gc.get_capstyle())
    dashes: Any = gc.get_dashes()
    offset_pt, dashes_pt = dashes
    if dashes_pt is not None:
        said["stroke-dasharray"] = ",".join(_number(float(length_pt)) for length_pt in dashes_pt)
        if offset_pt:
            said["stroke-dashoffset"] = _number(float(offset_pt))
    return said


def _path_data(grid: Any, codes: Any, written: Callable[[int], str]) -> str:
    """Path data of a cleaned path, (N, 2) whole numbers and (N,) codes: each point as a step from the one before."""
    points, kinds = grid.tolist(), codes.tolist()
    data: list[str] = []
    here = start = (0, 0)
    index, last = 0, ""
    while index < len(kinds) and kinds[index] != Path.STOP:
        code = kinds[index]
        if code == Path.CLOSEPOLY:
            data.append("z")
            here, last, index = start, "z", index + 1
            continue
        some = points[index : index + _POINTS.get(code, 1)]
        index += len(some)
        letter = _LETTERS[code]
        steps = ""
        for x, y in some:
            for step in (x - here[0], y - here[1]):
                drawn = written(step)
                steps += drawn if not steps or drawn[0] == "-" else f" {drawn}"
        if letter == "l" == last and steps == "0 0":
            continue
        here, start = some[-1], some[-1] if letter == "m" else start
        data.append(letter + steps if letter != last else steps if steps[0] == "-" else f" {steps}")
        last = letter
    return "".join(data)


@lru_cache(maxsize=16_384)
def _hundredths(count: int) -> str:
    """A number of hundredths: ``-.5``, ``12``, ``3.07``."""
    text = f"{abs(count) / 100:.2f}".rstrip("0").rstrip(".")
    return ("-" if count < 0 else "") + (text.lstrip("0") or "0")


def _number(value: float) -> str:
    """Two decimals of a point, a 200th of a pixel."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _font_of(prop: FontProperties) -> tuple[str, ...]:
    """The files of a font, and of those that have what it lacks."""
    return _font_files(tuple(prop.get_family()), prop.get_weight())


@cache
def _font_files(family: tuple[str, ...], weight: str | int) -> tuple[str, ...]:
    return tuple(str(findfont(FontProperties(family=name, weight=weight))) for name in family)


@lru_cache(maxsize=8192)
def _measured(text: str, files: tuple[str, ...], size_pt: float) -> tuple[float, float, float]:
    """Width, height and descent of a line in points, unhinted as it is drawn."""
    font = get_font(files)
    font.set_size(TextToPath.FONT_SCALE, _PT)
    font.set_text(text, 0.0, flags=LoadFlags.NO_HINTING)
    width, height = font.get_width_height()
    scale = size_pt / TextToPath.FONT_SCALE / 64.0
    return width * scale, height * scale, font.get_descent() * scale


@lru_cache(maxsize=8192)
def _laid_out(text: str, files: tuple[str, ...]) -> tuple[str, dict[str, str]]:
    """A line in hundredths of an em as references to glyphs, and what defines these: attributes by id."""
    font = get_font(files)
    font.set_size(TextToPath.FONT_SCALE, _PT)
    placed, outlines, _ = TextToPath().get_glyphs_with_font(font, text)
    names = {name: _glyph_id(name) for name in outlines}
    uses = "".join(f'<use href="#{names[name]}" x="{x:.0f}"/>' for name, x, _, _ in placed if len(outlines[name][0]))
    drawn = {
        names[name]: f'd="{_glyph(*outline)}" transform="scale({_GLYPH_GRID})"'
        for name, outline in outlines.items()
        if len(outline[0])
    }
    return uses, drawn


def _glyph_id(name: str) -> str:
    """Of ``Inter-Bold-41``: capital for bold, another letter for the font that stands in."""
    letter = "d" if name.startswith("DejaVu") else "g"
    return (letter.upper() if "Bold" in name else letter) + name.rpartition("-")[2]


def _glyph(vertices: Any, codes: Any) -> str:
    """The outline of a glyph on its grid, each point as a step from the one before."""
    grid = np.round(np.asarray(vertices, dtype=float) / _GLYPH_GRID).astype(np.int64)
    return _path_data(grid, np.asarray(codes), str)
