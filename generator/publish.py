"""From an archived record to the published site, at a cost that does not grow with the archive.

Only the new cycle's pages and the live pages are staged, built in-process by mkdocs and put in place: the cycle's
folder by one rename, then the pages and assets that it needs, then the front page, and ``latest.json`` last. Each
file is replaced whole. A reader never meets a link that leads nowhere; a crash leaves the last good site.
"""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mkdocs.commands.build import build as mkdocs_build
from mkdocs.config import load_config as load_mkdocs_config
from mkdocs.exceptions import MkDocsException

from generator.cycle import record as records
from generator.cycle.archive import Archive, cycle_folder
from generator.cycle.record import CycleRecord
from generator.errors import PublicationError
from generator.report.pages import cycle_pages, live_pages
from generator.report.plots import Plot, cycle_plots, data_csv, draw_all, event_plots, object_plots, pair_plots
from generator.report.views import CycleSummary, detailed_events, summarise
from generator.resources import resource

Progress = Callable[[str, int], Callable[[int], None]]
"""Called with a stage and its number of steps; gives a function that counts steps done."""
HOOKS: Final = '''"""Where mkdocs finds nearpass's theme and pages."""

from generator.report.site_hooks import on_config, on_files

__all__ = ["on_config", "on_files"]
'''
GENERATED: Final = frozenset({"cycles", "archive", "objects", "events", "live", "schema", "index.md", "latest.json"})
LAST: Final = ("index.html", "latest.json")
"""The files that make a new cycle the current one, in this order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """The folders of a publisher's workspace."""

    directory: Path

    @property
    def config(self) -> Path:
        """nearpass.toml."""
        return self.directory / "nearpass.toml"

    @property
    def archive(self) -> Path:
        """The private archive."""
        return self.directory / "archive"

    @property
    def docs(self) -> Path:
        """Sources of all pages, hand-written and generated."""
        return self.directory / "site"

    @property
    def public(self) -> Path:
        """What is served."""
        return self.directory / "public"

    @property
    def staging(self) -> Path:
        """Work in progress, on the same file system as what it becomes."""
        return self.directory / ".nearpass"


def publish(workspace: Workspace, record: CycleRecord, *, jobs: int, progress: Progress) -> Path:
    """Render, build and put in place one cycle and the live pages.

    Args:
        workspace: Where the site lies.
        record: The cycle, as it is stored in the archive.
        jobs: Processes that draw plots.
        progress: Shows what is going on.

    Returns:
        The front page.

    Raises:
        PublicationError: if mkdocs cannot build the pages; nothing in place was changed.
    """
    shutil.rmtree(workspace.staging, ignore_errors=True)  # left by an interrupted run
    docs, built = workspace.staging / "docs", workspace.staging / "public"
    folder = cycle_folder(record.cycle_id)
    _write_texts(docs / folder, cycle_pages(record))
    _write_plots(docs / folder / "plots", record, jobs, progress)
    _write_texts(docs, _live(workspace, record))
    _copy_hand_written(workspace.docs, docs)
    _build(workspace, docs, built, progress)
    _put_in_place(docs, workspace.docs, folder)
    _put_in_place(built, workspace.public, folder)
    shutil.rmtree(workspace.staging, ignore_errors=True)
    return workspace.public / "index.html"


def prepare(workspace: Workspace, site_name: str) -> None:
    """Make the workspace an mkdocs project, if it is none yet; files that are there stay as they are."""
    for folder in (workspace.docs, workspace.directory / "theme"):
        folder.mkdir(parents=True, exist_ok=True)
    hooks = workspace.directory / "mkdocs_hooks.py"
    if not hooks.exists():
        hooks.write_text(HOOKS, encoding="utf-8")
    settings = workspace.directory / "mkdocs.yml"
    if not settings.exists():
        text = resource("mkdocs.yml").read_text(encoding="utf-8")
        body = text[text.index("docs_dir:") :]
        body = body.replace("custom_dir: templates/theme", "custom_dir: theme  # your overrides of nearpass's theme")
        body = body.replace("generator/report/site_hooks.py", hooks.name).replace("- how-to-read.md", "- index.md")
        settings.write_text(f"site_name: {json.dumps(site_name)}\n{body}", encoding="utf-8")


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


def _live(workspace: Workspace, record: CycleRecord) -> dict[str, str]:
    """The live pages: those of the newest cycle, which is not this one when a past cycle is made up for."""
    archive = Archive(workspace.archive)
    latest_id = archive.latest_id() or record.cycle_id
    latest = record if latest_id == record.cycle_id else archive.load(latest_id)
    touched = {latest.cycle_id[:4], record.cycle_id[:4]}
    summaries = [summarise(archive.load(found)) for found in archive.cycle_ids() if found[:4] in touched]
    return {
        **live_pages(latest, summaries, archive.years()),
        "latest.json": latest_json(summarise(latest)),
        "schema/cycle-1.json": json.dumps(records.json_schema(), indent=1) + "\n",
    }


def _write_texts(folder: Path, texts: Mapping[str, str]) -> None:
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")


def all_plots(record: CycleRecord) -> list[Plot]:
    """Every plot of a cycle: its own, and those of the pages that it has."""
    detailed = detailed_events(record)
    return [
        *cycle_plots(record),
        *(plot for event in detailed for plot in event_plots(record, event)),
        *(plot for pair in record.pairs if pair.profile for plot in pair_plots(record, pair)),
        *(plot for item in record.objects for plot in object_plots(record, item)),
    ]


def _write_plots(folder: Path, record: CycleRecord, jobs: int, progress: Progress) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    plots = all_plots(record)
    for plot in plots:
        (folder / f"{plot.name}.csv").write_text(data_csv(plot), encoding="utf-8", newline="")
    advance = progress("drawing plots", len(plots))
    for plot, svg in draw_all(plots, jobs=jobs, progress=advance):
        (folder / f"{plot.name}.svg").write_bytes(svg)


def _copy_hand_written(source: Path, target: Path) -> None:
    """Whatever the publisher keeps in the site's folder beside the generated pages."""
    for path in sorted(source.iterdir()) if source.is_dir() else ():
        if path.name not in GENERATED:
            copy = shutil.copytree if path.is_dir() else shutil.copy2
            copy(path, target / path.name)


def _build(workspace: Workspace, docs: Path, built: Path, progress: Progress) -> None:
    """Run mkdocs in this process; its warnings are errors."""
    advance = progress("building pages", sum(1 for _ in docs.rglob("*.md")))
    logging.getLogger("mkdocs").setLevel(logging.WARNING)
    try:
        settings = load_mkdocs_config(
            str(workspace.directory / "mkdocs.yml"), docs_dir=str(docs), site_dir=str(built), strict=True
        )
        mkdocs_build(settings)
    except MkDocsException as error:
        raise PublicationError(f"mkdocs must build the pages: {error}") from None
    advance(sum(1 for _ in docs.rglob("*.md")))


def _put_in_place(source: Path, target: Path, folder: str) -> None:
    """Move a staged tree over the one in place: the cycle's folder first, the front page and latest.json last."""
    target.mkdir(parents=True, exist_ok=True)
    _rename_folder(source / folder, target / folder)
    files = [path for path in sorted(source.rglob("*")) if path.is_file()]
    names = {path: path.relative_to(source).as_posix() for path in files}
    for path in sorted(files, key=lambda path: (_rank(names[path]), names[path])):
        place = target / names[path]
        place.parent.mkdir(parents=True, exist_ok=True)
        path.replace(place)


def _rank(name: str) -> int:
    """Assets before the pages that use them; what makes the new cycle the current one at the end."""
    if name in LAST:
        return 2 + LAST.index(name)
    return 0 if name.startswith("assets/") else 1


def _rename_folder(staged: Path, place: Path) -> None:
    """Put a whole folder in place; one that was there (the same cycle rendered before) steps aside first."""
    place.parent.mkdir(parents=True, exist_ok=True)
    aside = staged.with_name(f"{staged.name}.old")
    if place.exists():
        place.rename(aside)
    staged.rename(place)
    shutil.rmtree(aside, ignore_errors=True)
