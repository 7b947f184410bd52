"""Small cycles for tests of the archive and of publication: one pair, one event a month, pictures without content."""

import posixpath
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import cache
from html import unescape
from pathlib import Path
from unittest.mock import patch

from nearpass.archive.archive import Archive, Signer
from nearpass.archive.register import Registrar
from nearpass.astro.epochs import DAY_S, Epoch
from nearpass.publish import Workspace, prepare, publish
from nearpass.record.record import CycleRecord, InputRecord, Span
from nearpass.report.plots import Plot
from records import sample_record

_LINK = re.compile(r'(?:href|src)="([^"#?:]+)[#?"]')
REGISTRAR = Registrar(at_utc="2021-04-30T12:00:00Z")
"""Who writes the register of stubs."""
FEW = 4
"""Points kept of each path."""


def stub(cycle_id: str, *, previous: str | None = None, inputs: Sequence[InputRecord] = ()) -> CycleRecord:
    """A cycle of two objects and one event, which all cycles of a month share; about 12 kB."""
    cutoff = cutoff_of(cycle_id)
    small = _small()
    tca = Epoch.parse(f"{cycle_id[:7]}-28T12:00:00")
    event = replace(
        small.events[0],
        event_id=f"{small.pairs[0].primary}-{small.pairs[0].secondary}-{cycle_id[:4]}{cycle_id[5:7]}28T1200",
        tca=tca,
        deadline=None,
    )
    return replace(
        small,
        cycle_id=cycle_id,
        previous_cycle_id=previous,
        supersedes=None,
        window=Span(start=cutoff, stop=cutoff + 28.0 * DAY_S),
        next_expected=cutoff + DAY_S,
        inputs=tuple(inputs),
        events=(event,),
        pairs=(replace(small.pairs[0], event_ids=(event.event_id,)),),
    )


def cutoff_of(cycle_id: str) -> Epoch:
    """The minute in a cycle's id."""
    return Epoch.parse(f"{cycle_id[:13]}:{cycle_id[13:15]}:00")


@cache
def _small() -> CycleRecord:
    sample = sample_record()
    listed = {(event.primary, event.secondary): event for event in reversed(sample.events)}
    pair = next(pair for pair in sample.pairs if pair.unscreened is None and (pair.primary, pair.secondary) in listed)
    event = listed[pair.primary, pair.secondary]
    members = {pair.primary, pair.secondary}
    return replace(
        sample,
        detail_events=0,
        changes=(),
        crossings=(),
        solutions=(),
        sweep=None,
        objects=tuple(
            replace(item, orbit=replace(item.orbit, track_km=item.orbit.track_km[:FEW]) if item.orbit else None)
            for item in sample.objects
            if item.id in members
        ),
        pairs=(replace(pair, profile=None),),
        events=(
            replace(
                event,
                history=(),
                track=replace(
                    event.track,
                    offsets_s=event.track.offsets_s[:FEW],
                    relative_rtn_km=event.track.relative_rtn_km[:FEW],
                    distance_km=event.track.distance_km[:FEW],
                ),
                orbits=replace(
                    event.orbits,
                    primary_km=event.orbits.primary_km[:FEW],
                    secondary_km=event.orbits.secondary_km[:FEW],
                ),
            ),
        ),
    )


def silent(_: str, __: int) -> Callable[[int], None]:
    """Progress that nobody sees."""
    return lambda _: None


@contextmanager
def quick() -> Iterator[None]:
    """Plots keep their place and their data without content, and nothing waits for the disk: what takes most time."""

    def blank(plots: Sequence[Plot], *, jobs: int, progress: Callable[[int], object]) -> Iterator[tuple[Plot, bytes]]:
        del jobs
        for plot in plots:
            progress(1)
            yield plot, b'<svg xmlns="http://www.w3.org/2000/svg"/>'

    with patch("nearpass.publish.stage.draw_all", blank), patch("os.fsync", lambda _: None):
        yield


@contextmanager
def bare() -> Iterator[None]:
    """Pages of a line each, built by nothing: what is left of a publication is how it gets into place."""

    def pages(record: CycleRecord) -> dict[str, str]:
        return {"index.md": f"{record.cycle_id}\n", "events.csv": f"{record.cycle_id},1\n"}

    def live(record: CycleRecord, *_: object, **__: object) -> dict[str, str]:
        names = ("index.md", "objects/index.md", "archive/index.md", "live/latest.js")
        return dict.fromkeys(names, f"as of {record.cycle_id}\n")

    def build(_: Workspace, docs: Path, built: Path, *__: object) -> None:
        for path in sorted(docs.rglob("*")):
            if path.is_file():
                place = (built / path.relative_to(docs)).with_suffix(".html" if path.suffix == ".md" else path.suffix)
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(path.read_bytes())

    with ExitStack() as patches:
        for name, instead in (
            ("stage.cycle_pages", pages), ("stage.live_pages", live), ("stage.permalink_pages", lambda _: {}),
            ("stage._story", lambda *_: None), ("site.all_plots", lambda _: []), ("site.build_pages", build),
            ("site.check_leaks", lambda *_, **__: None), ("stage._feeds", lambda *_: {}),
            ("site.stage_register", lambda *_: None),
        ):  # fmt: skip
            patches.enter_context(patch(f"nearpass.publish.{name}", instead))
        yield


def new_workspace(directory: Path) -> Workspace:
    """An empty workspace."""
    workspace = Workspace(directory=directory)
    prepare(workspace, "Stub cycles")
    return workspace


def add(
    workspace: Workspace,
    cycle_id: str,
    *,
    inputs: dict[str, bytes] | None = None,
    supersedes: str | None = None,
    signer: Signer | None = None,
) -> CycleRecord:
    """Archive and publish a stub after what is there before it in time."""
    archive = Archive(workspace.archive)
    record = stub(cycle_id, previous=archive.previous_id(cycle_id))
    with quick():
        archive.add(record, inputs or {}, supersedes=supersedes, signer=signer)
        publish(workspace, record, jobs=1, progress=silent, registrar=replace(REGISTRAR, signer=signer))
    return record


def plain(page: str) -> str:
    """The words of a page as a reader sees them: no tags, and one kind of blank."""
    return unescape(re.sub("<[^>]*>", "", page)).replace("\u00a0", " ")


def tree(*folders: Path) -> dict[str, bytes]:
    """Every file below some folders, by its path from their parent."""
    return {
        path.relative_to(folder.parent).as_posix(): path.read_bytes()
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file()
    }


def broken_links(public: Path) -> list[str]:
    """Links and sources of all pages that lead to no file, as "page -> target"."""
    files = {path.relative_to(public).as_posix() for path in public.rglob("*") if path.is_file()}
    return [
        f"{page} -> {target}"
        for page in sorted(files)
        if page.endswith(".html") and page != "404.html"  # whose links start at the root of a server
        for target in set(_LINK.findall((public / page).read_text(encoding="utf-8")))
        if posixpath.normpath(posixpath.join(posixpath.dirname(page), target)) not in files
    ]
