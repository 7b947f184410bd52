"""Files of contact times: CSV with a head line and the columns start and stop, UTC; further columns are ignored."""

from __future__ import annotations

import csv
from pathlib import Path

from nearpass.astro.epochs import Epoch
from nearpass.astro.fields import Span
from nearpass.errors import InputError, NearpassError


def read_passes(directory: Path, name: str) -> tuple[Span, ...]:
    """The contacts of a file, as it lists them.

    Args:
        directory: Folder that the name is relative to.
        name: The file.

    Raises:
        InputError: naming file and line.
    """
    path = directory / name
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"passes must name a readable file in UTF-8: {error}", file=name) from None
    rows = csv.DictReader(text.splitlines())
    if not {"start", "stop"} <= set(rows.fieldnames or ()):
        raise InputError(
            "a file of passes must have the columns start and stop", value=rows.fieldnames, file=name, line=1
        )
    found = []
    for row in rows:
        try:
            span = Span(start=Epoch.parse_typed(row["start"] or ""), stop=Epoch.parse_typed(row["stop"] or ""))
        except NearpassError as error:
            raise InputError(error.rule, value=error.value, file=name, line=rows.line_num) from None
        if not span.start < span.stop:
            raise InputError("a pass must start before it stops", value=row["start"], file=name, line=rows.line_num)
        found.append(span)
    return tuple(found)


def written(spans: tuple[Span, ...]) -> str:
    """The text of a file of contact times that holds these spans."""
    return "start,stop\n" + "".join(f"{one.start.iso(digits=9)},{one.stop.iso(digits=9)}\n" for one in spans)
