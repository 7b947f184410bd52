"""From a record to the sources of pages in a staging folder: templates and plots. Nothing in place is touched here."""

from __future__ import annotations

import hashlib
import json
import pickle
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Final, TypeVar

from nearpass.archive.archive import Archive, cycle_folder
from nearpass.errors import PublicationError
from nearpass.publish.index import Index
from nearpass.record import record as records
from nearpass.record.cycle_id import CycleId
from nearpass.record.loss_record import LossRecord
from nearpass.record.notices import Told
from nearpass.record.record import CycleRecord
from nearpass.report import calendars, feeds
from nearpass.report.catalogue import Links, detailed_events
from nearpass.report.page_net import Pages, around, lost, must_be_made
from nearpass.report.pages import cycle_pages, live_pages, permalink_pages
from nearpass.report.plots import Plot, cycle_plots, data_csv, draw_all, event_plots, object_plots, pair_plots
from nearpass.report.plots.year import year_plots
from nearpass.report.silence import still_meaningful, still_meaningful_notices
from nearpass.report.verdicts import CycleSummary, MonthEvent, SevereMention, summarise
from nearpass.report.year_views import YearView, year_view

Progress = Callable[[str, int], Callable[[int], None]]
"""Called with a stage and its number of steps; gives a function that counts steps done."""
Month = tuple[int, int]
T = TypeVar("T")
ARCHIVE_HEAD: Final = "archive-head.json"
"""The newest entry of the archive when the site was made: whoever keeps a copy can tell if the archive is cut back."""


class Drawer:
    """Draws plots, each distinct one once: editions of one cycle share most of theirs."""

    def __init__(self, *, jobs: int, progress: Progress, shared: bool = False) -> None:
        """Keep what was drawn for the next edition only where it is ``shared``: a cycle's plots may be many."""
        self._jobs = jobs
        self._progress = progress
        self._shared = shared
        self._drawn: dict[bytes, bytes] = {}

    def draw(self, plots: Sequence[Plot]) -> Iterator[tuple[Plot, bytes]]:
        """Begin to draw; every plot with its SVG, in the given order, as they are asked for.

        Equal plots give equal SVG, so their data tell them apart.
        """
        if not self._shared:
            return draw_all(plots, jobs=self._jobs, progress=_Late(self._progress, len(plots)))
        keys = [hashlib.sha256(pickle.dumps(plot)).digest() for plot in plots]
        missing = {key: plot for key, plot in zip(keys, plots, strict=True) if key not in self._drawn}
        advance = _Late(self._progress, len(missing))
        pictures = draw_all(list(missing.values()), jobs=self._jobs, progress=advance)
        return self._kept(plots, keys, list(missing), pictures)

    def _kept(
        self,
        plots: Sequence[Plot],
        keys: Sequence[bytes],
        missing: Sequence[bytes],
        pictures: Iterator[tuple[Plot, bytes]],
    ) -> Iterator[tuple[Plot, bytes]]:
        for key, (_, svg) in zip(missing, pictures, strict=True):
            self._drawn[key] = svg
        yield from ((plot, self._drawn[key]) for key, plot in zip(keys, plots, strict=True))


class _Late:
    """Progress of drawing, shown from when the first pictures are waited for: until then other stages are."""

    def __init__(self, progress: Progress, steps: int) -> None:
        self._begin, self._steps = progress, steps
        self._advance: Callable[[int], None] | None = None

    def __call__(self, count: int) -> None:
        self._advance = self._advance or self._begin("drawing plots", self._steps)
        self._advance(count)


def all_plots(record: CycleRecord) -> list[Plot]:
    """Every plot of a cycle: its own, and those of the pages that it has."""
    detailed = detailed_events(record)
    return [
        *cycle_plots(record),
        *(plot for event in detailed for plot in event_plots(record, event)),
        *(plot for pair in record.pairs for plot in pair_plots(record, pair)),
        *(plot for item in record.objects for plot in object_plots(record, item)),
    ]


def stage_cycle(docs: Path, record: CycleRecord, plots: Sequence[Plot]) -> None:
    """Write the sources of a cycle's own pages, its tables and the data of its plots; pictures may come later."""
    folder = docs / cycle_folder(record.cycle_id)
    write_texts(folder, cycle_pages(record))
    pages, below = Pages(record), Links(root="../" * 6, cycle="../")
    for plot in plots:
        pages.put(f"{plot.name}.csv", below, partial(data_csv, plot))
    write_texts(folder / "plots", pages.texts)


def place_pictures(homes: Sequence[Path], cycle_id: str, drawn: Iterable[tuple[Plot, bytes]]) -> None:
    """Write a cycle's pictures into each of some trees: its sources, and what was built of them meanwhile."""
    folders = [home / cycle_folder(cycle_id) / "plots" for home in homes]
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
    for plot, svg in drawn:
        for folder in folders:
            (folder / f"{plot.name}.svg").write_bytes(svg)


def stage_permalinks(docs: Path, record: CycleRecord, index: Index) -> frozenset[str]:
    """Write the sources of those pages that follow an event or object and that no later cycle takes further.

    Returns:
        Paths of the pages that will be made of them.
    """
    events, objects = index.follows(record)
    wanted = {f"events/{name}.md" for name in events} | {f"objects/{name}.md" for name in objects}
    if wanted:
        pages = permalink_pages(index.marked(record))
        write_texts(docs, {name: text for name, text in pages.items() if name in wanted})
    return frozenset(f"{name.removesuffix('.md')}.html" for name in wanted)


def stage_live(docs: Path, archive: Archive, index: Index, latest: CycleRecord, written: Iterable[Month]) -> None:
    """Write the sources of what a new cycle changes beside its own pages.

    Args:
        docs: Where to.
        archive: The archive.
        index: Its index.
        latest: The newest cycle.
        written: Months whose page, script and year are written.
    """
    months = sorted({*written, month_of(latest.cycle_id)})
    written_years = sorted({year for year, _ in months})
    summaries = [summary for year in written_years for summary in index.year(year)]
    gaps = [*index.unlisted()]

    def made(of: str, make: Callable[[], T], otherwise: T) -> T:
        """What lists of the archive show; a part that fails is told on the front page."""
        try:
            return make()
        except Exception as error:  # noqa: BLE001  # whatever it is, the other lists are made
            gaps.append((of, lost(f"archive, {of}", error).rule))
            return otherwise

    stories = {
        year: story
        for year in written_years
        if (story := made(str(year), partial(_story, index, year, latest), None)) is not None
    }
    no_events: list[MonthEvent] = []
    untold: list[Told] = []
    none_severe: list[SevereMention] = []
    events = {
        month: made("{:04d}-{:02d}".format(*month), partial(_month_events, index, month, latest), no_events)
        for month in months
    }
    told = made("changes of level", partial(_told, index, latest), untold)
    severe = made("levels of pairs", partial(_severe, index, latest), none_severe)
    latest = replace(index.marked(latest), losses=(*latest.losses, *(_gap(*gap) for gap in gaps)))
    files = live_pages(
        latest,
        summaries,
        archive.years(),
        written=months,
        months=index.months(),
        events=events,
        told=told,
        stories=stories,
        notes={month: index.month_notes(*month) for month in months},
        severe=severe,
    )
    for year, story in stories.items():
        _stage_pictures(docs / "archive" / f"{year:04d}" / "plots", year_plots(story, year))
    files |= _feeds(latest, index)
    summary = partial(around, "latest.json", latest, lambda record: latest_json(summarise(record)))
    files["latest.json"] = must_be_made("latest.json", summary)
    files[f"schema/cycle-{records.SCHEMA}.json"] = _schema()
    if (link := archive.head()) is not None:
        files[ARCHIVE_HEAD] = json.dumps({"schema": 1, **link}, sort_keys=True, indent=1) + "\n"
    public_key = archive.manifest(latest.cycle_id)["signed_by"]
    if public_key is not None:
        files["signing-key.txt"] = f"{public_key}\n"
    write_texts(docs, files)


@cache
def _schema() -> str:
    """Made once: pydantic takes a tenth of a second for it, and a program publishes many editions."""
    return json.dumps(records.json_schema(), indent=1) + "\n"


def _story(index: Index, year: int, latest: CycleRecord) -> YearView | None:
    return year_view(index.story(year, latest.window.start), latest)


def _month_events(index: Index, month: Month, latest: CycleRecord) -> list[MonthEvent]:
    return list(still_meaningful(index.month_events(*month), latest))


def _severe(index: Index, latest: CycleRecord) -> list[SevereMention]:
    return list(still_meaningful(index.severe_mentions(), latest))


def _told(index: Index, latest: CycleRecord) -> list[Told]:
    return list(still_meaningful_notices(index.notices(most=feeds.MOST_ENTRIES), latest))


def _gap(of: str, rule: str) -> LossRecord:
    """That lists of the archive lack something: a cycle, or what is told of a month or a year."""
    return LossRecord(stage="archived", object_ids=(of,), tca=None, miss_km=None, rule=rule, value=None, ours=False)


def _stage_pictures(folder: Path, plots: Sequence[Plot]) -> None:
    """Write a few plots, as pictures and data."""
    for plot, svg in draw_all(plots, jobs=1, progress=lambda _: None):
        write_texts(folder, {f"{plot.name}.csv": data_csv(plot), f"{plot.name}.svg": svg.decode("utf-8")})


def _feeds(latest: CycleRecord, index: Index) -> dict[str, str]:
    """Feeds and calendar as of the newest cycle: path under the site's root to text."""
    most = feeds.MOST_ENTRIES
    pages, links = Pages(latest), Links(root="", cycle="")

    def put(path: str, title: str, object_id: str | None = None) -> None:
        found = index.notices(most=most, red=path == feeds.RED, object_id=object_id)
        make = partial(feeds.feed, latest, path=path, title=title, object_id=object_id)
        pages.put(path, links, lambda: make(still_meaningful_notices(found, latest)))

    put(feeds.ALL, "changes of level")
    put(feeds.RED, "red only")
    for item in latest.objects:
        put(feeds.object_feed(item.id), item.name, item.id)
    pages.put(calendars.SITE, links, partial(calendars.site_calendar, latest))
    return pages.texts


def head_of(text: bytes, file: str) -> str:
    """The hash that a site's :data:`ARCHIVE_HEAD` gives.

    Raises:
        PublicationError: if it gives none.
    """
    try:
        return str(json.loads(text)["manifest_sha256"])
    except (ValueError, TypeError, KeyError):
        raise PublicationError("a site must name the archive's entry that it was made from", file=file) from None


def latest_json(summary: CycleSummary) -> str:
    """The newest cycle for machines: where it is and what it found."""
    return (
        json.dumps(
            {
                "schema": 1,
                "cycle_id": summary.cycle_id,
                "path": f"{cycle_folder(summary.cycle_id)}/",
                "cutoff_utc": summary.cutoff.iso(),
                "red": summary.red,
                "yellow": summary.yellow,
                "green": summary.green,
                "refused_inputs": summary.refused,
                "verdict": summary.verdict,
            },
            indent=1,
        )
        + "\n"
    )


def month_of(cycle_id: str) -> Month:
    """Year and month of a cycle."""
    return CycleId(cycle_id).year, CycleId(cycle_id).month


def write_texts(folder: Path, texts: Mapping[str, str]) -> None:
    """Write text files below a folder."""
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
