"""A cycle as one zip file that opens without a network: pages, plots, tables, theme, and pages that explain them."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from nearpass.archive.archive import cycle_folder
from nearpass.record.cycle_id import CycleId
from nearpass.report.pages import zip_name
from nearpass.report.rendering import render

EXPLAINING: Final = ("how-to-read.html", "glossary.html", "method.html", "formats.html", "icon.svg")
_LINK: Final = re.compile(r'(?:href|src)="([^"#?:]+)[#?"]')
_EARLIEST: Final = 1980  # of a date in a zip file


def write_archive(built: Path, cycle_id: str) -> None:
    """Put a cycle's built files into a zip beside them; the same files give the same bytes.

    What they link to and is not part of it, such as other cycles, is a page that says so: no link leads nowhere.

    Args:
        built: The built site, or that part of it that was just made.
        cycle_id: The cycle.
    """
    folder = cycle_folder(cycle_id)
    contents = {name: (built / name).read_bytes() for name in sorted(_members(built, folder))}
    contents |= {name: text.encode() for name, text in _stubs(contents, cycle_id, folder).items()}
    stem = zip_name(cycle_id).removesuffix(".zip")
    data = packed({f"{stem}/{name}": content for name, content in contents.items()}, cycle_id)
    (built / folder / zip_name(cycle_id)).write_bytes(data)


def packed(files: Mapping[str, bytes], cycle_id: str) -> bytes:
    """Files as one zip, of the cycle's day and with plain modes: the same files give the same bytes."""
    of = CycleId(cycle_id)
    stamp = (max(of.year, _EARLIEST), of.month, of.day, 0, 0, 0)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, date_time=stamp)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name], zipfile.ZIP_DEFLATED, 6)
    return out.getvalue()


def _members(built: Path, folder: str) -> Iterator[str]:
    for below in (folder, "assets"):
        for path in (built / below).rglob("*"):
            if path.is_file() and path.suffix != ".zip":
                yield path.relative_to(built).as_posix()
    yield from (name for name in EXPLAINING if (built / name).exists())


def _stubs(contents: dict[str, bytes], cycle_id: str, folder: str) -> dict[str, str]:
    """What is linked to and missing: a page says where to go, a script does nothing, a feed or table says so."""
    missing = {
        target
        for name, data in contents.items()
        if name.endswith(".html")
        for target in _targets(name, data.decode("utf-8"))
        if target not in contents
    }
    stubs = {"index.html": _stub("index.html", cycle_id, folder)}
    for name in sorted(missing):
        if name.endswith(".html"):
            stubs[name] = _stub(name, cycle_id, folder)
        else:
            stubs[name] = "" if name.endswith(".js") else "This file is not part of this copy.\n"
    return stubs


def _targets(name: str, text: str) -> Iterator[str]:
    for address in set(_LINK.findall(text)):
        target = posixpath.normpath(posixpath.join(posixpath.dirname(name), address))
        if not target.startswith(".."):
            yield target


def _stub(name: str, cycle_id: str, folder: str) -> str:
    href = posixpath.relpath(f"{folder}/index.html", posixpath.dirname(name) or ".")
    return render("page/offline.html.j2", cycle_id=cycle_id, href=href, front=name == "index.html")
