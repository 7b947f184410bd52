"""Views of the delivery desk: what is overdue, for the front page, and the table of what each source owes."""

from __future__ import annotations

from typing import Final

from nearpass.astro.epochs import Epoch
from nearpass.record.record import CycleRecord, DueRecord
from nearpass.report import wording
from nearpass.report.quality_views import grade
from nearpass.report.views import Cell, Field, Table, tabled, time_cell

WEEK_H: Final = 168.0
"""NPR 8079.1, table 5-1, asks for an ephemeris at least weekly."""


def overdue_line(record: CycleRecord) -> str | None:
    """What has not come in time, in one sentence; None where nothing is overdue."""
    at = record.window.start
    late = [(since, row) for row in record.desk if (since := row.overdue_since(at)) is not None]
    if not late:
        return None
    (since, first), *rest = sorted(late, key=lambda one: one[0])
    more = f"; {wording.count(len(rest), 'other is overdue', 'others are overdue')}" if rest else ""
    return f"Overdue: {_was_due(first, since, record, at)}{more}."


def overdue(since: Epoch, object_id: str, record: CycleRecord, at: Epoch) -> tuple[str, ...]:
    """A sentence for each source of an object whose delivery is overdue since an instant, told at another."""
    rows = [row for row in record.desk if row.object_id == object_id and row.overdue_since(at) == since]
    return tuple(f"{_was_due(row, since, record, at)}." for row in rows)


def _was_due(row: DueRecord, since: Epoch, record: CycleRecord, at: Epoch) -> str:
    moment = f"{wording.date(since)} {since.iso(digits=0)[11:16]} UTC"
    return f"{_what(row, record)} was due {moment}, {wording.span(at - since)} ago"


def _what(row: DueRecord, record: CycleRecord) -> str:
    name = next((item.name for item in record.objects if item.id == row.object_id), row.object_id)
    return f"{name}'s {'ephemeris' if row.role == 'nominal' else f'{row.role} ephemeris'}"


def desk_table(record: CycleRecord) -> Table | None:
    """Every source, what is overdue or late first; None where no source has a file."""
    if not record.desk:
        return None
    order = {"overdue": 0, "late": 1, "awaited": 2, "in time": 3, "no schedule": 4}
    rows = sorted(record.desk, key=lambda row: (order[row.state], row.object_id, row.role, row.source))
    grades = {entry.sha256: grade(entry) for entry in record.deliveries if entry.sha256 is not None}
    fields: tuple[Field[DueRecord], ...] = (
        Field("Object", lambda row: row.object_id),
        Field("State", lambda row: Cell(text=_state(row), mark="nowrap")),
        Field("From", lambda row: row.originator),
        Field("Was due", lambda row: time_cell(row.due), unit="UTC"),
        Field("Next due", lambda row: time_cell(row.next_due), unit="UTC"),
        Field("Created", lambda row: time_cell(row.created), unit="UTC"),
        Field("Every", lambda row: Cell(text=_every(row), sort=f"{row.every_h or 0.0:.3f}"),
              meaning="NPR 8079.1, table 5-1, asks for at least one a week"),
        Field("Grade", lambda row: Cell(text=grades.get(row.sha256 or "", wording.DASH), mark="nowrap"),
              meaning="By NPR 8079.1, table 5-1; the object's page lists every rule"),
        Field("File", lambda row: (row.file or row.source).rsplit("/", 1)[-1]),
        Field("What else", _else),
    )  # fmt: skip
    return tabled(
        "What each source owes and what came of it", rows, fields,
        mark=lambda row: "marked" if row.state == "overdue" else None,
        filter_label="Filter the deliveries" if len(rows) > 9 else None,
    )  # fmt: skip


def _state(row: DueRecord) -> str:
    if row.late_s is None:
        return row.state
    return f"{row.state} by {'at least ' if row.state == 'late' else ''}{wording.span(row.late_s)}"


def _every(row: DueRecord) -> str:
    if row.every_h is None:
        return wording.DASH
    return wording.span(row.every_h * 3600.0) + (" (longer than a week)" if row.every_h > WEEK_H else "")


def _else(row: DueRecord) -> str:
    """Which solution it is, that it is doubtful, why a newer one was refused."""
    parts = [
        "" if row.role == "nominal" else row.role,
        "doubtful: it differs from the delivery before it by more than their sigmas allow" if row.doubtful else "",
        f"refused: {row.refused}" if row.refused else "",
        "nothing has come" if row.file is None and row.refused is None else "",
    ]
    return wording.sentence("; ".join(part for part in parts if part)) or wording.DASH
