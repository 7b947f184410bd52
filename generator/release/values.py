"""What can become of one value of what an edition shows in full: kept, renamed, put into general words, withheld."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from nearpass.encounter.alert_rules import AlertRule
from nearpass.ephemeris.lint import Finding, overall
from nearpass.reasons.changes import ChangeReason, InGeneral
from nearpass.reasons.findings import Shift
from nearpass.reasons.general import Withheld
from nearpass.reasons.levels import RuleFails, RuleHolds, RuleUnjudged
from nearpass.reasons.probabilities import PcReasons
from nearpass.record.doubt_record import ShiftRecord
from nearpass.record.event_record import HistoryPoint, UncertaintyRecord
from nearpass.record.marking import Show
from nearpass.record.pairing import calls
from nearpass.record.record import ObjectRecord
from nearpass.release.lens import Lens

NAMED: Final = frozenset({Show.FULL, Show.METRICS})
PC_WITHHELD: Final[PcReasons] = (Withheld(rule="probability_withheld"),)


def keep(value: Any, lens: Lens) -> Any:
    """The value unchanged; records in it are reduced by their own rules."""
    return lens.of(value)


def with_sigma(value: Any, lens: Lens) -> Any:
    """Only where the covariances of all objects may be seen."""
    return lens.of(value) if lens.sigma else None


def with_sigma_all(value: Any, lens: Lens) -> Any:
    """A list, empty unless the covariances of all objects may be seen."""
    return lens.of(value) if lens.sigma else ()


def sigmas(value: tuple[UncertaintyRecord, ...], lens: Lens) -> Any:
    """The uncertainties of the objects whose covariance may be seen."""
    return lens.of(tuple(entry for entry in value if entry.object_id in lens.covariances))


def pc_reasons(value: PcReasons, lens: Lens) -> PcReasons:
    """Why there is a probability or none, where the covariances may be seen."""
    return value if lens.sigma else PC_WITHHELD


def figures(value: Any, lens: Lens) -> Any:
    """A reason with its figures, where the covariances that they rest on may be seen; else that they are withheld."""
    return _unnamed(value, lens) if lens.sigma else no_figures(value, lens)


def _unnamed(value: Any, lens: Lens) -> Any:
    """Reasons without names of rules that would tell of an object that the edition does not name."""
    if isinstance(value, tuple):
        return tuple(_unnamed(one, lens) for one in value)
    is_named = isinstance(value, RuleHolds | RuleFails | RuleUnjudged)
    return replace(value, by="") if is_named and not _names_told(value.by, lens) else value


def rules(value: tuple[AlertRule, ...], lens: Lens) -> Any:
    """The rules as if objects that the edition does not name had never been configured."""
    if lens.whole:
        return value
    found = []
    for rule in value:
        pairs, left_out = (_told_pairs(named, lens) for named in (rule.pairs, rule.except_pairs))
        if rule.pairs and not pairs:
            continue
        name = rule.name if rule.name is None or _names_told(rule.name, lens) else ""
        found.append(replace(rule, name=name, pairs=pairs, except_pairs=left_out))
    return tuple(found)


def _told_pairs(pairs: tuple[tuple[str, str], ...], lens: Lens) -> tuple[tuple[str, str], ...]:
    return tuple(pair for pair in pairs if all(lens.names.show(key) in NAMED for key in pair))


def _names_told(text: str, lens: Lens) -> bool:
    """Whether a text of the configuration names no object that the edition does not name, by its id or its name."""
    if lens.whole:
        return True
    kept = [item for item in lens.telling.record.objects if lens.names.show(item.id) not in NAMED]
    return not any(calls(text, item.id, item.name) for item in kept)


def findings(value: tuple[Finding, ...], lens: Lens) -> Any:
    """What the rules say of a delivery; without those on its covariances, and on how it differs from one before it."""
    left = [
        entry
        for entry in value[1:]
        if (lens.sigma or not entry.rule.startswith("covariance"))
        and (not isinstance(found := entry.fact, Shift) or _told(lens, found.cycle_id, found.rule == "shift_by_plan"))
    ]
    return lens.of(value) if len(left) == len(value[1:]) else (overall(left), *left)


def shift(value: ShiftRecord | None, lens: Lens) -> Any:
    """How a delivery differs from the one before, where that may be told."""
    told = value is not None and _told(lens, value.cycle_id, value.verdict == "planned")
    return lens.of(value) if value is not None and told and lens.edition.publishes(value.since) else None


def _told(lens: Lens, cycle_id: str, by_plan: bool) -> bool:
    """Whether a difference from the delivery of a cycle may be told: it is judged by covariances, and names the cycle.

    That a burn of the log explains it is as restricted as the log: it is told only where nothing is withheld.
    """
    return lens.sigma and lens.edition.publishes(cycle_id) and (lens.whole or not by_plan)


def no_figures(value: Any, _: Lens) -> Any:
    """That the figures of a reason are withheld; several reasons become one."""
    withheld = Withheld(rule="figures_withheld")
    return None if value is None else (withheld,) if isinstance(value, tuple) else withheld


def change_reason(value: ChangeReason, lens: Lens) -> ChangeReason:
    """Why an event changed; only the kind of the change where the figures in it may not be told."""
    return value if lens.sigma else InGeneral(kind=lens.item.kind)


def withheld(_: object, lens: Lens) -> tuple[str, ...]:
    """What of an object that is shown in full the edition may not hold."""
    item: ObjectRecord = lens.item
    found = {"covariances": item.id not in lens.covariances, "deliveries": item.id in lens.undelivered}
    return tuple(name for name, is_withheld in found.items() if is_withheld)


def contacts(value: Any, lens: Lens) -> Any:
    """People and channels are for named parties, never for the public."""
    return lens.of(value) if lens.edition.everything or lens.edition.parties else ()


def history(value: tuple[HistoryPoint, ...], lens: Lens) -> Any:
    """What those earlier cycles said that this edition has."""
    return tuple(lens.of(point) for point in value if lens.edition.publishes(point.cycle_id))


def previous_cycle(value: str | None, lens: Lens) -> str | None:
    """The cycle before, if this edition has it."""
    return value if value and lens.edition.publishes(value) else None


def lateness(value: float | None, lens: Lens) -> float | None:
    """By how much a delivery is late, unless that tells when a cycle was made that this edition has not."""
    missed = lens.item.missed
    return value if missed is None or lens.edition.publishes(missed) else None


def whole_only(value: Any, lens: Lens) -> Any:
    """Only where the edition withholds nothing: it counts or names every object."""
    return lens.of(value) if lens.whole else None


def command(value: str, lens: Lens) -> str:
    """Without the option that names another cycle, which the edition may not have."""
    return value if lens.whole else value.split(" --supersedes", maxsplit=1)[0]
