"""Space-Track's public summaries of conjunction messages (``cdm_public``), and lists of messages of any JSON form.

A summary has the instant, the least range and the probability of two catalogued objects, no states and no covariances.
Its MIN_RNG has no unit in the file, and its describers differ (metres, kilometres): it is kept as the number that it
is, and never subtracted from a distance.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from nearpass.astro.epochs import Epoch, TimeSystem
from nearpass.errors import InputError, NearpassError
from nearpass.messages.cdm import Cdm
from nearpass.messages.cdm_read import MOST_BYTES, parse_cdm
from nearpass.messages.oem_lines import plain_text

MOST_MESSAGES: Final = 1_000
_MOST_CHARACTERS: Final = 256
_WRAPPERS: Final = ("cdms", "data", "results", "items", "messages")
_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "id": ("SAT_{}_ID", "SAT{}_ID"),
    "name": ("SAT_{}_NAME", "SAT{}_NAME"),
    "kind": ("SAT{}_OBJECT_TYPE", "SAT_{}_OBJECT_TYPE"),
}
"""The underscores of Space-Track are irregular; the regular spellings stand in descriptions and some services."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryObject:
    """An object of a summary: its catalogue number, its name, and what kind it is."""

    number: str
    name: str
    kind: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CdmSummary:
    """A public summary. ``least_range`` is a number whose unit the file does not say, ``pc`` None where it has none.

    ``emergency`` says whether the event was reported to the owners as an emergency.
    """

    message_id: str
    created: Epoch | None
    tca: Epoch
    least_range: float | None
    pc: float | None
    emergency: bool | None
    objects: tuple[SummaryObject, SummaryObject]


def parse_cdms(data: bytes, file: str) -> tuple[Cdm | CdmSummary, ...]:
    """Every message of a file: one in KVN, XML or JSON, or a list in JSON, alone or below a key as services wrap it.

    Args:
        data: The content of the file.
        file: Its name, for the error.

    Raises:
        InputError: for the first broken rule of the first broken message, by its number in a list.
    """
    found = _listed(data)
    if found is None:
        return (parse_cdm(data, file),)
    made: list[Cdm | CdmSummary] = []
    for number, one in enumerate(found, start=1):
        try:
            made.append(_summary(one) if _is_summary(one) else parse_cdm(json.dumps(one).encode(), file))
        except NearpassError as error:
            where = f"message {number} of {len(found)}: " if len(found) > 1 else ""
            raise InputError(f"{where}{error.rule}", value=error.value, file=file, line=None) from None
    if not made:
        raise InputError("a list must hold a conjunction data message", value="an empty list", file=file)
    return tuple(made)


def _listed(data: bytes) -> list[Any] | None:
    """The messages of a list, or one summary; None for a file of one message, which has lines to name."""
    if len(data) > MOST_BYTES * MOST_MESSAGES:
        return None
    try:
        text = plain_text(data).decode()
        if text.lstrip()[:1] not in {"{", "["}:
            return None
        content = json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    except (NearpassError, UnicodeDecodeError, ValueError, RecursionError):
        return None  # the reader of one message tells what is wrong
    if isinstance(content, dict):
        inner = [content[key] for key in content if str(key).lower() in _WRAPPERS and isinstance(content[key], list)]
        content = inner[0] if len(inner) == 1 and not _is_summary(content) else content
    if isinstance(content, list):
        if len(content) == 1 and not _is_summary(content[0]) and text.lstrip()[:1] == "[":
            return None
        if len(content) > MOST_MESSAGES:
            raise InputError(f"a list must hold at most {MOST_MESSAGES} messages", value=len(content))
        return content
    return [content] if _is_summary(content) else None


def _is_summary(content: object) -> bool:
    return isinstance(content, dict) and {"CDM_ID", "MIN_RNG"} <= content.keys() and "CCSDS_CDM_VERS" not in content


def _summary(content: Mapping[str, Any]) -> CdmSummary:
    first, second = (_object(content, number) for number in (1, 2))
    flag = _text(content, "EMERGENCY_REPORTABLE")
    tca = _epoch(content, "TCA")
    if tca is None:
        raise InputError("a summary must give TCA")
    pc = _number(content, "PC")
    if pc is not None and not 0.0 <= pc <= 1.0:
        raise InputError("PC must lie between 0 and 1", value=pc)
    least_range = _number(content, "MIN_RNG")
    if least_range is not None and least_range < 0.0:
        raise InputError("MIN_RNG must not be negative", value=least_range)
    return CdmSummary(
        message_id=_text(content, "CDM_ID") or "",
        created=_epoch(content, "CREATED"),
        tca=tca,
        least_range=least_range,
        pc=pc,
        emergency={"Y": True, "N": False}.get((flag or "").upper()),
        objects=(first, second),
    )


def _object(content: Mapping[str, Any], number: int) -> SummaryObject:
    told = {
        field: next((text for name in names if (text := _text(content, name.format(number))) is not None), None)
        for field, names in _NAMES.items()
    }
    if told["id"] is None:
        raise InputError(f"a summary must give SAT_{number}_ID")
    return SummaryObject(number=told["id"], name=told["name"] or told["id"], kind=told["kind"])


def _text(content: Mapping[str, Any], key: str) -> str | None:
    value = content.get(key)
    if value is None or value == "":
        return None
    text = value if isinstance(value, str) else json.dumps(value)
    if len(text) > _MOST_CHARACTERS or not text.isprintable():
        raise InputError(f"{key} must be a short text of printable characters", value=text[:_MOST_CHARACTERS])
    return text.strip()


def _number(content: Mapping[str, Any], key: str) -> float | None:
    text = _text(content, key)
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f"{key} must be a finite number", value=text)
    return value


def _epoch(content: Mapping[str, Any], key: str) -> Epoch | None:
    """An instant, in UTC; Space-Track writes CREATED with a blank between date and time."""
    text = _text(content, key)
    try:
        return None if text is None else Epoch.parse(text.replace(" ", "T"), TimeSystem.UTC)
    except NearpassError as error:
        raise InputError(f"{key}: {error.rule}", value=text) from None
