"""Of which class the pairs of a cycle are, and by which rules each is judged."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from nearpass.encounter.alert_rules import AlertRule, PairClass, Pairing, reach_km, thresholds
from nearpass.reasons.levels import Level
from nearpass.record.record import CycleRecord, ObjectRecord, ThresholdsRecord


def pairing(first: ObjectRecord, second: ObjectRecord, *, joined: bool) -> Pairing:
    """Two objects as rules know them; ``joined`` says that they fly together for a part of the window."""
    kind: PairClass = "spacecraft"
    if joined:
        kind = "joined"
    elif "unknown" in {first.phase, second.phase}:
        kind = "silent"
    elif "natural" in {first.kind, second.kind}:
        kind = "moon"
    return Pairing(primary=first.id, secondary=second.id, kind=kind)


def calls(text: str, *words: str) -> bool:
    """Whether a text holds one of these ids or names as words of its own, in whatever case."""
    found = (re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE) for word in words)
    return any(match is not None for match in found)


def joined_pairs(record: CycleRecord) -> frozenset[tuple[str, str]]:
    """The pairs of a cycle that fly together for a part of its window."""
    return frozenset((pair.primary, pair.secondary) for pair in record.pairs if pair.stretches)


def rules_of(limits: ThresholdsRecord) -> tuple[AlertRule, ...]:
    """The rules of a cycle; those of one that states thresholds only are made of them."""
    return limits.rules or (
        *thresholds(Level.RED, cad_km=limits.red_cad_km, pc=limits.red_pc, oxd_km=limits.red_oxd_km),
        *thresholds(Level.YELLOW, cad_km=limits.yellow_cad_km, pc=limits.yellow_pc, oxd_km=limits.yellow_oxd_km),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """From which figures on the approaches and crossings of one pair may have a level; None where none can.

    The widest of the rules on each figure, whatever else these ask for.
    """

    red_km: float | None
    yellow_km: float | None
    red_pc: float | None
    yellow_pc: float | None
    red_oxd_km: float | None
    yellow_oxd_km: float | None

    @property
    def zones(self) -> tuple[tuple[Level, float], ...]:
        """The distances of the levels that have one, red first."""
        both = ((Level.RED, self.red_km), (Level.YELLOW, self.yellow_km))
        return tuple((level, km) for level, km in both if km is not None)


def limits_of(record: CycleRecord, primary: str, secondary: str) -> Limits:
    """From which figures on a pair of a cycle may have a level."""
    items = {item.id: item for item in record.objects}
    rules: Sequence[AlertRule] = rules_of(record.thresholds)
    if primary in items and secondary in items:
        joined = (primary, secondary) in joined_pairs(record)
        pair = pairing(items[primary], items[secondary], joined=joined)
        rules = [rule for rule in rules if rule.applies(pair)]
    return _limits(rules)


def limits_of_all(rules: Sequence[AlertRule]) -> Limits:
    """From which figures on an approach or a crossing may have a level; without the rules for named pairs.

    What these say would tell of their objects where they may not be told of.
    """
    return _limits([rule for rule in rules if not rule.pairs])


def _limits(rules: Sequence[AlertRule]) -> Limits:
    red, yellow = ([rule for rule in rules if rule.level is level] for level in (Level.RED, Level.YELLOW))
    return Limits(
        red_km=reach_km(red) or None,
        yellow_km=reach_km(yellow) or None,
        red_pc=_least_pc(red),
        yellow_pc=_least_pc(yellow),
        red_oxd_km=_widest_oxd_km(red),
        yellow_oxd_km=_widest_oxd_km(yellow),
    )


def _least_pc(rules: Sequence[AlertRule]) -> float | None:
    return min((rule.pc for rule in rules if rule.pc is not None), default=None)


def _widest_oxd_km(rules: Sequence[AlertRule]) -> float | None:
    return max((rule.oxd_km for rule in rules if rule.oxd_km is not None), default=None)
