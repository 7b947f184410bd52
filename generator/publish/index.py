"""What a normal cycle looks up in the archive, in SQLite, so that it never reads the archive as a whole.

The index holds nothing of its own: it follows from the archived records, is brought up to date along the chain of
manifests, and is made again whenever it is missing, damaged, or of another version of the program.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import nearpass
from nearpass.archive.archive import Archive
from nearpass.archive.durable import PRIVATE_FILE
from nearpass.archive.manifest import Link
from nearpass.astro.epochs import Epoch
from nearpass.encounter.alert import Level
from nearpass.publish.year_index import acts_of, deliveries_of, month_notes, notes_of, severe_mentions, story
from nearpass.record.cycle_id import CycleId
from nearpass.record.figures import Figure
from nearpass.record.marking import STRICTNESS, Tlp
from nearpass.record.notices import LEFT, DeliveryNotice, Told, delivery_notices, dump_notice, load_notice, notices
from nearpass.record.record import ChangeRecord, CycleRecord, EventRecord, ToldEnd, ToldEvent
from nearpass.record.year import Year
from nearpass.release.reduction import under
from nearpass.report.catalogue import nearness_km
from nearpass.report.page_net import lost
from nearpass.report.silence import meaningful
from nearpass.report.verdicts import CycleSummary, MonthEvent, MonthNote, SevereMention, summarise

FORMAT: Final = f"9/{nearpass.__version__}"
"""Another format, or another program that may word a verdict otherwise, makes the index again."""
_TABLES: Final = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE cycles (
    cycle_id TEXT PRIMARY KEY, cutoff_tai_ns INTEGER NOT NULL, red INTEGER NOT NULL, yellow INTEGER NOT NULL,
    green INTEGER NOT NULL, pairs_screened INTEGER NOT NULL, refused INTEGER NOT NULL, verdict TEXT NOT NULL,
    superseded_by TEXT, marking TEXT
) WITHOUT ROWID;
CREATE TABLE months (month TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE events (
    event_id TEXT NOT NULL, cycle_id TEXT NOT NULL, primary_id TEXT NOT NULL, secondary_id TEXT NOT NULL,
    tca_tai_ns INTEGER NOT NULL, until_tai_ns INTEGER NOT NULL, miss_km REAL, miss_high_km REAL, level TEXT NOT NULL,
    listed INTEGER NOT NULL, PRIMARY KEY (event_id, cycle_id)
) WITHOUT ROWID;
CREATE INDEX events_cycle ON events (cycle_id);
CREATE INDEX events_severe ON events (substr(cycle_id, 1, 7), event_id) WHERE level <> 'green';
CREATE TABLE notes (
    month TEXT NOT NULL, at_utc TEXT NOT NULL, kind TEXT NOT NULL, parties TEXT NOT NULL, event_id TEXT,
    body TEXT NOT NULL, UNIQUE (month, at_utc, kind, parties, body)
);
CREATE TABLE notices (
    cycle_id TEXT NOT NULL, number INTEGER NOT NULL, primary_id TEXT NOT NULL, secondary_id TEXT NOT NULL,
    is_red INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (cycle_id, number)
) WITHOUT ROWID;
CREATE INDEX notices_red ON notices (is_red, cycle_id);
CREATE INDEX notices_primary ON notices (primary_id, cycle_id);
CREATE INDEX notices_secondary ON notices (secondary_id, cycle_id);
CREATE TABLE acts (
    file TEXT PRIMARY KEY, event_id TEXT NOT NULL, cycle_id TEXT NOT NULL, kind TEXT NOT NULL, party TEXT NOT NULL,
    at_tai_ns INTEGER NOT NULL, burn_tai_ns INTEGER
) WITHOUT ROWID;
CREATE TABLE deliveries (
    cycle_id TEXT NOT NULL, number INTEGER NOT NULL, originator TEXT NOT NULL, sha256 TEXT, age_s REAL,
    refused INTEGER NOT NULL, PRIMARY KEY (cycle_id, number)
) WITHOUT ROWID;
CREATE TABLE unlisted (cycle_id TEXT PRIMARY KEY, reason TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE objects (object_id TEXT NOT NULL, cycle_id TEXT NOT NULL, PRIMARY KEY (object_id, cycle_id)) WITHOUT ROWID;
"""
_CONTENTS: Final = ("cycles", "months", "events", "notes", "notices", "acts", "deliveries", "unlisted", "objects")
_COLUMNS: Final = "cycle_id, cutoff_tai_ns, red, yellow, green, pairs_screened, refused, verdict, superseded_by"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """What one cycle said of an event; ``miss_km`` is None in the cycle in which it left the list."""

    cycle_id: str
    tca: Epoch
    miss_km: float | None
    level: str


class Index:
    """The index of one archive, in one file. Open it with :func:`open_index`."""

    def __init__(self, connection: sqlite3.Connection, archive: Archive, at_hand: CycleRecord | None = None) -> None:
        self._connection = connection
        self._archive = archive
        self._at_hand = at_hand

    def year(self, year: int) -> list[CycleSummary]:
        """Cycles of a year in order of time."""
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM cycles WHERE cycle_id >= ? AND cycle_id < ? ORDER BY cycle_id",  # noqa: S608 - a constant
            (f"{year:04d}-", f"{year + 1:04d}-"),
        )
        return [_summary(row) for row in rows]

    def marked(self, record: CycleRecord) -> CycleRecord:
        """The record of a cycle under the strictest marking of all up to it, for pages that hold facts of several.

        An edition without an audience has no markings on its pages.
        """
        if record.edition is None:
            return record
        rows = self._connection.execute(
            "SELECT DISTINCT marking FROM cycles WHERE cycle_id <= ? AND marking IS NOT NULL", (record.cycle_id,)
        )
        held = {record.edition.marking, *(Tlp(marking) for (marking,) in rows)}
        return under(record, max(held, key=STRICTNESS.__getitem__))

    def months(self) -> list[tuple[int, int]]:
        """Years and months that hold a cycle, in order."""
        rows = self._connection.execute("SELECT month FROM months ORDER BY month")
        return [(int(month[:4]), int(month[5:])) for (month,) in rows]

    def follows(self, record: CycleRecord) -> tuple[frozenset[str], frozenset[str]]:
        """Events and objects whose newest mention is this cycle's: their pages follow it."""
        events = {name for name in _events_of(record) if self._newest("events", "event_id", name) == record.cycle_id}
        objects = {
            item.id for item in record.objects if self._newest("objects", "object_id", item.id) == record.cycle_id
        }
        return frozenset(events), frozenset(objects)

    def history(self, event_id: str) -> list[Mention]:
        """What all cycles said of an event, in order of time."""
        rows = self._connection.execute(
            "SELECT cycle_id, tca_tai_ns, miss_km, level FROM events WHERE event_id = ? ORDER BY cycle_id", (event_id,)
        )
        return [Mention(cycle_id=c, tca=Epoch(t), miss_km=m, level=level) for c, t, m, level in rows]

    def notices(self, *, most: int, red: bool = False, object_id: str | None = None) -> list[Told]:
        """The newest notices, the newest first.

        Args:
            most: How many.
            red: Only of events that became red or were red.
            object_id: Only of this object's events and deliveries.
        """
        if object_id is not None:
            each = " UNION ".join(
                f"SELECT * FROM (SELECT cycle_id, number, body FROM notices WHERE {column} = ? "  # noqa: S608 - constants
                "ORDER BY cycle_id DESC, number LIMIT ?)"
                for column in ("primary_id", "secondary_id")
            )
            rows = self._connection.execute(
                f"SELECT body FROM ({each}) ORDER BY cycle_id DESC, number LIMIT ?",  # noqa: S608 - constants
                (object_id, most, object_id, most, most),
            )
        else:
            where = "WHERE is_red = 1" if red else ""
            rows = self._connection.execute(
                f"SELECT body FROM notices {where} ORDER BY cycle_id DESC, number LIMIT ?",  # noqa: S608 - constants
                (most,),
            )
        return [load_notice(body) for (body,) in rows]

    def has_event(self, event_id: str, tca: Epoch) -> bool:
        """Whether a cycle told of an event under this id with this very TCA."""
        query = "SELECT 1 FROM events WHERE event_id = ? AND tca_tai_ns = ? LIMIT 1"
        return self._connection.execute(query, (event_id, tca.tai_ns)).fetchone() is not None

    def has_object(self, object_id: str) -> bool:
        """Whether a cycle told of an object under this id."""
        query = "SELECT 1 FROM objects WHERE object_id = ? LIMIT 1"
        return self._connection.execute(query, (object_id,)).fetchone() is not None

    def month_events(self, year: int, month: int) -> list[MonthEvent]:
        """Events that a month's cycles mention, by first mention: with the newest mention and the worst level.

        The miss distance is the newest that a cycle of the month gave: one whose list an event left gives none.
        """
        prefix = f"{year:04d}-{month:02d}"
        rows = self._connection.execute(
            """
            SELECT event_id, primary_id, secondary_id, tca_tai_ns, until_tai_ns, miss_newest_km, miss_newest_high_km,
                   worst, mentions, cycle_id FROM (
                SELECT *, first_value(miss_km) OVER (
                           PARTITION BY event_id ORDER BY miss_km IS NULL, cycle_id DESC
                       ) AS miss_newest_km,
                       first_value(miss_high_km) OVER (
                           PARTITION BY event_id ORDER BY miss_km IS NULL, cycle_id DESC
                       ) AS miss_newest_high_km,
                       count(*) OVER same AS mentions, min(cycle_id) OVER same AS first,
                       max(CASE level WHEN 'red' THEN 2 WHEN 'yellow' THEN 1 ELSE 0 END) OVER same AS worst,
                       row_number() OVER (PARTITION BY event_id ORDER BY cycle_id DESC) AS back
                FROM events WHERE cycle_id >= ? AND cycle_id < ? WINDOW same AS (PARTITION BY event_id)
            ) WHERE back = 1 ORDER BY first, event_id
            """,
            (f"{prefix}-", f"{prefix}."),  # the full stop follows the hyphen
        )
        return [
            MonthEvent(
                event_id=event_id, primary=primary, secondary=secondary, tca=Epoch(tca), until=Epoch(until),
                miss_km=low_km, miss_high_km=high_km, level=("green", "yellow", "red")[worst], cycles=mentions,
                last_cycle_id=cycle_id,
            )
            for event_id, primary, secondary, tca, until, low_km, high_km, worst, mentions, cycle_id in rows
        ]  # fmt: skip

    def severe_mentions(self) -> list[SevereMention]:
        """Red and yellow approaches of all cycles, by month."""
        return severe_mentions(self._connection)

    def month_notes(self, year: int, month: int) -> list[MonthNote]:
        """The notes that a month's cycles show, the newest first."""
        return month_notes(self._connection, year, month)

    def story(self, year: int, newest: Epoch) -> Year:
        """What a year was by its cycles, ``newest`` being the data cut-off of the newest of all."""
        return story(self._connection, year, newest, len(self.year(year)))

    def contents(self) -> list[tuple[object, ...]]:
        """Every row of every table but the index's own; two indexes of one archive hold the same rows."""
        return [(name, *row) for name in _CONTENTS for row in self._connection.execute(f"SELECT * FROM {name}")]  # noqa: S608 - constants

    def synchronise(self) -> None:
        """Add what the archive has gained since, along the chain; everything again if the chain was not found."""
        head = self._archive.head()
        known = self._about("head")
        missing: list[str] = []
        link = head
        while link is not None and link["manifest_sha256"] != known:
            missing.append(link["cycle_id"])
            link = self._archive.manifest(link["cycle_id"])["previous"]
        if head == link and not missing:
            return
        if link is None and known is not None:
            self._clear()
        with self._connection:
            for cycle_id in reversed(missing):
                self._add_or_tell(cycle_id)
            self._set_about("head", head)

    def _add_or_tell(self, cycle_id: str) -> None:
        """Add a cycle, or why there is nothing of it: one that cannot be read keeps no newer one from its pages."""
        self._connection.execute("SAVEPOINT one")
        try:
            self._add(cycle_id)
        except sqlite3.DatabaseError:
            raise
        except Exception as error:  # noqa: BLE001  # whatever an earlier program or an accident made of the record
            self._connection.execute("ROLLBACK TO one")
            reason = lost(f"cycle {cycle_id}", error).rule
            self._connection.execute("INSERT INTO unlisted VALUES (?, ?)", (cycle_id, reason))
        self._connection.execute("RELEASE one")

    def unlisted(self) -> list[tuple[str, str]]:
        """Cycles of which the index holds nothing, each with the reason, in order of time."""
        return list(self._connection.execute("SELECT cycle_id, reason FROM unlisted ORDER BY cycle_id"))

    def _add(self, cycle_id: str) -> None:
        if not self._archive.includes(cycle_id):
            return
        at_hand = self._at_hand if self._at_hand and self._at_hand.cycle_id == cycle_id else None
        record = at_hand or self._archive.load(cycle_id)
        summary = summarise(record)
        self._connection.execute(
            f"INSERT INTO cycles ({_COLUMNS}, marking) VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, ?)",  # noqa: S608
            (
                cycle_id, summary.cutoff.tai_ns, summary.red, summary.yellow, summary.green, summary.pairs_screened,
                summary.refused, summary.verdict, record.edition.marking.value if record.edition else None,
            ),
        )  # fmt: skip
        self._connection.execute("INSERT OR IGNORE INTO months VALUES (?)", (CycleId(cycle_id).month_text,))
        self._connection.executemany(
            "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(name, cycle_id, *said) for name, said in _events_of(record).items()],
        )
        told: tuple[Told, ...] = (*notices(meaningful(record)), *delivery_notices(record))
        self._connection.executemany(
            "INSERT INTO notices VALUES (?, ?, ?, ?, ?, ?)",
            [
                (cycle_id, number, *_ids_of(found), _is_red(found), dump_notice(found))
                for number, found in enumerate(told)
            ],
        )
        self._connection.executemany("INSERT OR IGNORE INTO notes VALUES (?, ?, ?, ?, ?, ?)", notes_of(record))
        self._connection.executemany("INSERT OR IGNORE INTO acts VALUES (?, ?, ?, ?, ?, ?, ?)", acts_of(record))
        self._connection.executemany("INSERT INTO deliveries VALUES (?, ?, ?, ?, ?, ?)", deliveries_of(record))
        self._connection.executemany(
            "INSERT INTO objects VALUES (?, ?)", [(item.id, cycle_id) for item in record.objects]
        )
        superseded = self._archive.manifest(cycle_id)["supersedes"]
        if superseded is not None:
            self._connection.execute("UPDATE cycles SET superseded_by = ? WHERE cycle_id = ?", (cycle_id, superseded))

    def _newest(self, table: str, column: str, name: str) -> str | None:
        (newest,) = self._connection.execute(
            f"SELECT max(cycle_id) FROM {table} WHERE {column} = ?", (name,)  # noqa: S608 - constants
        ).fetchone()  # fmt: skip
        return newest if isinstance(newest, str) else None

    def _about(self, name: str) -> str | None:
        row = self._connection.execute("SELECT value FROM about WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else None

    def _set_about(self, name: str, head: Link | None) -> None:
        self._connection.execute("DELETE FROM about WHERE name = ?", (name,))
        if head is not None:
            self._connection.execute("INSERT INTO about VALUES (?, ?)", (name, head["manifest_sha256"]))

    def _clear(self) -> None:
        with self._connection:
            for table in _CONTENTS:
                self._connection.execute(f"DELETE FROM {table}")  # noqa: S608 - constants


@contextmanager
def open_index(
    path: Path, archive: Archive, *, again: bool = False, at_hand: CycleRecord | None = None
) -> Iterator[Index]:
    """The index, brought up to date with the archive.

    Args:
        path: Its file.
        archive: What it is an index of.
        again: Make it from nothing.
        at_hand: A cycle as the archive would give it: it is not read again.
    """
    made_by = f"{FORMAT}/{archive.view}"
    if again or not _usable(path, made_by):
        path.unlink(missing_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE_FILE))  # what SQLite makes beside it has the same mode
    if path.stat().st_mode & 0o077:
        path.chmod(PRIVATE_FILE)  # made by an earlier version
    with closing(sqlite3.connect(path)) as connection:
        if connection.execute("PRAGMA user_version").fetchone() == (0,):
            connection.executescript(f"BEGIN; {_TABLES} PRAGMA user_version = 1; COMMIT;")
            with connection:
                connection.execute("INSERT INTO about VALUES ('format', ?)", (made_by,))
        index = Index(connection, archive, at_hand)
        index.synchronise()
        yield index


def _usable(path: Path, made_by: str) -> bool:
    """Whether a file is an undamaged index of this version and view; checked at the cost of opening it."""
    if not path.exists():
        return False
    try:
        with closing(sqlite3.connect(path)) as connection:
            found = connection.execute("SELECT value FROM about WHERE name = 'format'").fetchone()
    except sqlite3.DatabaseError:
        return False
    return bool(found == (made_by,))


Row = tuple[str, str, int, int, float | None, float | None, str, bool]


def _events_of(record: CycleRecord) -> dict[str, Row]:
    """Events that a cycle lists or that left its list: both objects, ends of TCA and of the level's distance, level."""
    record = meaningful(record)
    left = {change.event_id: _row(change, change.tca, None) for change in record.changes if change.kind in LEFT}
    listed = {event.event_id: _row(event, event.tca, nearness_km(event)) for event in record.events}
    ended = {told.event_id: _told_row(told, None, None) for told in record.told_ended}
    told = {told.event_id: _told_row(told, near.low, near.high) for told, near in _nearest_cells(record)}
    return left | listed | ended | told


def _nearest_cells(record: CycleRecord) -> Iterator[tuple[ToldEvent, Figure]]:
    return ((told, told.surface_km or told.miss_km) for told in record.told)


def _row(event: EventRecord | ChangeRecord, tca: Epoch, miss_km: float | None) -> Row:
    listed = isinstance(event, EventRecord)
    return event.primary, event.secondary, tca.tai_ns, tca.tai_ns, miss_km, miss_km, event.level.value, listed


def _told_row(told: ToldEvent | ToldEnd, low_km: float | None, high_km: float | None) -> Row:
    start, stop, listed = told.tca.start.tai_ns, told.tca.stop.tai_ns, isinstance(told, ToldEvent)
    return told.primary or "", told.secondary or "", start, stop, low_km, high_km, told.level.value, listed


def _summary(row: tuple[str, int, int, int, int, int, int, str, str | None]) -> CycleSummary:
    cycle_id, cutoff, *counts, verdict, superseded_by = row
    red, yellow, green, pairs_screened, refused = map(_integer, counts)
    return CycleSummary(
        cycle_id=cycle_id, cutoff=Epoch(_integer(cutoff)), red=red, yellow=yellow, green=green,
        pairs_screened=pairs_screened, refused=refused, verdict=verdict, superseded_by=superseded_by,
    )  # fmt: skip


def _ids_of(notice: Told) -> tuple[str, str]:
    """The objects whose feeds tell of a notice."""
    return (notice.object_id, "") if isinstance(notice, DeliveryNotice) else (notice.primary, notice.secondary)


def _is_red(notice: Told) -> bool:
    return not isinstance(notice, DeliveryNotice) and Level.RED in {notice.level, notice.previous_level}


def _integer(value: object) -> int:
    if not isinstance(value, int):
        raise sqlite3.DataError("the index must hold an integer here")
    return value
