"""Stored records of earlier schemas: upgraded step by step, in order, as they are read; the stored bytes never change.

A schema number rises by one with each change of the record that older programs cannot read. The change then adds
one function to :data:`UPGRADES`, from plain JSON of its number to plain JSON of the next.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from nearpass.errors import ArchiveError
from nearpass.record import record as records
from nearpass.record.record import SCHEMA, CycleRecord

Plain = dict[str, Any]
Upgrade = Callable[[Plain], Plain]

_NO_PC: Final = "no probability: "
"""Schema 1 to 3 had this before the reason, which every page took off again."""
_NO_PC_TRADE: Final[Plain] = {"target_pc": None, "pc_rows": [], "no_pc_reason": "not computed in this cycle"}

_NO_BOUND: Final[Plain] = {"max_pc_missing": None, "span_s": None}


def _one_to_two(plain: Plain) -> Plain:
    """What schema 2 tells and schema 1 did not, as absent: other solutions, retrieval, declared errors and so on."""
    return {
        **plain,
        "solutions": [],
        "dormant": [],
        "pairs": [{**pair, "together": []} for pair in plain["pairs"]],
        "supersedes": None,
        "site_url": None,
        "events": [
            {
                **event,
                "approximate": None,
                "uncertainty": [{**item, "remark": None} for item in event["uncertainty"]],
                "trades": [{**item, **_NO_PC_TRADE} for item in event["trades"]],
            }
            for event in plain["events"]
        ],
        "crossings": [{**item, "approximate": None, "surface_km": None} for item in plain["crossings"]],
        "inputs": [{**entry, "retrieval": None} for entry in plain["inputs"]],
        "objects": [{**item, "declared": None, "approximation": None, "ending": None} for item in plain["objects"]],
        "sweep": None,
    }


def _two_to_three(plain: Plain) -> Plain:
    """Since schema 3 a catalogued object names its file; before, it is known where there was but one."""
    sweep = plain["sweep"]
    if sweep is None:
        return plain
    used = [entry["file"] for entry in sweep["inputs"] if entry["refusal"] is None]
    only = used[0] if len(used) == 1 else None
    objects = [{**item, "file": only if item["catalogued"] else None} for item in sweep["objects"]]
    return {**plain, "sweep": {**sweep, "objects": objects}}


_SENTENCES: Final = (
    "pairs.*.unscreened.several", "pairs.*.uncovered.*.reason.several", "pairs.*.together.*.why.one",
    "events.*.reason.several", "events.*.approximate.all", "events.*.uncertainty.*.source.one",
    "events.*.uncertainty.*.remark.all", "events.*.probability.why.several",
    "events.*.probability.methods.*.reason.one", "events.*.trades.*.no_pc_reason.one", "crossings.*.reason.several",
    "crossings.*.approximate.all", "changes.*.reason.one", "solutions.*.unscreened.several",
    "solutions.*.pairs.*.unscreened.several", "solutions.*.events.*.words>compared.one",
    "solutions.*.events.*.reason.several", "objects.*.approximation.words>how.one",
    "funnel.interval_steps.*.meaning.one", "funnel.minima_steps.*.meaning.one", "sweep.steps.*.meaning.one",
)  # fmt: skip
"""Where schema 3 held a sentence, ``old>new`` where the field got another name, and what stands there now.

That is ``one`` reason, ``several`` that hold together (or null, where nothing is to be said), or ``all`` there are.
"""


def _three_to_four(plain: Plain) -> Plain:
    """Since schema 4 reasons are codes with numbers; what a record said in sentences stays as prose.

    A probability tells what it counted, and whose covariance a bound leaves open; before, neither is known.
    """
    for path in _SENTENCES:
        plain = _as_prose(plain, path.split("."))
    events = [event | {"probability": _NO_BOUND | event["probability"]} for event in plain["events"]]
    return _with_findings({**plain, "losses": [], "events": events})


def _with_findings(plain: Plain) -> Plain:
    """Value and sentence of each finding as one prose, wherever deliveries are listed."""
    solutions = [{**one, "inputs": _inputs(one["inputs"])} for one in plain["solutions"]]
    sweep = plain["sweep"] and {**plain["sweep"], "inputs": _inputs(plain["sweep"]["inputs"])}
    return {**plain, "inputs": _inputs(plain["inputs"]), "solutions": solutions, "sweep": sweep}


def _inputs(inputs: Sequence[Plain]) -> list[Plain]:
    return [{**entry, "findings": [_finding(found) for found in entry["findings"]]} for entry in inputs]


def _finding(found: Plain) -> Plain:
    fact = {"rule": "prose_finding", "value": found["value"], "text": found["words"]}
    return {"rule": found["rule"], "grade": found["grade"], "fact": fact}


def _as_prose(value: Any, path: Sequence[str]) -> Any:
    """A part of the plain record with the sentence at the path as prose."""
    head, rest = path[0], path[1:]
    if value is None:
        return [] if head == "all" else None
    if not rest:
        prose = {"rule": "prose", "text": value.replace(_NO_PC, "")}
        return prose if head == "one" else [prose]
    if head == "*":
        return [_as_prose(item, rest) for item in value]
    old, _, new = head.partition(">")
    others = {name: item for name, item in value.items() if name != old}
    return others | {new or old: _as_prose(value[old], rest)}


UPGRADES: Final[Mapping[int, Upgrade]] = MappingProxyType({1: _one_to_two, 2: _two_to_three, 3: _three_to_four})
"""By the schema number that each starts from. Schema 1 is the first."""
_NUMBER: Final = re.compile(rb'"schema_number":\s*(\d+)')  # cannot occur inside a string, where quotes are escaped


def load_record(text: bytes, file: str) -> CycleRecord:
    """A stored record of this or an earlier schema.

    Raises:
        ArchiveError: if it is no record, newer than this program, or older than its upgrades reach.
    """
    found = _NUMBER.search(text)
    if found is None or int(found[1]) >= SCHEMA:
        return records.load(text, file)  # a newer one is refused there
    try:
        plain = json.loads(text)
    except ValueError:
        raise ArchiveError("a stored record must be JSON", file=file) from None
    return records.load(json.dumps(upgraded(plain, SCHEMA, UPGRADES, file)).encode(), file)


def upgraded(plain: Plain, wanted: int, upgrades: Mapping[int, Upgrade], file: str) -> Plain:
    """A record's plain JSON, taken through one upgrade after the other.

    Args:
        plain: The record as it is stored.
        wanted: The schema number to reach.
        upgrades: The steps, by the number that each starts from.
        file: Named in errors.

    Raises:
        ArchiveError: if it is newer than ``wanted``, or there is no step from its number.
    """
    number = plain["schema_number"]
    if number > wanted:
        rule = f"schema_number must be at most {wanted}; this record is newer than this program: upgrade nearpass"
        raise ArchiveError(rule, value=number, file=file)
    while number < wanted:
        step = upgrades.get(number)
        if step is None:
            oldest = min((first for first in upgrades if first > number), default=wanted)
            advice = "too old for this program: read it with an earlier nearpass"
            rule = f"schema_number must be at least {oldest}; this record is {advice}"
            raise ArchiveError(rule, value=number, file=file)
        plain = {**step(plain), "schema_number": number + 1}
        number += 1
    return plain
