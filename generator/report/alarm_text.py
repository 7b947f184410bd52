"""The messages that tell somebody of a cycle, as plain text: one alarm, or several in a digest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from nearpass.astro.epochs import Epoch
from nearpass.encounter.alert import SEVERITY, Level
from nearpass.record.alarms import Alarm, LateRule
from nearpass.record.coordination import coordination
from nearpass.record.holding import doubtful
from nearpass.record.record import CycleRecord, EventRecord, ToldEvent
from nearpass.report import desk_views, doubt_views, event_views, told_views, wording
from nearpass.report.catalogue import Catalogue, Links
from nearpass.report.event_card import EventCard
from nearpass.report.wording.acting import warnings, who_acts

LONGEST_TITLE: Final = 200
_RULE: Final = "-" * 60
_LATE: Final[dict[LateRule, str]] = {
    "missing": "no delivery is in use", "refused": "a delivery was refused", "old": "the delivery in use is old",
    "overdue": "a delivery is overdue",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message: one line and a body."""

    title: str
    body: str


def letter(alarms: Sequence[Alarm], record: CycleRecord, at: Epoch) -> Letter:
    """The message of these alarms, at least one.

    Args:
        alarms: What is told, in this order; those of one subject stand together.
        record: The cycle, as the edition holds it.
        at: When it is written.
    """
    catalogue = Catalogue(record)
    subjects = dict.fromkeys(alarm.subject for alarm in alarms)
    parts = [_part([one for one in alarms if one.subject == subject], catalogue, at) for subject in subjects]
    title, body = parts[0].title, parts[0].body
    if len(parts) > 1:
        worst = max((alarm.level or Level.GREEN for alarm in alarms), key=SEVERITY.__getitem__)
        level = "" if worst is Level.GREEN else f", the worst {worst.value}"
        title = f"{wording.count(len(parts), 'notice')}{level}: {title}"
        body = f"\n\n{_RULE}\n".join(f"{part.title}\n\n{part.body}" for part in parts)
    foot = [f"Cycle {record.cycle_id}, data up to {wording.moment_to_minute(record.window.start)}."]
    head = [record.notice] if record.notice else []
    text = "\n\n".join([*head, body, *foot])
    return Letter(title=_one_line(f"{record.title}: {title}"), body=f"{_visible(text)}\n")


def failure_letter(record: CycleRecord | None, title: str, at_utc: str, exit_code: int, behind: str | None) -> Letter:
    """The message that a run failed; why is told to the publisher alone, since it may name anything.

    Args:
        record: The newest cycle of the edition, None where it has none.
        title: The title of the site.
        at_utc: When the run ended.
        exit_code: Its exit code.
        behind: The cycle that was archived and is not published in the edition, if it is that.
    """
    what = f"Cycle {behind} is not published here" if behind else "The last run failed"
    newest = f"The newest cycle here is {record.cycle_id}." if record else "There is no cycle here yet."
    lines = [
        *([record.notice] if record and record.notice else []),
        f"{what}: exit code {exit_code}, {at_utc}.",
        f"{newest} What it says may be out of date.",
        "Why is in status.json of the publisher's workspace.",
    ]
    return Letter(title=_one_line(f"{title}: {what}"), body=_visible("\n\n".join(lines)) + "\n")


def _part(alarms: Sequence[Alarm], catalogue: Catalogue, at: Epoch) -> Letter:
    """The lines that tell of one subject."""
    event = next((one for one in catalogue.record.approaches if one.event_id == alarms[0].subject), None)
    if event is not None:
        return _of_event(alarms, event, catalogue, at)
    parts = [_of_delivery(alarm, catalogue, at) for alarm in alarms]
    return Letter(title=parts[0].title, body="\n".join(part.body for part in parts))


def _of_delivery(alarm: Alarm, catalogue: Catalogue, at: Epoch) -> Letter:
    item = catalogue.objects[alarm.subject]
    if alarm.kind == "doubtful":
        said = doubt_views.sentence(item.id, doubtful(catalogue.record)[item.id])
        return Letter(title=f"Doubtful delivery: {item.name}", body=said)
    if alarm.rule == "overdue" and alarm.since is not None:
        said = " ".join(desk_views.overdue(alarm.since, item.id, catalogue.record, at))
        return Letter(title=f"Overdue delivery: {item.name}", body=f"{said} The newest cycle does not have it.")
    entries = [entry for entry in catalogue.record.inputs if entry.object_id == item.id]
    what = _LATE[alarm.rule or "missing"]
    lines = [f"{item.name}{f' ({item.operator})' if item.operator else ''}: {what}."]
    if alarm.rule == "refused":
        lines += [entry.refusal for entry in entries if entry.refusal is not None]
    age_s = next((entry.age_s for entry in entries if entry.refusal is None and entry.age_s is not None), None)
    if alarm.rule == "old" and age_s is not None:
        lines.append(f"It was {wording.span(age_s)} old at the data cut-off; one a week is asked for (NPR 8079.1).")
    return Letter(title=f"Late delivery: {item.name}, {what}", body="\n".join(lines))


def _of_event(alarms: Sequence[Alarm], event: EventRecord | ToldEvent, catalogue: Catalogue, at: Epoch) -> Letter:
    record = catalogue.record
    links = Links(root=record.site_url or "", cycle="")
    if isinstance(event, ToldEvent):
        card, summary = told_views.card(event, catalogue, links), told_views.summary(event, catalogue)
    else:
        card, summary = event_views.event_card(event, catalogue, links), event_views.summary(event, catalogue)
    state = coordination(record, event, at)
    left = f", in {wording.span(event.deadline - at)}" if event.deadline and event.deadline > at else ""
    past = ", which has passed" if event.deadline and event.deadline <= at else ""
    lines = [
        *(_why(alarm, card) for alarm in alarms),
        "",
        summary,
        "",
        f"Decide by: {card.deadline}{left}{past}",
        *([f"Who decides: {card.decider}"] if card.decider else []),
        f"Who acts: {who_acts(state) or 'nothing was said yet.'}",
        *(f"Open: {line}" for line in warnings(state)),
        f"Page: {links.permalink(event.event_id)}",
        f"Say that you have seen it: a note of kind acknowledgement on event {event.event_id}.",
    ]
    title = f"{_headline(alarms[0], card)}: {card.title}, TCA {card.tca}, {card.miss}"
    return Letter(title=title, body="\n".join(lines))


def _headline(alarm: Alarm, card: EventCard) -> str:
    level = card.level.value.capitalize()
    if alarm.kind == "deadline":
        return f"{level}, deadline within {alarm.hours:g} h"
    return {
        "new": f"New {card.level.value}",
        "worse": f"{level}, worse",
        "unclaimed": f"{level}, no party has said that it will move",
        "again": f"Reminder {alarm.number}, {card.level.value}",
    }.get(alarm.kind, level)


def _why(alarm: Alarm, card: EventCard) -> str:
    if alarm.kind == "new":
        return f"The approach is {card.level.value}: {card.reason}"
    if alarm.kind == "deadline":
        return f"A decision is due within {alarm.hours:g} h."
    if alarm.kind == "unclaimed":
        return "Within a day of the deadline it is not known here who will move."
    if alarm.kind == "again" and alarm.since is not None:
        return f"Told first on {wording.moment_to_minute(alarm.since)}; not yet acknowledged."
    return f"Since the cycle before: {card.change}"


def _one_line(text: str) -> str:
    """A title that is one line whatever is in it."""
    plain = " ".join(wording.visible(text).split())
    return plain if len(plain) <= LONGEST_TITLE else f"{plain[: LONGEST_TITLE - 1]}…"


def _visible(text: str) -> str:
    return "\n".join(wording.visible(line) for line in text.split("\n"))
