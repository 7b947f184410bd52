"""What a meeting about an approach has to settle: open questions, and an agenda from what the parties said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nearpass.encounter.alert import Level
from nearpass.record.coordination import Coordination, coordination
from nearpass.record.exchange_record import standing
from nearpass.record.holding import doubtful
from nearpass.record.record import EventRecord, ToldEvent
from nearpass.report import age_views, board, doubt_views, event_head, remark_views, wording
from nearpass.report.catalogue import Catalogue
from nearpass.report.wording import exchanging
from nearpass.report.wording.acting import clauses, warnings


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item of an agenda: what is settled under it, and what is known of that now."""

    title: str
    known: str


def agenda(event: EventRecord | ToldEvent, catalogue: Catalogue) -> tuple[Item, ...]:
    """The items in the order in which one follows from the other."""
    state = coordination(catalogue.record, event)
    ground = _ground(catalogue)
    items = [
        *([Item(title="Under which exchange do we speak?", known=ground)] if ground else []),
        Item(title="Are these the newest ephemerides?", known=_inputs(event, catalogue)),
        Item(title="How sure is the distance?", known=_sure(event)),
        _who(event, state),
        Item(title="What is flown?", known=_options(event)),
        Item(title="When do we look again?", known=_next(event, catalogue)),
    ]  # fmt: skip
    return tuple(items)


def open_questions(event: EventRecord | ToldEvent, catalogue: Catalogue) -> tuple[str, ...]:
    """What is still open, as far as the record tells, one sentence each."""
    return tuple(dict.fromkeys(_open(event, catalogue)))


def _open(event: EventRecord | ToldEvent, catalogue: Catalogue) -> Iterator[str]:
    record = catalogue.record
    state = coordination(record, event)
    yield from warnings(state)
    yield from (f"{party} was asked and has not answered." for party in state.asked)
    settled = state.closed_by is not None or event.level is Level.GREEN
    if event.deadline is not None and event.deadline <= record.window.start and not settled:
        yield f"The deadline, {wording.moment_to_minute(event.deadline)}, has passed: can anything still be commanded?"
    if isinstance(event, ToldEvent):
        yield "The exact figures and the geometry are withheld in this edition: who brings them?"
        return
    if event.deadline is None and event.level is not Level.GREEN:
        yield "No deadline is known: how long does each operator need from the decision to the burn?"
    given = {item.object_id for item in event.uncertainty}
    for key in (event.primary, event.secondary):
        item = catalogue.objects.get(key)
        if item is not None and "covariances" in item.withheld:
            yield f"The covariance of {item.name} is withheld in this edition: who brings the sigmas?"
        elif key not in given:
            yield f"No covariance of {catalogue.name(key)} is known: how far may it be from where its ephemeris says?"
    doubts = doubtful(record)
    yield from (doubt_views.sentence(key, doubts[key]) for key in (event.primary, event.secondary) if key in doubts)
    if event.held is not None:
        yield "The approach is kept at its level until the next delivery confirms or ends the doubt."
    if (differing := board.disagreement(event, catalogue)) is not None:
        yield differing
    if event.at_boundary:
        yield "The approach lies at an end of coverage: who delivers the days after it?"
    if (approximate := remark_views.approximations([event.approximate])) is not None:
        yield approximate


def _ground(catalogue: Catalogue) -> str:
    """The exchanges that are not over, each with its state and what it lacks; empty where there are none."""
    record = catalogue.record
    at = record.window.start
    told = [(standing(each, at), each) for each in record.exchanges]
    return " ".join(
        " ".join([f"{each.title}: {exchanging.state(found, each)}.", *exchanging.lacks(found, each, at)])
        for found, each in told
        if found.state in {"open", "preparing"}
    )


def _inputs(event: EventRecord | ToldEvent, catalogue: Catalogue) -> str:
    members = {event.primary, event.secondary}
    used = [entry for entry in age_views.in_use(catalogue.record) if entry.object_id in members]
    lines = [
        f"{entry.object_id}: {entry.originator}, "
        + (f"{wording.span(entry.age_s)} old at the data cut-off" if entry.age_s is not None else "of unknown age")
        for entry in used
    ]
    return wording.sentence("; ".join(lines)) if lines else "No delivery of the two may be shown here."


def _sure(event: EventRecord | ToldEvent) -> str:
    if isinstance(event, ToldEvent):
        return "Not told in this edition."
    found = [line for line in (board.deciding(event), board.trend(event)) if line]
    return " ".join(found) or "Without a covariance of both objects the distance from a hit is unknown."


def _who(event: EventRecord | ToldEvent, state: Coordination) -> Item:
    said = wording.sentence("; ".join(clauses(state)))
    due = f" Due {wording.moment_to_minute(event.deadline)}." if event.deadline is not None else ""
    if state.closed_by is not None:
        return Item(title="Is it closed for everybody?", known=said)
    flown = [mover for mover in state.movers if mover.flown]
    if len(state.movers) > 1 and len(flown) < len(state.movers):
        return Item(title="Who moves, and who takes it back?", known=f"{said}{due}")
    if flown:
        return Item(title="Did the burn do what it should, by tracking?", known=said)
    if state.movers:
        return Item(title="Does the burn stand, and does everybody know it?", known=f"{said}{due}")
    if state.since is not None:
        return Item(title="Who moves?", known=f"{said} No party has said that it will move.{due}")
    return Item(title="Who moves?", known=f"No party has said anything yet.{due}")


def _options(event: EventRecord | ToldEvent) -> str:
    burn = None if isinstance(event, ToldEvent) else event_head.smallest_burn(event)
    if burn is None:
        return "No burn is computed here: what can each operator fly, and by when?"
    return f"Smallest burn in time: {burn}. One that is planned is screened against everybody before it is flown."


def _next(event: EventRecord | ToldEvent, catalogue: Catalogue) -> str:
    expected = catalogue.record.next_expected
    text = f"The next cycle is expected {wording.moment_to_minute(expected)}." if expected else ""
    if event.deadline is not None and event.deadline > catalogue.record.window.start:
        text += f" The last meeting that can change anything is before {wording.moment_to_minute(event.deadline)}."
    return text.strip() or "No further cycle is announced."
