"""What the index keeps of a year: how its approaches ended, who moved, how the deliveries came."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence

from nearpass.astro.epochs import Epoch
from nearpass.encounter.alert import Level
from nearpass.record.alarms import LATE_S
from nearpass.record.coordination import STATEMENTS
from nearpass.record.record import CycleRecord
from nearpass.record.year import Act, Punctuality, Year, YearEvent
from nearpass.report import note_views
from nearpass.report.verdicts import MonthNote, SevereMention


def story(connection: sqlite3.Connection, year: int, newest: Epoch, cycles: int) -> Year:
    """What a year was, by its cycles; one that was corrected counts as if it had not been.

    Args:
        connection: The index.
        year: The year of the cycles' data.
        newest: Data cut-off of the newest cycle of all.
        cycles: How many cycles the year has.
    """
    span = (f"{year:04d}-", f"{year + 1:04d}-")
    valid = (
        "cycle_id >= ? AND cycle_id < ? AND cycle_id NOT IN "
        "(SELECT cycle_id FROM cycles WHERE superseded_by IS NOT NULL)"
    )
    events = connection.execute(
        f"""
        SELECT event_id, primary_id, secondary_id, tca_tai_ns, until_tai_ns, worst, first_red, cycle_id, level,
               listed
        FROM (
            SELECT *, max(CASE level WHEN 'red' THEN 2 WHEN 'yellow' THEN 1 ELSE 0 END) OVER same AS worst,
                   min(CASE WHEN level = 'red' AND listed THEN cycle_id END) OVER same AS first_red,
                   row_number() OVER (PARTITION BY event_id ORDER BY cycle_id DESC) AS back
            FROM events WHERE {valid} WINDOW same AS (PARTITION BY event_id)
        ) WHERE back = 1 ORDER BY tca_tai_ns, event_id
        """,  # noqa: S608 - a constant
        span,
    )
    acts = connection.execute(
        f"SELECT event_id, kind, party, at_tai_ns, burn_tai_ns FROM acts WHERE {valid} ORDER BY at_tai_ns, file",  # noqa: S608
        span,
    )
    came = connection.execute(
        f"""
        SELECT originator, count(DISTINCT CASE WHEN NOT refused THEN sha256 END),
               count(DISTINCT CASE WHEN refused THEN coalesce(sha256, cycle_id || number) END), sum(NOT refused),
               sum(NOT refused AND coalesce(age_s, 0) > {LATE_S}), max(CASE WHEN NOT refused THEN age_s END)
        FROM deliveries WHERE {valid} GROUP BY originator ORDER BY originator
        """,  # noqa: S608 - constants
        span,
    )
    return Year(
        year=year,
        cycles=cycles,
        newest=newest,
        events=tuple(_year_event(row) for row in events),
        acts=tuple(
            Act(event_id=event, kind=kind, party=party, at=Epoch(at), burn=None if burn is None else Epoch(burn))
            for event, kind, party, at, burn in acts
        ),
        punctuality=tuple(
            Punctuality(originator=who, delivered=used, refused=no, uses=uses, late_uses=late, oldest_s=oldest)
            for who, used, no, uses, late, oldest in came
        ),
    )


def acts_of(record: CycleRecord) -> Iterator[tuple[object, ...]]:
    """What parties said that they do, by the files that say so: a later cycle has them again."""
    for note in record.notes:
        if note.event_id is not None and note.time is not None and note.kind in STATEMENTS:
            burn = None if note.burn is None else note.burn.tai_ns
            party = note.party or note.parties[0]
            yield note.file, note.event_id, record.cycle_id, note.kind, party, note.time.tai_ns, burn


def deliveries_of(record: CycleRecord) -> Iterator[tuple[object, ...]]:
    """Each delivery of a cycle: whose, which bytes, how old, and whether it was refused."""
    for number, entry in enumerate(record.inputs):
        if entry.sha256 is not None or entry.refusal is not None:
            yield record.cycle_id, number, entry.originator, entry.sha256, entry.age_s, entry.refusal is not None


def _year_event(row: Sequence[object]) -> YearEvent:
    event_id, primary, secondary, tca, until, worst, first_red, cycle_id, level, listed = row
    return YearEvent(
        event_id=str(event_id), primary=str(primary), secondary=str(secondary), tca=Epoch(int(str(tca))),
        until=Epoch(int(str(until))), worst=(Level.GREEN, Level.YELLOW, Level.RED)[int(str(worst))],
        first_red=None if first_red is None else str(first_red), last_cycle_id=str(cycle_id),
        last_level=Level(str(level)), listed=bool(listed),
    )  # fmt: skip


def severe_mentions(connection: sqlite3.Connection) -> list[SevereMention]:
    """Every red and yellow approach by the months of the cycles that listed it, in order of time."""
    rows = connection.execute(
        """
        SELECT event_id, primary_id, secondary_id, max(tca_tai_ns), substr(cycle_id, 1, 7), max(level = 'red')
        FROM events WHERE level <> 'green' AND listed GROUP BY substr(cycle_id, 1, 7), event_id
        """
    )
    return [
        SevereMention(
            event_id=name, primary=primary, secondary=secondary, tca=Epoch(tca_tai_ns),
            month=(int(month[:4]), int(month[5:])), level=Level.RED if red else Level.YELLOW,
        )
        for name, primary, secondary, tca_tai_ns, month, red in rows
    ]  # fmt: skip


def notes_of(record: CycleRecord) -> Iterator[tuple[str, str, str, str, str | None, str]]:
    """Rows of the notes that a cycle shows: month, instant, kind, parties, event, text."""
    for note in note_views.notes_of_cycle(record):
        month = record.cycle_id[:7]
        yield month, note.machine, note.kind, note.parties, note.event_id, " ".join(note.paragraphs)


def month_notes(connection: sqlite3.Connection, year: int, month: int) -> list[MonthNote]:
    """The notes that a month's cycles show, the newest first, each once."""
    rows = connection.execute(
        "SELECT at_utc, kind, parties, event_id, body FROM notes WHERE month = ? ORDER BY at_utc DESC, kind, body",
        (f"{year:04d}-{month:02d}",),
    )
    return [MonthNote(when=at, kind=kind, parties=who, event_id=name, text=body) for at, kind, who, name, body in rows]
