"""Builds a site the way a publication does, from records alone, in a temporary folder: for tests and for looking."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from mkdocs.commands import build as mkdocs_build
from mkdocs.config import load_config

from nearpass.archive.archive import cycle_folder
from nearpass.astro.epochs import DAY_S
from nearpass.encounter.alert import Level
from nearpass.publish.offline import write_archive
from nearpass.record.notices import notices
from nearpass.record.record import CycleRecord, Span
from nearpass.report import calendars, feeds, note_views, pages, plots, verdicts
from nearpass.report.catalogue import detailed_events, nearness_km

ROOT = Path(__file__).resolve().parents[1]
NOTE = verdicts.MonthNote(
    when="2021-03-14T10:00:00Z", kind="Consultation", parties="NASA and CNSA", event_id=None,
    text="Both teams compared their solutions by telephone.",
)  # fmt: skip
"""What the finder has of the log beside the record's own notes."""
SITE_NAME = "Close approaches at Mars"


class WarningsRaise(logging.Handler):
    """Turns a warning of mkdocs into an error."""

    def emit(self, record: logging.LogRecord) -> None:
        """Raise what was logged."""
        raise AssertionError(record.getMessage())


def earlier_cycles(record: CycleRecord) -> list[CycleRecord]:
    """Small records under the ids that the record's events and changes point to, so that every link has an end."""
    ids = {point.cycle_id for event in record.events for point in event.history} | {record.previous_cycle_id}
    left = [
        replace(record.events[0], event_id=change.event_id, primary=change.primary, secondary=change.secondary)
        for change in record.changes
        if change.kind in {"passed", "gone"}
    ]
    events = tuple(replace(event, history=()) for event in (*record.events, *left))
    pairs = {(event.primary, event.secondary) for event in events}
    members = {member for pair in pairs for member in pair}
    made: list[CycleRecord] = []
    for cycle_id in sorted(filter(None, ids)):
        earlier_s = (int(record.cycle_id[8:10]) - int(cycle_id[8:10])) * DAY_S
        window = Span(start=record.window.start + -earlier_s, stop=record.window.stop + -earlier_s)
        made.append(
            replace(
                record, cycle_id=cycle_id, previous_cycle_id=made[-1].cycle_id if made else None, changes=(), inputs=(),
                solutions=(),
                window=window, events=events, detail_events=0,
                pairs=tuple(pair for pair in record.pairs if (pair.primary, pair.secondary) in pairs),
                objects=tuple(item for item in record.objects if item.id in members),
            )
        )  # fmt: skip
    return made


def alone(record: CycleRecord) -> CycleRecord:
    """The record as the only cycle of its archive: without history, and without changes that left the list."""
    return replace(
        record,
        previous_cycle_id=None,
        events=tuple(replace(event, history=()) for event in record.events),
        changes=tuple(change for change in record.changes if change.kind not in {"passed", "gone"}),
    )


def write_sources(docs: Path, records: Sequence[CycleRecord], *, drawn: tuple[str, ...] = ()) -> None:
    """Lay out a docs_dir: each cycle's folder, and the live pages of the last record.

    Of the last record those plots are drawn whose names start with one of ``drawn``; other pictures are empty.
    """
    for record in records:
        folder = docs / cycle_folder(record.cycle_id)
        for name, text in pages.cycle_pages(record).items():
            _write(folder / name, text)
        for plot in _plots(record):
            _write(folder / "plots" / f"{plot.name}.csv", plots.data_csv(plot))
            wanted = record is records[-1] and plot.name.startswith(drawn)
            picture = plots.draw(plot).decode() if wanted else '<svg xmlns="http://www.w3.org/2000/svg"/>'
            _write(folder / "plots" / f"{plot.name}.svg", picture)
    newest = records[-1]
    summaries = [verdicts.summarise(record) for record in records]
    years = sorted({int(record.cycle_id[:4]) for record in records})
    months = {(int(record.cycle_id[:4]), int(record.cycle_id[5:7])): listed_events(record) for record in records}
    told = [notice for record in reversed(records) for notice in notices(record)]
    live = pages.live_pages(
        newest, summaries, years, events=months, told=told,
        notes={month: [*shown_notes(newest), NOTE] for month in months},
        severe=[mention for record in records for mention in severe_mentions(record)],
    )  # fmt: skip
    for name, text in live.items():
        _write(docs / name, text)
    for path in (feeds.ALL, feeds.RED, *(feeds.object_feed(item.id) for item in newest.objects)):
        _write(docs / path, feeds.feed(newest, told, path=path, title="changes"))
    _write(docs / calendars.SITE, calendars.site_calendar(newest))
    _write(docs / "latest.json", "{}")


def shown_notes(record: CycleRecord) -> list[verdicts.MonthNote]:
    """The cycle's notes as a month's list tells of them."""
    return [
        verdicts.MonthNote(
            when=note.machine, kind=note.kind, parties=note.parties, event_id=note.event_id,
            text=" ".join(note.paragraphs),
        )
        for note in note_views.notes_of_cycle(record)
    ]  # fmt: skip


def severe_mentions(record: CycleRecord) -> list[verdicts.SevereMention]:
    """The cycle's red and yellow approaches."""
    month = int(record.cycle_id[:4]), int(record.cycle_id[5:7])
    return [
        verdicts.SevereMention(
            event_id=event.event_id, primary=event.primary, secondary=event.secondary, tca=event.tca, month=month,
            level=event.level,
        )
        for event in record.events
        if event.level is not Level.GREEN
    ]  # fmt: skip


def listed_events(record: CycleRecord) -> list[verdicts.MonthEvent]:
    """The cycle's events as a month's list tells of them."""
    return [
        verdicts.MonthEvent(
            event_id=event.event_id, primary=event.primary, secondary=event.secondary, tca=event.tca,
            until=event.tca, miss_km=nearness_km(event), miss_high_km=nearness_km(event),
            level=event.level.value, cycles=1, last_cycle_id=record.cycle_id,
        )
        for event in record.events
    ]  # fmt: skip


def _plots(record: CycleRecord) -> Iterator[plots.Plot]:
    yield from plots.cycle_plots(record)
    for event in detailed_events(record):
        yield from plots.event_plots(record, event)
    for item in record.objects:
        yield from plots.object_plots(record, item)
    for pair in record.pairs:
        yield from plots.pair_plots(record, pair)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="")


def build(docs: Path, site: Path) -> None:
    """Build a docs_dir with our theme and hooks; a warning of mkdocs is an error."""
    config = load_config(
        str(ROOT / "mkdocs.yml"), docs_dir=str(docs), site_dir=str(site), strict=True, site_name=SITE_NAME,
        nav=[{"Latest": "index.md"}],
    )  # fmt: skip
    with _warnings_raise():
        mkdocs_build.build(config)
    for cycle in sorted((site / "cycles").glob("*/*/*/*")):
        write_archive(site, f"{'-'.join(cycle.parts[-4:-1])}{cycle.name}")


@contextmanager
def _warnings_raise() -> Iterator[None]:
    handler = WarningsRaise(level=logging.WARNING)
    logger = logging.getLogger("mkdocs")
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
