"""A publisher's workspace: its folders, and how it becomes an mkdocs project."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from nearpass.archive.archive import Archive
from nearpass.archive.durable import PRIVATE_FOLDER, make_folder
from nearpass.config import Config
from nearpass.errors import PublicationError
from nearpass.publish.released import ReleasedArchive
from nearpass.record.marking import Edition, Protected
from nearpass.resources import resource

HOOKS: Final = '''"""Where mkdocs finds nearpass's theme and pages."""

from nearpass.report.site_hooks import on_config, on_files

__all__ = ["on_config", "on_files"]
'''
PROTECTION: Final = "protection.json"
"""What was proven of the protection that editions promise, by cycle; private."""
GENERATED: Final = frozenset(
    {
        "cycles",
        "archive",
        "objects",
        "events",
        "exchanges",
        "live",
        "register",
        "schema",
        "feeds",
        "calendar.ics",
        "archive-head.json",
        "index.md",
        "latest.json",
        "signing-key.txt",
    }
)
"""What nearpass writes into the folder of sources; the rest of it is the publisher's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """The folders of a publisher's workspace; with an ``edition`` those of its own site.

    Where it is not ``alone``, each edition has its own folders for what is served, generated and looked up. ``served``
    is where an edition is put instead of below ``public/``, so that it need not be served together with others.
    ``settings`` is the configuration by which a site is released.
    """

    directory: Path
    edition: Edition | None = None
    alone: bool = True
    served: str | None = None
    settings: Config | None = None

    @property
    def config(self) -> Path:
        """Path of nearpass.toml."""
        return self.directory / "nearpass.toml"

    @property
    def archive(self) -> Path:
        """The private archive."""
        return self.directory / "archive"

    @property
    def index(self) -> Path:
        """What is looked up in the archive, rebuildable from it at any time."""
        return self.directory / self._named("index", ".sqlite")

    @property
    def docs(self) -> Path:
        """Sources of all pages, hand-written and generated; an edition's are its generated ones alone."""
        return self.hand_written if self._shared else self.directory / "editions" / self._name

    @property
    def hand_written(self) -> Path:
        """What the publisher wrote for the site."""
        return self.directory / "site"

    @property
    def public(self) -> Path:
        """Folder of the site that is served."""
        if self.served is not None:
            return self.directory / self.served
        return self.directory / "public" if self._shared else self.directory / "public" / self._name

    @property
    def published(self) -> Path:
        """The files below ``public`` that the last publication changed, one a line, in their order."""
        return self.directory / self._named("published", ".txt")

    @property
    def rebuilding(self) -> Path:
        """What a rebuild that was cut off has in place already; not there otherwise."""
        return self.directory / self._named("rebuilding", ".json")

    @property
    def status(self) -> Path:
        """How the last run went, for monitoring."""
        return self.directory / "status.json"

    @property
    def staging(self) -> Path:
        """Work in progress, on the same file system as what it becomes."""
        return self.directory / ".nearpass" if self._shared else self.directory / ".nearpass" / self._name

    @property
    def archived(self) -> Archive:
        """The archive as this site may show it."""
        return Archive(self.archive) if self.edition is None else ReleasedArchive(self.archive, self.edition)

    @property
    def _shared(self) -> bool:
        return self.edition is None or self.alone

    @property
    def _name(self) -> str:
        return self.edition.id if self.edition else ""

    def _named(self, stem: str, suffix: str) -> str:
        return f"{stem}{suffix}" if self._shared else f"{stem}-{self._name}{suffix}"


def editions_of(workspace: Workspace, config: Config) -> list[Workspace]:
    """The sites of a workspace: one for each edition, or the one of everything where none is configured."""
    if not config.editions:
        return [replace(workspace, settings=config)]
    key = _edition_key(workspace)
    alone, known = len(config.editions) == 1, config.known_parties
    return [
        with_protection(
            Workspace(
                directory=workspace.directory,
                edition=table.edition(key, known),
                alone=alone,
                served=table.folder,
                settings=config,
            )
        )
        for table in config.editions
    ]


def check_places(workspace: Workspace, sites: Sequence[Workspace]) -> None:
    """Where sites go is there and can be replaced in one step; found out before anything is written.

    What is not for readers, work in progress and the sources of editions, is made its owner's alone; an edition's own
    folder is kept from other users of the machine, as long as its owner does not say otherwise.

    Raises:
        PublicationError: for a folder that is missing behind a link, or lies on another file system.
    """
    for site in sites:
        for place in (site.public, *site.public.parents):
            if place.is_symlink() and not place.exists():
                rule = "the folder of a site must be there; it is a link to what is missing, or not mounted"
                raise PublicationError(rule, value=str(place.readlink()), file=str(place))
            if place == workspace.directory:
                break
        there = next(place for place in (site.public, *site.public.parents) if place.exists())
        if device_of(there) != device_of(workspace.directory):
            advice = "files are put in place by one step; publish.copy_to brings a site to another disk"
            rule = f"the folder of a site must lie on the file system of the workspace: {advice}"
            raise PublicationError(rule, file=str(site.public))
    for folder in (workspace.directory / ".nearpass", workspace.directory / "editions"):
        if folder.is_dir():
            folder.chmod(PRIVATE_FOLDER)
        else:
            make_folder(folder, private=True)
    for site in sites:
        if site.served is not None and not site.public.exists():
            make_folder(site.public.parent)
            site.public.mkdir(mode=0o750)


def device_of(place: Path) -> int:
    """The file system that a place lies on."""
    return place.stat().st_dev


def with_protection(site: Workspace) -> Workspace:
    """The site with what was proven of its edition's protection before each cycle was published."""
    path = site.directory / PROTECTION
    if site.edition is None or site.edition.everything or not path.exists():
        return site
    cycles = json.loads(path.read_bytes())["cycles"]
    found = {cycle_id: tuple(Protected(**one) for one in several) for cycle_id, several in cycles.items()}
    return replace(site, edition=replace(site.edition, protected=found))


def _edition_key(workspace: Workspace) -> bytes:
    """The secret by which neutral names are drawn; made once, and to be kept: with another one the names change."""
    path = workspace.directory / "editions.key"
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(f"{secrets.token_hex(32)}\n")
    return path.read_bytes().strip()


def prepare(workspace: Workspace, site_name: str, editions: Sequence[str] = ()) -> None:
    """Make the workspace an mkdocs project, if it is none yet; files that are there stay as they are.

    Of several ``editions``, by their ids, each gets settings of its own, and the first is what plain mkdocs builds.
    """
    for folder in (workspace.hand_written, workspace.directory / "theme"):
        folder.mkdir(parents=True, exist_ok=True)
    hooks = workspace.directory / "mkdocs_hooks.py"
    if not hooks.exists() or hooks.read_text(encoding="utf-8") == HOOKS.replace("nearpass.", "generator."):
        _write_whole(hooks, HOOKS)  # also the one by which version 0.1.0 named the package by its folder
    settings = workspace.directory / "mkdocs.yml"
    if not settings.exists():
        text = resource("mkdocs.yml").read_text(encoding="utf-8")
        body = text[text.index("docs_dir:") :]
        body = body.replace("custom_dir: templates/theme", "custom_dir: theme  # your overrides of nearpass's theme")
        body = body.replace("generator/report/site_hooks.py", hooks.name).replace("- how-to-read.md", "- index.md")
        if len(editions) > 1:
            body = body.replace("docs_dir: site\n", f"docs_dir: editions/{editions[0]}  # the others have their own\n")
        _write_whole(settings, f"site_name: {json.dumps(site_name)}\n{body}")
    for name in editions if len(editions) > 1 else ():
        own = workspace.directory / f"mkdocs-{name}.yml"
        if not own.exists():
            _write_whole(own, f"INHERIT: mkdocs.yml\ndocs_dir: editions/{name}\nsite_dir: .site-{name}\n")


def _write_whole(path: Path, text: str) -> None:
    """A file that is whole as soon as it has its name: an interrupted run must not leave half of it."""
    unfinished = path.with_name(f".{path.name}.new")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)
