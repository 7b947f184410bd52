"""What can become of one value of a record in an edition: kept, rounded, renamed, put into general words, withheld."""

from __future__ import annotations

import math
from typing import Any, Final

from nearpass.ephemeris.lint import Finding, Grade, overall
from nearpass.reasons.changes import ChangeReason, InGeneral
from nearpass.reasons.coverage import CoverageReasons
from nearpass.reasons.general import Withheld
from nearpass.reasons.probabilities import PcReasons
from nearpass.record.event_record import HistoryPoint, UncertaintyRecord
from nearpass.record.input_record import FindingRecord
from nearpass.record.marking import Show
from nearpass.release.lens import Lens
from nearpass.release.names import rounded_epoch

HOUR_S: Final = 3600.0
PC_WITHHELD: Final[PcReasons] = (Withheld(rule="probability_withheld"),)
PC_ROUNDED: Final[PcReasons] = (Withheld(rule="figures_rounded"),)


def keep(value: Any, lens: Lens) -> Any:
    """As it is; records in it by their own rules."""
    return lens.of(value)


def empty(_: Any, __: Lens) -> tuple[()]:
    """Withheld, where absence is an empty tuple."""
    return ()


def named(value: str, lens: Lens) -> str:
    """An object's id or its neutral one."""
    return lens.names.object(value)


def neutral_name(_: str, lens: Lens) -> str:
    """``Withheld object 482193``."""
    return f"Withheld object {lens.names.object(lens.item.id)[1:]}"


def event_name(value: str, lens: Lens) -> str:
    """An event's id, which tells neither names nor a time."""
    return lens.names.event(value, lens.item.primary, lens.item.secondary)


def event_names(value: tuple[str, ...], lens: Lens) -> tuple[str, ...]:
    """The same for all events of a pair."""
    return tuple(event_name(entry, lens) for entry in value)


def instant(value: Any, lens: Lens) -> Any:
    """Rounded to the grain of time."""
    return None if value is None else rounded_epoch(value, lens.grain_s)


def distance(value: float | None, lens: Lens) -> float | None:
    """Rounded to the grain of distance."""
    grain_km = lens.edition.grain.miss_km * lens.coarser
    return None if value is None else round(value / grain_km) * grain_km


def least_distance(value: float | None, lens: Lens) -> float | None:
    """Rounded down: a bound must stay one."""
    grain_km = lens.edition.grain.miss_km * lens.coarser
    return None if value is None else math.floor(value / grain_km) * grain_km


def probability(value: float | None, lens: Lens) -> float | None:
    """Rounded in its logarithm; zero stays zero."""
    grain = lens.edition.grain.pc_decades
    return value if not value else 10.0 ** (round(math.log10(value) / grain) * grain)


def hours_down(value: float, _: Lens) -> float:
    """Whole hours, of covered time."""
    return math.floor(value / HOUR_S) * HOUR_S


def hours_up(value: float, _: Lens) -> float:
    """Whole hours, of uncovered time: what is not nothing stays so."""
    return math.ceil(value / HOUR_S) * HOUR_S


def with_sigma(value: Any, lens: Lens) -> Any:
    """Only where the covariances of all objects may be seen."""
    return lens.of(value) if lens.sigma else None


def with_sigma_all(value: Any, lens: Lens) -> Any:
    """The same for a tuple."""
    return lens.of(value) if lens.sigma else ()


def sigmas(value: tuple[UncertaintyRecord, ...], lens: Lens) -> Any:
    """Those of the objects whose covariance may be seen."""
    return lens.of(tuple(entry for entry in value if entry.object_id in lens.covariances))


def pc_reasons(value: PcReasons, lens: Lens) -> PcReasons:
    """Why there is a probability or none, where the covariances may be seen."""
    return value if lens.sigma else PC_WITHHELD


def figures(value: Any, lens: Lens) -> Any:
    """A reason with its figures, where the covariances that they rest on may be seen; else that they are withheld."""
    return value if lens.sigma else no_figures(value, lens)


def findings(value: tuple[FindingRecord, ...], lens: Lens) -> Any:
    """What the rules say of a delivery; without those on its covariances where these may not be seen."""
    if lens.sigma or not value:
        return lens.of(value)
    left = [entry for entry in value[1:] if not entry.rule.startswith("covariance")]
    found = [Finding(rule=e.rule, grade=Grade(e.grade), value=e.value, words=e.words) for e in left]
    whole = overall(found)
    return FindingRecord(rule=whole.rule, grade=whole.grade.value, value=whole.value, words=whole.words), *left


def pc_coarse(_: PcReasons, lens: Lens) -> PcReasons:
    """That a probability is rounded, or that there is none that this edition may give."""
    return PC_ROUNDED if lens.item.pc is not None else PC_WITHHELD


def no_figures(value: Any, _: Lens) -> Any:
    """That the figures of a reason are withheld; several reasons become one."""
    withheld = Withheld(rule="figures_withheld")
    return None if value is None else (withheld,) if isinstance(value, tuple) else withheld


def change_reason(value: ChangeReason, lens: Lens) -> ChangeReason:
    """Why an event changed; only the kind of the change where the figures or names in it may not be told."""
    return value if lens.show is Show.FULL and lens.sigma else InGeneral(kind=lens.item.kind)


def own_deadline(value: Any, lens: Lens) -> Any:
    """The deadline of an operator whose object is shown in full."""
    decider = lens.item.deadline_object
    return instant(value, lens) if decider and lens.names.show(decider) is Show.FULL else None


def own_decider(value: str | None, lens: Lens) -> str | None:
    """The object of such an operator."""
    return value if value and lens.names.show(value) is Show.FULL else None


def shown(_: str, lens: Lens) -> str:
    """How much is shown."""
    return lens.show.value


def contacts(value: Any, lens: Lens) -> Any:
    """People and channels are for named parties, never for the public."""
    return lens.of(value) if lens.edition.everything or lens.edition.parties else ()


def no_reason(value: CoverageReasons | None, _: Lens) -> CoverageReasons | None:
    """That there is a reason, not which."""
    return None if value is None else (Withheld(rule="reason_withheld"),)


def history(value: tuple[HistoryPoint, ...], lens: Lens) -> Any:
    """What those earlier cycles said that this edition has."""
    return tuple(lens.of(point) for point in value if lens.edition.publishes(point.cycle_id))


def previous_cycle(value: str | None, lens: Lens) -> str | None:
    """The cycle before, if this edition has it."""
    return value if value and lens.edition.publishes(value) else None


def whole_only(value: Any, lens: Lens) -> Any:
    """Only where the edition withholds nothing: it counts or names every object."""
    return lens.of(value) if lens.whole else None


def command(value: str, lens: Lens) -> str:
    """Without the option that names another cycle, which the edition may not have."""
    return value if lens.whole else value.split(" --supersedes", maxsplit=1)[0]
