"""Views of the register: its table on a page, and the same as CSV and JSON, as far as an edition may see it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from nearpass.archive.register import Entry
from nearpass.record.marking import Edition, MarkingRecord, Show, Tlp
from nearpass.record.record import CycleRecord
from nearpass.release.reduction import show_of
from nearpass.report.tables import Column, Columns
from nearpass.report.views import Cell, Head, Table, TableRow

SHOWN: Final = 500
REGISTER_COLUMNS: Final[Columns[Entry]] = Columns("register", (
    Column(key="at_utc", title="When", unit="UTC", meaning="When the run was made", value=lambda e: e.at_utc),
    Column(key="kind", title="What", meaning="received, released or decided", value=lambda e: e.kind),
    Column(key="cycle_id", title="Cycle", meaning="Cycle of the run", value=lambda e: e.cycle_id),
    Column(key="party", title="Party", meaning="Who gave it, who reads it, or who decided", value=lambda e: e.party),
    Column(key="marking", title="Marking", meaning="Marking under which it was given or went out",
           value=lambda e: e.marking),
    Column(key="edition", title="Edition", meaning="Edition that went out or is decided on", value=lambda e: e.edition),
    Column(key="object_id", title="Object", meaning="Identifier of the object", value=lambda e: e.object_id),
    Column(key="file", title="File", meaning="Delivered file", value=lambda e: e.file),
    Column(key="sha256", title="SHA-256", meaning="Of the delivered file, or of the root manifest that went out",
           value=lambda e: e.sha256),
    Column(key="files", title="Files", meaning="Number of files that the manifest covers", value=lambda e: e.files),
    Column(key="shows", title="Shown", meaning="How much of each object went out",
           value=lambda e: ", ".join(f"{name} {show}" for name, show in e.shows) or None),
    Column(key="protection", title="Protection",
           meaning="Of an object told in part: so many orbits, so far apart, would have given the same",
           value=lambda e: ", ".join(f"{name} {among} of {km:g} km" for name, km, among, _ in e.protection) or None),
    Column(key="reason", title="Reason", meaning="Why it was decided or refused", value=lambda e: e.reason),
))  # fmt: skip


def visible(entries: Iterable[Entry], record: CycleRecord, edition: Edition) -> tuple[Entry, ...]:
    """The lines that an edition may see, of them what it may see.

    Of deliveries those whose own marking the edition sees, of objects that it shows in full: another solution, or an
    older delivery, may be withheld where the object is not. A line of a version that did not note the marking is
    withheld.

    Args:
        entries: The register.
        record: The newest full record: how much of each object the edition shows.
        edition: The edition.
    """
    shows = {item.id: show_of(item, record, edition) for item in record.objects}
    named = {name for name, show in shows.items() if show in {Show.FULL, Show.METRICS}}
    found = []
    for entry in entries:
        if entry.kind == "received" and _told_of(entry, shows, edition):
            found.append(entry)
        if entry.kind == "decided" and entry.object_id in named and entry.edition == edition.id:
            found.append(entry)
        if entry.kind == "released" and (entry.edition == edition.id or edition.everything):
            shows_named = tuple(pair for pair in entry.shows if pair[0] in named)
            kept = tuple(bound for bound in entry.protection if bound[0] in named)
            found.append(replace(entry, shows=shows_named, protection=kept))
    return tuple(found)


def _told_of(entry: Entry, shows: Mapping[str, Show], edition: Edition) -> bool:
    if edition.everything:
        return True
    level = Tlp(entry.level) if entry.level is not None else None
    marking = MarkingRecord(originator=entry.party, level=level, words=None, release=entry.release)
    return edition.sees(marking) and shows.get(entry.object_id or "") is Show.FULL


def register_table(entries: Sequence[Entry]) -> Table:
    """The newest lines as a page shows them."""
    return Table(
        caption="The register, the newest first",
        heads=tuple(Head(title=column.title, unit=column.unit, meaning=column.meaning) for column in REGISTER_COLUMNS),
        rows=tuple(
            TableRow(
                cells=tuple(
                    Cell(text=column.text(entry) or "–", mark="hash" if column.key == "sha256" else None)
                    for column in REGISTER_COLUMNS
                )
            )
            for entry in entries[:SHOWN]
        ),
        twins=(("CSV", "register.csv"), ("JSON", "register.json")),
        filter_label="Filter the register" if len(entries) > 9 else None,
    )
