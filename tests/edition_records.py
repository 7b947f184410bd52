"""Records for tests of editions: the sample with markings, and its twins, which differ in nothing that may be told.

A twin changes every field of what is withheld: numbers, instants, words, choices. What an edition may tell, coarsely
or at all, is listed here by hand, apart from the table of rules that is under test.
"""

from __future__ import annotations

import hashlib
import typing
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from functools import cache
from typing import Any, Final

from nearpass.astro.epochs import Epoch
from nearpass.encounter.alert import Level
from nearpass.ephemeris.lint_finding import Finding, Grade
from nearpass.reasons.findings import Overall, SigmaGrowth
from nearpass.reasons.probabilities import OtherMethod
from nearpass.record.doubt_record import HeldRecord, ShiftRecord
from nearpass.record.event_record import HistoryPoint
from nearpass.record.marking import Edition, MarkingRecord, ObjectRule, Show, Tlp
from nearpass.record.prediction_record import DeclaredRecord, PredictedState
from nearpass.record.record import (
    ChangeRecord,
    ContactRecord,
    CycleRecord,
    DormantEvent,
    EventRecord,
    InputRecord,
    ManoeuvreRecord,
    NoteRecord,
    Prediction,
)
from records import CUT_OFF, sample_record
from sweep_records import sweep

CLEAR: Final = MarkingRecord(originator="Test Office", level=Tlp.CLEAR, words=None, release=())
AMBER: Final = MarkingRecord(originator="Other Agency", level=Tlp.AMBER, words="SBU", release=("PARTNER",))
DECLARED: Final = DeclaredRecord(
    radial_km=0.1, transverse_km=0.7, normal_km=0.2, timing_s=0.3, timing_growth_s_per_day=0.4, source="by analogy"
)

TOLD: Final[Mapping[str, frozenset[str]]] = {
    "ObjectRecord": frozenset(
        {"id", "name", "operator", "naif_id", "kind", "phase", "marking", "catalogue_number", "shown"}
    ),
    "EventRecord": frozenset({"event_id", "primary", "secondary", "level", "shown", "history"}),
    "HistoryPoint": frozenset({"cycle_id", "level"}),
    "ChangeRecord": frozenset({"kind", "event_id", "primary", "secondary", "history", "level"}),
}
"""What an edition may tell as it is of an object in metrics and of its red and yellow approaches, by record."""
IDENTITY: Final = frozenset(
    {"id", "object_id", "primary", "secondary", "event_id", "level", "cycle_id", "kind", "shown"}
)
"""By what a twin of a record of an object without a name, or of a pair, is still recognised as that."""
COARSE: Final = frozenset({"tca", "miss_km", "surface_km", "pc"})
"""What it may tell in cells: a twin moves it by less than a millionth of a cell."""


def marked_record(markings: Mapping[str, MarkingRecord | None]) -> CycleRecord:
    """The sample with a marking for each object and its deliveries, clear unless given, and two notes."""
    record = sample_record()
    event = record.events[0]
    note = NoteRecord(
        file="log/first.md", event_id=event.event_id, time=CUT_OFF, kind="consultation", parties=("ESA", "NASA"),
        marking=markings.get(event.secondary, CLEAR), text="Spoke on the phone about the first approach.", refusal=None,
    )  # fmt: skip
    asleep = DormantEvent(
        event_id=event.event_id, primary="MRO", secondary="ODY", tca=CUT_OFF + 9999.5, history=event.history
    )
    return replace(
        record,
        sweep=sweep(CUT_OFF, replace(record.inputs[0], marking=CLEAR), tuple(item.id for item in record.objects)),
        dormant=(asleep,),
        objects=tuple(
            replace(
                item, marking=markings.get(item.id, CLEAR),
                note=f"Private words about {item.id}.", naif_id=-900 - place, catalogue_number=71_000 + place,
                declared=DECLARED, covariance_marking=CLEAR, predictions=(_predicted(CUT_OFF),),
                contacts=(ContactRecord(party=f"{item.id} office", channel=f"{item.id.lower()}@example.org"),),
                learned=DECLARED, reference=_predicted(CUT_OFF), trusted=_predicted(CUT_OFF), shift=_shift(place),
            )
            for place, item in enumerate(record.objects)
        ),
        inputs=tuple(_marked(entry, markings) for entry in record.inputs),
        events=tuple(replace(one, held=_held(one)) for one in record.events),
        changes=tuple(replace(one, mahalanobis_distance=2.25) for one in record.changes),
        solutions=tuple(
            replace(
                item,
                inputs=tuple(_marked(entry, markings) for entry in item.inputs),
                events=tuple(replace(event, pc=1.7e-5, method="3-D Nc") for event in item.events),
            )
            for item in record.solutions
        ),
        notes=(note, replace(note, event_id=None, marking=CLEAR, file="log/cycle.md", text="All were told.")),
    )  # fmt: skip


def _shift(place: int) -> ShiftRecord:
    return ShiftRecord(
        cycle_id="2021-03-16T0000Z", sha256="e" * 64, at=CUT_OFF, shift_rtn_km=(0.1, 2.0 + place, 0.3), late_s=-0.7,
        sigmas=4.5, verdict="agrees", since="2021-03-17T0000Z",
    )  # fmt: skip


def _held(event: EventRecord) -> HeldRecord:
    return HeldRecord(
        object_ids=(event.primary,), sigmas=21.5, gone=False, level=Level.GREEN, miss_km=event.miss_km + 31.7
    )


def _marked(entry: InputRecord, markings: Mapping[str, MarkingRecord | None]) -> InputRecord:
    marking = markings.get(entry.object_id, CLEAR)
    sha256 = hashlib.sha256(entry.file.encode()).hexdigest()
    growth = Finding(rule="covariance growth", grade=Grade.PASS, fact=SigmaGrowth(first_km=0.7, last_km=0.7123456789))
    whole = replace(growth, rule="overall", fact=Overall(rule="all_kept", rules=(), total=1))
    return replace(
        entry, marking=marking, sha256=sha256, comments=(f"Made for {entry.object_id} only",), findings=(whole, growth)
    )


def _predicted(at: Epoch) -> Prediction:
    state = PredictedState(
        at=at, position_km=(3700.25, 12.5, -7.75), velocity_km_s=(0.01, 3.4, 0.02), covariance_rtn_km2=None
    )
    return Prediction(cycle_id="2021-03-15T0000Z", sha256="ef" * 32, created=at, states=(state,))


def brief(record: Any) -> Any:
    """The record with at most three entries in each series of numbers: as much to withhold in a tenth of the time."""
    if is_dataclass(record) and not isinstance(record, Epoch):
        return type(record)(**{entry.name: brief(getattr(record, entry.name)) for entry in fields(record)})
    if not isinstance(record, tuple):
        return record
    flat = len(record) > 6 and not is_dataclass(record[0])
    return tuple(brief(entry) for entry in (record[:3] if flat else record))


def edition(rules: Mapping[str, Show] | None = None, **more: Any) -> Edition:
    """A public edition with decisions on some objects, that does not tell that something is withheld."""
    decided = {
        name: ObjectRule(show=show, decided_by="Test Office", decided_on="2021-03-01", reason=None)
        for name, show in (rules or {}).items()
    }
    settings = {
        "id": "public",
        "levels": frozenset({Tlp.CLEAR}),
        "say_withheld": False,
        "key": b"a key",
        "at_least": 1,
        **more,
    }
    return Edition(rules=decided, **settings)


def without(record: CycleRecord, object_id: str) -> CycleRecord:
    """The record of a cycle that never knew an object."""

    def of(item: Any) -> bool:
        return object_id in {getattr(item, name, None) for name in ("id", "object_id", "primary", "secondary")}

    names = [entry.name for entry in fields(record) if isinstance(getattr(record, entry.name), tuple)]
    events = {event.event_id for event in (*record.events, *record.changes) if of(event)}
    kept = {name: tuple(item for item in getattr(record, name) if not of(item)) for name in names}
    kept["notes"] = tuple(note for note in record.notes if note.event_id not in events)
    return replace(record, **kept)


def twin(record: CycleRecord, shows: Mapping[str, Show], blind: frozenset[str] = frozenset()) -> CycleRecord:
    """A record that differs from this in everything that must not be told of some objects.

    Args:
        record: The record.
        shows: Objects that are not shown in full, in metrics or without a name.
        blind: Objects of which only the covariances and what follows from them must not be told.
    """

    def changed(item: Any) -> Any:
        keys = {getattr(item, name, None) for name in ("id", "object_id", "primary", "secondary")} - {None}
        met = [shows[key] for key in keys if key in shows]
        if not met:
            return _less_sure(item, blind) if keys & blind else item
        told = TOLD if type(item).__name__ in {"EventRecord", "ChangeRecord"} or Show.ANONYMOUS not in met else {}
        made = _disturbed(item, told, IDENTITY)
        if isinstance(item, EventRecord):  # a Pc is told unless a nameless object is one of the two
            free = Show.ANONYMOUS in met or bool(keys & blind)
            pc = _changed(item.probability.pc, None, {}) if free else _nudged(item.probability.pc)
            made = replace(
                made, probability=replace(made.probability, pc=pc), history=_coarsely_alike(item.history, free)
            )
        if isinstance(item, ChangeRecord):
            made = replace(made, history=_coarsely_alike(item.history, Show.ANONYMOUS in met))
        return made

    def quiet(item: Any) -> bool:
        """Whether nothing of it is told: a green approach of a coarse pair, and any pair, crossing or season of one."""
        keys = {getattr(item, name, None) for name in ("primary", "secondary")} - {None}
        if not keys & shows.keys():
            return False
        if isinstance(item, EventRecord):
            return item.level is Level.GREEN and not any(point.level is not Level.GREEN for point in item.history)
        return not (isinstance(item, ChangeRecord) and item.history)

    names = ("objects", "inputs", "pairs", "solutions", "dormant", "events", "crossings", "seasons", "changes")
    kept = {name: [item for item in getattr(record, name) if not quiet(item)] for name in names}
    made = replace(record, **{name: tuple(changed(item) for item in kept[name]) for name in names})
    if shows or blind:
        provenance = replace(made.provenance, configuration="other words", configuration_sha256="cd" * 32)
        made = replace(made, funnel=_disturbed(made.funnel, {}, frozenset()), provenance=provenance)
    hidden_notes = tuple(
        replace(note, text=f"{note.text} Other words.") if note.marking != CLEAR else note for note in made.notes
    )
    return replace(made, notes=hidden_notes)


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _disturbed(item: Any, told: Mapping[str, frozenset[str]], free: frozenset[str]) -> Any:
    hints = _hints(type(item))
    values = {}
    for entry in fields(item):
        value = getattr(item, entry.name)
        if entry.name in told.get(type(item).__name__, frozenset()) or entry.name in free:
            values[entry.name] = value
        elif entry.name in COARSE and told:
            values[entry.name] = _nudged(value)
        else:
            values[entry.name] = _changed(value, hints[entry.name], told)
    return type(item)(**values)


def _nudged(value: Any) -> Any:
    """A hair more."""
    if isinstance(value, Epoch):
        return Epoch(value.tai_ns + 1)
    return value * (1.0 + 1e-12) if isinstance(value, float) else value


def _coarsely_alike(history: tuple[HistoryPoint, ...], free: bool) -> tuple[HistoryPoint, ...]:
    """The same cells and levels, other figures; ``free`` says that probabilities are not told."""
    return tuple(
        replace(
            point, tca=_nudged(point.tca), miss_km=_nudged(point.miss_km), miss_rtn_km=(1.0, 2.0, 3.0),
            miss_sigma_km=_changed(point.miss_sigma_km, None, {}),
            pc=_changed(point.pc, None, {}) if free else _nudged(point.pc),
        )
        for point in history
    )  # fmt: skip


def _changed(value: Any, hint: Any, told: Mapping[str, frozenset[str]]) -> Any:
    """Another value of the same kind."""
    if is_dataclass(value) and not isinstance(value, Epoch):
        return _disturbed(value, told, frozenset())
    if isinstance(value, tuple):
        return tuple(_changed(entry, None, told) for entry in value)
    if isinstance(value, Enum):
        return next(entry for entry in type(value) if entry is not value)
    choices = [entry for part in (hint, *typing.get_args(hint)) for entry in typing.get_args(part)]
    if typing.get_origin(hint) is typing.Literal or (isinstance(value, str) and value in choices):
        return next((entry for entry in choices if entry != value and isinstance(entry, str)), value)
    if isinstance(value, float):
        return float(value) * 1.618 + 0.123
    change: dict[type, Callable[[Any], Any]] = {
        bool: lambda flag: not flag, int: lambda number: number + 7, str: lambda text: f"{text} in other words",
        Epoch: lambda epoch: epoch + 3.3 * 86_400.0,
    }  # fmt: skip
    return change[type(value)](value) if value is not None else None


def _less_sure(item: Any, blind: frozenset[str]) -> Any:
    """The item with other sigmas and all that follows from them."""
    follows = {
        "ObjectRecord": (
            "predictions", "prediction_errors", "prediction_quality", "declared", "learned",
            "reference", "trusted", "shift",
        ),
        "EventRecord": ("miss_sigma_km", "miss_sigma_rtn_km", "probability", "reason", "held"),
        "CrossingRecord": ("timing_sigma_s", "reason"),
        "ChangeRecord": ("reason", "mahalanobis_distance"),
        "PairRecord": ("together",),
        "StretchRecord": ("least_pc", "most_pc", "no_pc"),
    }  # fmt: skip
    name = type(item).__name__
    if name == "InputRecord":
        return replace(
            item,
            comments=_changed(item.comments, None, {}),
            mass_kg=(item.mass_kg or 0.0) + 1000.0,
            manoeuvres=(
                *item.manoeuvres,
                ManoeuvreRecord(at=Epoch.parse("2021-03-16T00:00:00"), size_m_s=0.4, basis="PLANNED", name="TCM"),
            ),
            findings=tuple(replace(found, fact=SigmaGrowth(first_km=0.9, last_km=1.9)) for found in item.findings),
        )
    if name == "SolutionRecord":
        follow = ("compared", "miss_sigma_km", "pc", "method", "reason")
        events = [
            replace(event, **{field: _changed(getattr(event, field), None, {}) for field in follow})
            for event in item.events
        ]
        inputs = tuple(_less_sure(entry, blind) for entry in item.inputs)
        return replace(item, events=tuple(events), inputs=inputs)
    hints = _hints(type(item))
    values = {field: _changed(getattr(item, field), hints[field], {}) for field in follows.get(name, ())}
    made = replace(item, **values)
    if name == "PairRecord":
        made = replace(made, stretches=tuple(_less_sure(one, blind) for one in made.stretches))
    if name != "EventRecord":
        return made
    plane = made.b_plane and replace(made.b_plane, covariance_km2=_changed(made.b_plane.covariance_km2, None, {}))
    return replace(
        made,
        b_plane=plane,
        trades=tuple(
            replace(
                trade, target_pc=None, pc_rows=(), no_pc_reason=OtherMethod(method="3-D Nc"), pc_uncertain_h=(3.0,)
            )
            for trade in made.trades
        ),
        uncertainty=tuple(
            _disturbed(entry, {"UncertaintyRecord": frozenset({"object_id"})}, frozenset())
            if entry.object_id in blind else entry
            for entry in made.uncertainty
        ),
        history=tuple(
            replace(
                point,
                miss_sigma_km=_changed(point.miss_sigma_km, None, {}),
                pc=_changed(point.pc, None, {}),
                b_plane_sigmas=_changed(point.b_plane_sigmas, None, {}),
            )
            for point in made.history
        ),
    )  # fmt: skip
