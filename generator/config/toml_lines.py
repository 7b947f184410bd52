"""Where in a TOML text a key stands, which tomllib does not tell."""

from __future__ import annotations

import re


def line_of(text: str, place: tuple[int | str, ...]) -> int | None:
    """The line of a key, or of the table that should hold it.

    tomllib keeps no positions, so table headers are counted in the text; a key written as an inline table is
    reported at the line of its table, a table without a header at its first sub-table.
    """
    names = [part for part in place if isinstance(part, str)]
    wanted = [part for part in place if isinstance(part, int)]
    counts: dict[str, int] = {}
    table, found, inside, indices = "", None, None, list[int]()
    for number, raw in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*(\[\[?)\s*([\w.\-\s]+?)\s*\]\]?\s*(#.*)?$", raw):
            table = header[2].replace(" ", "")
            if header[1] == "[[":
                counts = {name: n for name, n in counts.items() if not name.startswith(f"{table}.")}
                counts[table] = counts.get(table, -1) + 1
            parents = [".".join(table.split(".")[: depth + 1]) for depth in range(table.count(".") + 1)]
            indices = [counts[name] for name in parents if name in counts]
        key = re.match(r"\s*([\w\-]+)\s*=", raw)
        if not header and not key:
            continue
        path = [*table.split("."), key[1]] if key and table else [key[1]] if key else table.split(".")
        if indices == wanted[: len(indices)] and path == names[: len(path)]:
            found = number
        elif inside is None and indices == wanted and path[: len(names)] == names:
            inside = number
    return found or inside
