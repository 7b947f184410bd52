"""Conjunction Data Messages as JSON, which no published standard fixes: read in the forms that services send.

- Space-Track's class ``cdm``, also LeoLabs': one flat object, the keywords of each object with the prefix ``SAT1_`` or
  ``SAT2_``, units in twins that end in ``_UNIT``, all values as text. This form is also what is written.
- Blocks within blocks, as the XML has them: ``header``, ``relativeMetadataData``, two of ``segment``, ``object1`` or
  ``sat1``; keywords in capitals, with underscores or in camel case; a value alone or with its unit beside it.

A list may hold one message. Space-Track's public summary, ``cdm_public``, has no states and is refused by that name
where a whole message is needed; :mod:`nearpass.messages.cdm_public` reads it, and lists.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from nearpass.errors import InputError
from nearpass.messages.cdm import READ_VERSIONS, Block
from nearpass.messages.cdm_syntax import CENTER, DATA, Entry, Part, check_spelling, field_named

VERSION_KEY: Final = "CCSDS_CDM_VERS"
_MOST_DEPTH: Final = 12
_MOST_VALUES: Final = 5_000
_PREFIX: Final = re.compile(r"(?:SAT|OBJECT|SATELLITE)_?([12])_(.+)")
_OBJECT: Final = re.compile(r"(?:SAT|OBJECT|SATELLITE|SEGMENT|SPACECRAFT)_?([12])")
_LISTS: Final = frozenset({"SEGMENT", "SEGMENTS", "OBJECTS", "OBJECT", "SATELLITES"})
_UNIT: Final = re.compile(r"_UNITS?$")
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_COMMENTS: Final = {
    "COMMENT": (Block.HEADER, DATA),
    "COMMENTS": (Block.HEADER, DATA),
    "RELATIVE_COMMENT": (Block.RELATIVE, DATA),
    "METADATA_COMMENT": (Block.HEADER, Block.METADATA),
}
"""Keys of comments, with the block that they belong to in the message as a whole and in an object."""


def json_parts(text: str, notes: list[str]) -> list[Part]:
    """Header and relative data, then each object.

    Raises:
        InputError: if the text is no message in one of these forms.
    """
    content = _loaded(text)
    if isinstance(content, list):
        if len(content) != 1:
            rule = "a file must hold one conjunction data message"
            raise InputError(rule, value=f"a list of {len(content)}", line=1)
        content = content[0]
    if not isinstance(content, dict):
        raise InputError("a conjunction data message in JSON must be an object", line=1)
    if "MIN_RNG" in content and "CDM_ID" in content:
        rule = "a public summary (cdm_public) has no states and no covariances: ask for the class cdm"
        raise InputError(rule, value=str(content["CDM_ID"])[:40], line=1)
    parts = [Part(1), Part(1), Part(1)]
    lines = _Lines(text)
    units: dict[tuple[int, str], str] = {}
    found: list[tuple[int, str, str, int]] = []
    for path, key, value in _leaves(content, (), 0):
        line = lines.of(key)
        number, keyword = _place(path, key)
        if len(found) >= _MOST_VALUES:
            raise InputError(f"a message must have at most {_MOST_VALUES} values", line=line)
        if keyword in _COMMENTS:
            parts[number].remark(_COMMENTS[keyword][number > 0], [_plain(value, keyword, line)])
        elif _UNIT.search(keyword) and field_named(keyword) is None:
            units[number, _UNIT.sub("", keyword)] = value or ""
        else:
            found.append((number, keyword, _plain(value, keyword, line), line))
    for number, keyword, plain, line in found:
        _keep(parts, number, keyword, Entry(plain, units.get((number, keyword)), line), notes)
    for number in (1, 2):
        parts[number].entries.setdefault("OBJECT", Entry(f"OBJECT{number}", None, parts[number].line))
    return parts


def _keep(parts: list[Part], number: int, keyword: str, entry: Entry, notes: list[str]) -> None:
    """One value, where its keyword belongs."""
    if keyword == VERSION_KEY:
        if entry.text not in READ_VERSIONS:
            known = " or ".join(READ_VERSIONS)
            rule = f"the version of a conjunction data message must be {known}"
            raise InputError(rule, value=entry.text, line=entry.line)
        return
    one = field_named(keyword)
    if one is None:
        check_spelling(keyword, entry.line)
    if one is not None and number == 0 and one.block not in {Block.HEADER, Block.RELATIVE} and keyword != CENTER:
        raise InputError("metadata and data must belong to an object", value=keyword, line=entry.line)
    if keyword == CENTER and number == 0:  # said once for both
        for part in parts[1:]:
            part.add(keyword, entry, notes)
        return
    general = one is not None and one.block in {Block.HEADER, Block.RELATIVE}
    parts[0 if general else number].add(keyword, entry, notes)


def _loaded(text: str) -> Any:  # what JSON holds
    try:
        return json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    except json.JSONDecodeError as error:
        raise InputError(f"the text must be JSON: {error.msg}", line=error.lineno) from None
    except RecursionError:
        raise InputError(f"values must nest at most {_MOST_DEPTH} deep", line=1) from None


def _leaves(value: Any, path: tuple[str, ...], depth: int) -> Iterator[tuple[tuple[str, ...], str, str | None]]:
    """Every value with its key and the keys around it, in the order of the text; null counts as not given."""
    if depth > _MOST_DEPTH:
        raise InputError(f"values must nest at most {_MOST_DEPTH} deep", line=1)
    if isinstance(value, dict):
        lowered = {str(key).lower(): inner for key, inner in value.items()}
        if path and "value" in lowered and not isinstance(lowered["value"], dict | list):
            yield path[:-1], path[-1], _text(lowered["value"])
            unit = lowered.get("units", lowered.get("unit"))
            yield path[:-1], f"{path[-1]}_UNIT", _text(unit)
            return
        for key, inner in value.items():
            yield from _leaves(inner, (*path, str(key)), depth + 1)
    elif isinstance(value, list):
        for number, inner in enumerate(value, start=1):
            inside = (*path[:-1], f"{path[-1]}{number}") if path and _keyword(path[-1]) in _LISTS else path
            yield from _leaves(inner, inside, depth + 1)
    elif path and value is not None:
        yield path[:-1], path[-1], _text(value)


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "YES" if value else "NO"
    return None if value is None else str(value)


def _plain(value: str | None, keyword: str, line: int) -> str:
    text = re.sub(r"[ \t]*[\n\t][ \t\n]*", " ", value or "").strip()
    if not text.isprintable():
        raise InputError(f"{keyword} must hold printable characters only", value=text, line=line)
    return text


def _keyword(key: str) -> str:
    """A key as a keyword of the standard: ``missDistance`` and ``miss-distance`` are MISS_DISTANCE."""
    return _HUMP.sub("_", key).replace("-", "_").replace(" ", "_").upper()


def _place(path: tuple[str, ...], key: str) -> tuple[int, str]:
    """Which object a value belongs to, 0 for the message as a whole, and its keyword."""
    keyword = _keyword(key)
    if (prefixed := _PREFIX.fullmatch(keyword)) is not None:
        return int(prefixed[1]), prefixed[2]
    for name in reversed(path):
        if (inside := _OBJECT.fullmatch(_keyword(name))) is not None:
            return int(inside[1]), keyword
    return 0, keyword


class _Lines:
    """The line of each key, asked for in the order of the text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at: dict[str, int] = {}

    def of(self, key: str) -> int:
        """The line of the next place of a key; of its last one if there is no further."""
        wanted = key.removesuffix("_UNIT")
        at = self._text.find(f'"{key}"', self._at.get(key, 0))
        if at < 0:
            at = self._text.find(f'"{wanted}"')
        self._at[key] = at + 1 if at >= 0 else self._at.get(key, 0)
        return self._text.count("\n", 0, max(at, 0)) + 1
