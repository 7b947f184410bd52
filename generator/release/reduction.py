"""A cycle as one edition may hold it: who sees what, and the record reduced to that.

Every derived value is as restricted as the most restricted of its sources: an approach as both objects, these as
the ephemeris in use and what the configuration says of them; a probability, a sigma and the reasons that quote them
also as both covariances. The table of rules is :mod:`nearpass.release.rules`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from nearpass.astro.epochs import DAY_S
from nearpass.record.marking import HIDDEN_RUNG, STRICTNESS, Edition, Grain, MarkingRecord, Show, Tlp
from nearpass.record.record import CycleRecord, EditionRecord, ObjectRecord, ProtectionRecord
from nearpass.release.exchanges import exchanges
from nearpass.release.lens import Lens, Rules
from nearpass.release.names import Names
from nearpass.release.rules import RULES
from nearpass.release.told import NO_DISTANCE, Telling


@dataclass(frozen=True, slots=True, kw_only=True)
class Reduction:
    """A reduced record and what was withheld because nothing said that it may be shown."""

    record: CycleRecord
    reports: tuple[str, ...]


def reduced(record: CycleRecord, edition: Edition) -> CycleRecord:
    """The record as the edition may hold it; the same record where it may hold everything."""
    return reduction(record, edition).record


def reduction(record: CycleRecord, edition: Edition, rules: Rules = RULES) -> Reduction:
    """The reduced record, and what is missing from the rules or the markings.

    Args:
        record: The full record.
        edition: For whom.
        rules: The table; tests put a hole into it.
    """
    shows = {item.id: show_of(item, record, edition) for item in record.objects}
    covariances = frozenset(item.id for item in record.objects if _covariance_seen(item, record, edition))
    whole = edition.everything or (edition.say_withheld and _nothing_withheld(record, edition, shows, covariances))
    reports: list[str] = []
    telling = telling_of(record, edition)
    lens = Lens(
        edition=edition, names=Names(edition, shows), show=Show.FULL, sigma=True, whole=whole, covariances=covariances,
        undelivered=frozenset(entry.object_id for entry in record.inputs if not edition.sees(entry.marking)),
        telling=telling, rules=rules, reports=reports,
    )  # fmt: skip
    if whole and edition.every_hours is None:
        # An exchange is no part of the cycle: who is no party of it must not learn of it from what is called withheld.
        own = edition.everything or not record.exchanges
        told = record if own else replace(record, exchanges=exchanges(record.exchanges, lens))
        return Reduction(record=_labelled(told, edition, shows, covariances), reports=tuple(reports))
    small = replace(lens.of(record), told=telling.events(), told_ended=telling.ended())
    labelled = _labelled(small, edition, shows, covariances)
    return Reduction(record=labelled, reports=tuple(dict.fromkeys(reports)))


def telling_of(record: CycleRecord, edition: Edition) -> Telling:
    """How an edition tells of the approaches of objects that it does not show in full."""
    shows = {item.id: show_of(item, record, edition) for item in record.objects}
    covariances = frozenset(item.id for item in record.objects if _covariance_seen(item, record, edition))
    names = Names(edition, shows)
    return Telling(record=record, edition=edition, shows=shows, covariances=covariances, event_name=names.event)


def held_marking(shown: CycleRecord, edition: Edition, covariances: frozenset[str] | None = None) -> Tlp:
    """The strictest marking of what an edition holds of a cycle, and at least that of the edition.

    Args:
        shown: The record as the edition holds it.
        edition: The edition.
        covariances: Objects whose covariances are in it; found out by default.

    What was decided for an object takes the place of its marking. A marking whose words mean no level counts as RED.
    """
    if covariances is None:
        covariances = frozenset(item.id for item in shown.objects if _covariance_seen(item, shown, edition))
    held: list[MarkingRecord | None] = [note.marking for note in shown.notes]
    held += [message.marking for message in shown.messages]
    held += [exchange.marking for exchange in shown.exchanges]
    held += [note.marking for exchange in shown.exchanges for note in exchange.notes]
    for item in shown.objects:
        if item.shown == Show.FULL.value and item.id not in edition.rules:
            held += [item.marking, item.covariance_marking if item.id in covariances else None]
    for entry in shown.deliveries:
        held += [entry.marking, entry.covariance_marking if entry.object_id in covariances else None]
    levels = [found.level or Tlp.RED for found in held if found is not None]
    return max((edition.marking, *levels), key=STRICTNESS.__getitem__)


def show_of(item: ObjectRecord, record: CycleRecord, edition: Edition) -> Show:
    """How much of an object an edition shows: what was decided for it, else what its sources allow."""
    used = [entry for entry in record.inputs if entry.object_id == item.id and entry.refusal is None]
    show = shown_as(item.id, (item.marking, *(entry.marking for entry in used)), edition)
    in_part = show in {Show.METRICS, Show.ANONYMOUS}
    return Show.HIDDEN if in_part and edition.rung(record.cycle_id, item.id) >= HIDDEN_RUNG else show


def shown_as(object_id: str, markings: Sequence[MarkingRecord | None], edition: Edition) -> Show:
    """How much of an object is shown by markings alone: its own and those of the deliveries in use."""
    if edition.everything:
        return Show.FULL
    show = edition.withheld
    if object_id in edition.rules:
        show = edition.rules[object_id].show
    elif all(edition.sees(marking) for marking in markings):
        show = Show.FULL
    return show


def unmarked(record: CycleRecord) -> tuple[str, ...]:
    """What has no marking that is known, and is therefore withheld from every edition but the publisher's own."""
    found = [f"{item.id}: no marking" for item in record.objects if item.marking is None]
    catalogues = record.sweep.inputs if record.sweep else ()
    found += [f"{entry.file}: no marking" for entry in catalogues if entry.marking is None]
    for name, marking in (
        *((item.id, item.marking) for item in record.objects),
        *((entry.file, entry.marking) for entry in (*record.inputs, *catalogues)),
        *((note.file, note.marking) for note in record.notes),
    ):
        if marking is not None and marking.level is None:
            found.append(f"{name}: unknown marking {marking.words!r}")
    found += [f"{note.file}: {note.refusal}" for note in record.notes if note.refusal is not None]
    found += [f"{message.path}: {message.refusal}" for message in record.messages if message.refusal is not None]
    found += [f"{one.dossier}: {one.refusal}" for one in record.exchanges if one.refusal is not None]
    found += [f"{note.file}: {note.refusal}" for one in record.exchanges for note in one.notes if note.refusal]
    return tuple(found)


def _covariance_seen(item: ObjectRecord, record: CycleRecord, edition: Edition) -> bool:
    if edition.everything:
        return True
    used = [entry for entry in record.inputs if entry.object_id == item.id and entry.refusal is None]
    own = [item.covariance_marking, *(entry.covariance_marking for entry in used)]
    return show_of(item, record, edition) is Show.FULL and all(edition.sees(found) for found in own if found)


def _nothing_withheld(
    record: CycleRecord, edition: Edition, shows: Mapping[str, Show], covariances: frozenset[str]
) -> bool:
    mentioned = {key for change in record.changes for key in (change.primary, change.secondary)}
    return (
        all(show is Show.FULL for show in shows.values())
        and covariances.issuperset(shows)
        and (bool(edition.parties) or not any(item.contacts for item in record.objects))
        and mentioned <= shows.keys()
        and all(edition.sees(entry.marking) for entry in record.deliveries)
        and all(edition.sees(row.marking) for row in record.desk)
        and all(message.refusal is None and edition.sees(message.marking) for message in record.messages)
        and all(note.refusal is None and edition.sees(note.marking) for note in record.notes)
    )


def _labelled(
    record: CycleRecord, edition: Edition, shows: Mapping[str, Show], covariances: frozenset[str]
) -> CycleRecord:
    """With the words that say which edition this is; an edition without an audience has none."""
    if edition.audience is None:
        return record
    marking = held_marking(record, edition, covariances)
    label = EditionRecord(
        id=edition.id, audience=edition.audience, marking=marking,
        statement=_statement(record, edition, shows), register_page=edition.register,
        protection=_protection(record, edition, shows),
    )  # fmt: skip
    line = _line(label)
    return replace(record, edition=label, notice=f"{line} {record.notice}" if record.notice else line)


def _protection(record: CycleRecord, edition: Edition, shows: Mapping[str, Show]) -> tuple[ProtectionRecord, ...]:
    """What was proven; of objects without a name last and once, since places and numbers would tell of them."""
    found = [
        ProtectionRecord(
            object_id=one.object_id if shows[one.object_id] is Show.METRICS else None,
            promised_km=one.promised_km, among=one.among, cycles=one.cycles,
        )
        for one in edition.protected.get(record.cycle_id, ())
        if shows.get(one.object_id) in {Show.METRICS, Show.ANONYMOUS}
    ]  # fmt: skip

    def order(one: ProtectionRecord) -> tuple[bool, str, float, int, int]:
        return one.object_id is None, one.object_id or "", one.promised_km, one.among, one.cycles

    return tuple(sorted(set(found), key=order))


def under(record: CycleRecord, marking: Tlp) -> CycleRecord:
    """The record of an edition under another marking, for pages that hold more than this one cycle."""
    if record.edition is None or record.edition.marking is marking:
        return record
    label = replace(record.edition, marking=marking)
    notice = f"{_line(label)}{(record.notice or '').removeprefix(_line(record.edition))}"
    return replace(record, edition=label, notice=notice)


def _line(label: EditionRecord) -> str:
    return f"{label.marking}. Edition for {label.audience}."


def _statement(record: CycleRecord, edition: Edition, shows: Mapping[str, Show]) -> tuple[str, ...]:
    """What may be said of what is withheld."""
    if not edition.say_withheld:
        return ()
    lines = []
    for rung in range(HIDDEN_RUNG):
        metrics = [
            item.name
            for item in record.objects
            if item.shown == "metrics" and edition.rung(record.cycle_id, item.id) == rung
        ]
        if metrics:
            lines.append(
                f"Of {', '.join(metrics)} only red and yellow approaches are told: the other object, the level, "
                f"{_told_at(rung, edition.grain)}. {_untold(rung, edition.grain)}All else is withheld: no nearest "
                "distance, bound, coverage, orbit, crossing or input."
            )
    if Show.ANONYMOUS in shows.values():
        lines.append(
            "Red and yellow approaches of objects that may not be named are told by the other object, the level, and "
            f"{_cells(edition.grain.nameless)}{', or more coarsely' if edition.promises else ''}."
        )
    if Show.HIDDEN in shows.values():
        lines.append("Some objects are left out." if lines else "This edition leaves out some objects.")
    if not lines and record.provenance.configuration is None:
        lines.append("Some deliveries, covariances or notes are withheld in this edition.")
    return tuple(lines)


def _told_at(rung: int, grain: Grain) -> str:
    """What is told of time, distance and probability at a rung of coarseness."""
    if rung == 0:
        return f"{_cells(grain)} and the power of ten of the probability"
    told = "the day" if rung >= NO_DISTANCE else _cells(replace(grain, tca_s=DAY_S))
    return f"{told}, and no more, since finer cells would not keep what is promised"


def _untold(rung: int, grain: Grain) -> str:
    """What is told of no approach by the day: what is left of a day would say more of its time than a whole one."""
    by_day = rung > 0 or grain.tca_s >= DAY_S
    return "One on a day that begins before the data cut-off is not told, however near it is. " if by_day else ""


def _cells(grain: Grain) -> str:
    span = "the day" if grain.tca_s >= DAY_S else f"a span of {grain.tca_s / 60.0:g} min"
    return f"{span}, a range of {grain.miss_km:g} km"
