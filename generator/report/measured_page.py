"""The tables of the page "Measured", made of the stored rows of the benchmark: no figure on it is typed by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, Final

from nearpass.errors import InputError

_HEAD: Final = "| What | nearpass | Floor | Peer | Times the peer | Measured |\n|---|---:|---|---|---:|---|"
Row = Mapping[str, Any]


def measured_tables(text: bytes, file: str) -> str:
    """A table for each stage in Markdown, in the order in which the stages first appear.

    Raises:
        InputError: if the text is no table of the benchmark.
    """
    try:
        rows: list[Row] = json.loads(text)["rows"]
        stages = dict.fromkeys(row["stage"] for row in rows)
        return "\n".join(line for stage in stages for line in _stage(stage, rows))
    except (ValueError, KeyError, TypeError):
        raise InputError("what is shown as measured must be rows of the benchmark", file=file) from None


def _stage(stage: str, rows: list[Row]) -> Iterator[str]:
    yield f"### {escape(stage)}\n\n{_HEAD}"
    for row in rows:
        if row["stage"] == stage:
            yield _line(row)
    yield ""


def _line(row: Row) -> str:
    """One row; wall time is said, all other times are of the processor."""
    ours = f"{seconds_text(row['seconds'])}{'' if row['clock'] == 'processor' else ' wall'}"
    peer = row["peer"]
    ratio = f"{row['seconds'] / peer['seconds']:.2f}" if peer else "–"
    what = f"{row['what']}; {row['note']}" if row["note"] else row["what"]
    at = f", {row['commit']}" if row["commit"] else ""
    cells = (what, ours, _beside(row["floor"]), _beside(peer), ratio, f"{row['on']}{at}")
    return "| " + " | ".join(escape(cell, quote=False).replace("|", "&#124;") for cell in cells) + " |"


def _beside(one: Row | None) -> str:
    return f"{one['what']}: {seconds_text(one['seconds'])}" if one else "–"


def seconds_text(seconds: float) -> str:
    """A time to three significant digits, in the unit in which it reads best."""
    if seconds < 0.001:
        return f"{seconds * 1e6:.3g} µs"
    return (
        f"{seconds * 1e3:.3g} ms" if seconds < 1.0 else f"{seconds:.3g} s" if seconds < 1000.0 else f"{seconds:.0f} s"
    )
