"""What becomes of each field of what an edition shows in full, by the rule that stands on the field.

What an edition may not show in full it does not hold as such a record at all: of an object in metrics it holds who it
is (:mod:`nearpass.release.parts`), of approaches what the policy tells (:mod:`nearpass.release.told`). A field without
a rule is withheld and reported. What is no record (a span, a finding, a reason) is shown whole, as the field that
holds it says.
"""

from __future__ import annotations

import typing
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from types import MappingProxyType
from typing import Any, Final

from nearpass.record.record import CycleRecord
from nearpass.record.releasing import Release
from nearpass.release import exchanges, parts
from nearpass.release.lens import Reduce, Rules, is_record
from nearpass.release.values import (
    change_reason,
    command,
    contacts,
    figures,
    findings,
    history,
    keep,
    lateness,
    pc_reasons,
    previous_cycle,
    rules,
    shift,
    sigmas,
    whole_only,
    with_sigma,
    with_sigma_all,
    withheld,
)

REDUCTIONS: Final[Mapping[Release, Reduce]] = MappingProxyType({
    Release.OPEN: keep, Release.SIGMA: with_sigma, Release.SIGMAS: with_sigma_all, Release.WHOLE: whole_only,
    Release.FIGURES: figures, Release.UNCERTAINTIES: sigmas, Release.PC_REASONS: pc_reasons,
    Release.CHANGE_REASON: change_reason, Release.HISTORY: history, Release.EARLIER_CYCLE: previous_cycle,
    Release.COMMAND: command, Release.CONTACTS: contacts, Release.WITHHELD: withheld, Release.FINDINGS: findings,
    Release.OBJECTS: parts.objects, Release.DELIVERIES: parts.deliveries, Release.FULL_PAIRS: parts.full_pairs,
    Release.SOLUTIONS: parts.solutions, Release.SWEEP: parts.sweep, Release.CHANGES: parts.changes,
    Release.NOTES: parts.notes, Release.LOSSES: parts.losses, Release.RULES: rules, Release.SHIFT: shift,
    Release.MESSAGES: parts.messages, Release.THEIR_APPROACHES: parts.their_approaches,
    Release.DESK: parts.desk, Release.LATENESS: lateness,
    Release.EXCHANGES: exchanges.exchanges, Release.HANDED: exchanges.handed, Release.RECEIVED: exchanges.received,
    Release.EXCHANGE_NOTES: exchanges.notes,
})  # fmt: skip
"""What each rule does."""


def rules_of(kind: type) -> Mapping[str, Reduce]:
    """What becomes of each field of a record class; fields without a rule are left out."""
    hints = typing.get_type_hints(kind, include_extras=True)
    rules = {
        entry.name: next((rule for rule in _metadata(hints[entry.name]) if isinstance(rule, Release)), None)
        for entry in fields(kind)
    }
    return {name: REDUCTIONS[rule] for name, rule in rules.items() if rule is not None}


def _metadata(hint: Any) -> tuple[Any, ...]:
    return tuple(getattr(hint, "__metadata__", ()))


def _held_by(hint: Any, seen: set[type]) -> Iterator[type]:
    """Every record class that a value of this type can hold."""
    if isinstance(hint, type) and is_record(hint) and is_dataclass(hint) and hint not in seen:
        seen.add(hint)
        yield hint
        for inner in typing.get_type_hints(hint).values():
            yield from _held_by(inner, seen)
    for part in typing.get_args(hint):
        yield from _held_by(part, seen)


RULES: Final[Rules] = MappingProxyType({kind: rules_of(kind) for kind in _held_by(CycleRecord, set())})
"""By record class and field."""
