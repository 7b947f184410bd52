"""What is due for whom: alarms that were not told yet, and reminders of those that nobody acknowledged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nearpass.astro.epochs import Epoch
from nearpass.config.notify import NotifyTable
from nearpass.encounter.alert import Level
from nearpass.notify.kept import Kept
from nearpass.record.alarms import Alarm, alarms, watched
from nearpass.record.coordination import STATEMENTS
from nearpass.record.parties import Parties
from nearpass.record.record import CycleRecord, NoteRecord

DONE = frozenset({"begun", "sent", "lost"})
"""States of a message after which it is never sent again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """What one channel is to carry in one message."""

    notify: str
    channel: str
    alarms: tuple[Alarm, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """By what its alarms are known."""
        return tuple(alarm.key for alarm in self.alarms)


def due(
    table: NotifyTable, record: CycleRecord, notes: Sequence[NoteRecord], parties: Parties, kept: Kept, at: Epoch
) -> list[Parcel]:
    """What a table of the configuration wants sent now.

    Args:
        table: The table.
        record: The newest cycle of its edition, as the edition holds it.
        notes: All notes up to now: a party's word about an event ends the reminders of it.
        parties: Which names mean or include which party.
        kept: What was told before.
        at: Now.
    """
    level = Level(table.level)
    wanted = frozenset(table.kinds)
    new = alarms(record, at, wanted, level, table.deadline_h)
    again = _reminders(table, record, notes, parties, kept, at) if table.repeat_h is not None else []
    first = _parcels(table, table.channels, (*new, *again), kept, at)
    second = _parcels(
        table, table.escalation, [one for one in again if one.number >= table.escalate_after], kept, at
    )  # fmt: skip
    return [*first, *second]


def parcels_of(table: NotifyTable, alarm: Alarm, kept: Kept) -> list[Parcel]:
    """An alarm by itself on each channel that did not carry it yet, whatever the digest."""
    return [
        Parcel(notify=table.id, channel=channel, alarms=(alarm,))
        for channel in table.channels
        if kept.told(table.id, channel).get(alarm.key) not in DONE
    ]


def _parcels(
    table: NotifyTable, channels: Iterable[str], found: Sequence[Alarm], kept: Kept, at: Epoch
) -> list[Parcel]:
    parcels = []
    for channel in channels:
        told = kept.told(table.id, channel)
        waiting = tuple(alarm for alarm in found if told.get(alarm.key) not in DONE)
        if not waiting:
            continue
        if table.digest_h is None:
            subjects = dict.fromkeys(alarm.subject for alarm in waiting)
            parcels += [
                Parcel(notify=table.id, channel=channel, alarms=tuple(one for one in waiting if one.subject == subject))
                for subject in subjects
            ]
        elif (last := kept.last(table.id, channel)) is None or at - last >= table.digest_h * 3600.0:
            parcels.append(Parcel(notify=table.id, channel=channel, alarms=waiting))
    return parcels


def _reminders(
    table: NotifyTable, record: CycleRecord, notes: Sequence[NoteRecord], parties: Parties, kept: Kept, at: Epoch
) -> list[Alarm]:
    """One for each approach that was told of and of which the party has said nothing since.

    Reminders are counted from the first alarm that waits for an answer, and each is due from its time on until the next
    one is; of several that were missed only the last is sent.
    """
    repeat_s = (table.repeat_h or 0.0) * 3600.0
    found = []
    for event in watched(record, at, Level(table.level)):
        answered = _answered(event.event_id, table.party, notes, parties)
        since = kept.since(table.id, event.event_id, answered)
        number = 0 if since is None else int((at - since) // repeat_s)
        if since is not None and number >= 1:
            mark = f"{since.iso(digits=0)}-{number}"
            found.append(
                Alarm(kind="again", subject=event.event_id, mark=mark, level=event.level, number=number, since=since)
            )
    return found


def _answered(event_id: str, party: str, notes: Sequence[NoteRecord], parties: Parties) -> Epoch | None:
    """When the party, or one that belongs to it, last said something of an event; None where it did not."""
    said = (
        note.time
        for note in notes
        if note.event_id == event_id
        and note.kind in STATEMENTS
        and note.time is not None
        and note.party is not None
        and parties.belongs(note.party, [party])
    )
    return max(said, default=None)
