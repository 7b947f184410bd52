"""All pairs of a cycle: the nearest approach of each, and which could not be screened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Final, Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from nearpass.encounter.alert import SEVERITY, Level
from nearpass.record.record import CycleRecord, EventRecord, PairRecord
from nearpass.report.plots.plot import Plot
from nearpass.report.plots.style import (
    INK,
    LEVEL_COLOR,
    MUTED,
    WIDTH_IN,
    canvas,
    level_mark,
    literal,
    panel,
    short,
    text_width_pt,
)

State = Literal["covered", "partly covered", "phase unknown", "not screened", "told in part"]

_LEAST_CELL_IN: Final = 0.44
_MOST_CELL_IN: Final = 0.62
_HATCH: Final[dict[State, str]] = {"partly covered": "///", "phase unknown": "xxx", "not screened": "\\\\\\"}
_SIGN: Final[dict[State, str]] = {
    "phase unknown": "?",
    "not screened": "–",
    "partly covered": "–",
    "covered": "–",
    "told in part": "·",
}
_TINT: Final = {Level.RED: "#f6d5d9", Level.YELLOW: "#fbeec6", Level.GREEN: "#d9f0e8"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PairCell:
    """One pair by the places of its objects in the list: row after column; ``level`` of its worst event.

    Of a pair that an edition tells in part ``below_km`` is what its worst event lies below.
    """

    row: int
    column: int
    state: State
    nearest_km: float | None
    level: Level | None
    below_km: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MatrixDrawing:
    """A triangle of cells, objects down the side and along the diagonal, the key in the free corner."""

    heading: str
    subheading: str
    ids: tuple[str, ...]
    cells: tuple[PairCell, ...]

    def figure(self) -> Figure:
        """A square cell a pair: as wide as the page allows, wider pictures for many objects."""
        count = len(self.ids)
        margin_in = 0.25 + max(text_width_pt(literal(name), 9.5) for name in self.ids) / 72.0
        cell_in = min(_MOST_CELL_IN, max(_LEAST_CELL_IN, (WIDTH_IN - margin_in - 0.1) / count))
        side_in = cell_in * count
        figure = canvas(side_in + 0.75, self.heading, self.subheading, max(WIDTH_IN, margin_in + side_in + 0.1))
        axes = panel(figure, margin_in, 0.1, side_in, side_in)
        axes.set(xlim=(0, count), ylim=(count, 0), aspect="equal")
        axes.set_axis_off()
        for cell in self.cells:
            self._draw(axes, cell, cell_in)
        for index, name in enumerate(self.ids):
            drawn = literal(name)
            if index:
                axes.text(-0.12, index + 0.5, drawn, ha="right", va="center", fontsize=9.5)
            if index < count - 1:
                axes.text(index + 0.08, index + 0.86, drawn, ha="left", va="center", fontsize=9.5)
        self._key(axes, cell_in)
        return figure

    @staticmethod
    def _draw(axes: Axes, cell: PairCell, cell_in: float) -> None:
        x, y = cell.column, cell.row
        face = _TINT[cell.level] if cell.level else "white"
        axes.add_patch(
            Rectangle((x, y), 1, 1, facecolor=face, edgecolor="#c3c9d0", linewidth=0.8, hatch=_HATCH.get(cell.state))
        )
        text = _SIGN[cell.state] if cell.nearest_km is None else short(cell.nearest_km)
        if cell.below_km is not None:
            text = f"<{short(cell.below_km)}"
        axes.text(
            x + 0.5, y + (0.68 if cell.level else 0.5), text, ha="center", va="center", linespacing=0.95,
            fontsize=min(9.5, cell_in * 18.0), weight="bold" if cell.level and cell.level is not Level.GREEN else None,
            bbox={"facecolor": face, "edgecolor": "none", "pad": 0.8} if cell.state in _HATCH else None,
        )  # fmt: skip
        if cell.level:
            level_mark(axes, x + 0.5, y + 0.28, cell.level, scale=0.95)

    def _key(self, axes: Axes, cell_in: float) -> None:
        """What marks and hatches mean, in the upper right corner, which no pair uses."""
        right = float(len(self.ids))
        step = 0.225 / cell_in
        entries: list[tuple[str, Level | None, State | None]] = [
            *((f"{level}, worst event", level, None) for level in LEVEL_COLOR),
            ("partly covered", None, "partly covered"),
            ("? phase unknown", None, "phase unknown"),
            ("– not screened", None, "not screened"),
        ]
        left = right - 1.62 / cell_in
        if len(self.ids) < 6:
            return
        axes.text(left, 0.5 * step, "nearest approach, km", fontsize=9.0, va="center", color=MUTED)
        for number, (text, level, state) in enumerate(entries, start=1):
            y = (number + 0.5) * step
            if level is not None:
                level_mark(axes, left + 0.09 / cell_in, y, level, scale=0.9)
            elif state is not None:
                axes.add_patch(
                    Rectangle(
                        (left, y - 0.38 * step), 0.19 / cell_in, 0.76 * step, facecolor="white", edgecolor="#8b939d",
                        linewidth=0.7, hatch=_HATCH[state] * 2,
                    )
                )  # fmt: skip
            axes.text(left + 0.27 / cell_in, y, text, fontsize=9.0, va="center", color=INK)


def matrix_plot(record: CycleRecord) -> Plot:
    """The nearest approach of every pair."""
    ids = tuple(item.id for item in record.objects)
    place = {name: index for index, name in enumerate(ids)}
    unknown = {item.id for item in record.objects if item.phase == "unknown"}
    worst = _worst_levels(record.events)
    known = [pair for pair in record.pairs if pair.primary in place and pair.secondary in place]
    states = [_state(pair, unknown) for pair in known]
    levels = [worst.get((pair.primary, pair.secondary)) for pair in known]
    cells = tuple(
        PairCell(
            row=max(place[pair.primary], place[pair.secondary]),
            column=min(place[pair.primary], place[pair.secondary]),
            state=state,
            nearest_km=pair.nearest.miss_km if pair.nearest else None,
            level=level,
        )
        for pair, state, level in zip(known, states, levels, strict=True)
    )
    coarse = {item.id for item in record.objects if item.shown != "full"}
    in_part = [(a, b) for a, b in combinations(ids, 2) if {a, b} & coarse]
    cells += tuple(_told_cell(pair, place, record) for pair in in_part)
    screened = [pair for pair in known if pair.nearest is not None]
    nearest = min(screened, key=lambda pair: pair.nearest.miss_km if pair.nearest else 0.0, default=None)
    told = ", ".join(f"{states.count(state)} {state}" for state in ("partly covered", "phase unknown", "not screened"))
    return Plot(
        name="cycle-matrix",
        kind="matrix",
        title=f"Nearest approach of each of {len(known)} pairs",
        alt=(
            f"Nearest approach of {len(known)} pairs of {len(ids)} objects; {told}. "
            + (
                f"The nearest is {nearest.primary} – {nearest.secondary}, {short(nearest.nearest.miss_km)} km."
                if nearest and nearest.nearest
                else "No pair was screened."
            )
        ),
        caption=(
            "Read down the side and along the diagonal: each cell is a pair with its nearest approach in kilometres "
            "between the centres; a mark shows the level of its worst event, hatching what was not screened."
            + (" Of pairs with a dot or a < only red and yellow approaches are told." if in_part else "")
        ),
        columns=("primary", "secondary", "state", "nearest_km", "nearest_tca_utc", "worst_level", "uncovered_s"),
        rows=tuple(
            (
                pair.primary,
                pair.secondary,
                state,
                pair.nearest.miss_km if pair.nearest else None,
                f"{pair.nearest.tca.iso(digits=3)}Z" if pair.nearest else None,
                str(level) if level else None,
                pair.uncovered_s,
            )
            for pair, state, level in zip(known, states, levels, strict=True)
        )
        + tuple((*pair, "told in part", None, None, _worst_told(pair, record)[0], None) for pair in in_part),
        drawing=MatrixDrawing(
            heading="Nearest approach of each pair, km",
            subheading=f"Cycle {record.cycle_id} · marks: listed below {record.thresholds.limit_km:g} km",
            ids=ids,
            cells=cells,
        ),
    )


def _told_cell(pair: tuple[str, str], place: Mapping[str, int], record: CycleRecord) -> PairCell:
    row, column = max(place[key] for key in pair), min(place[key] for key in pair)
    level, below_km = _worst_told(pair, record)
    return PairCell(
        row=row, column=column, state="told in part", nearest_km=None, level=Level(level) if level else None,
        below_km=below_km,
    )  # fmt: skip


def _worst_told(pair: tuple[str, str], record: CycleRecord) -> tuple[str | None, float | None]:
    """Level of the worst approach that is told of a pair, and what its distance is below."""
    told = [one for one in record.told if {one.primary, one.secondary} == set(pair)]
    worst = max(told, key=lambda one: SEVERITY[one.level], default=None)
    return (worst.level.value, worst.miss_km.high) if worst else (None, None)


def _worst_levels(events: tuple[EventRecord, ...]) -> dict[tuple[str, str], Level]:
    worst: dict[tuple[str, str], Level] = {}
    for event in events:
        pair = event.primary, event.secondary
        worst[pair] = max(worst.get(pair, event.level), event.level, key=SEVERITY.__getitem__)
    return worst


def _state(pair: PairRecord, unknown: set[str]) -> State:
    if pair.unscreened is not None:
        return "phase unknown" if {pair.primary, pair.secondary} & unknown else "not screened"
    return "partly covered" if pair.uncovered_s > 0 else "covered"
