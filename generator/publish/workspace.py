"""A publisher's workspace: its folders, and how it becomes an mkdocs project."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from generator.resources import resource

HOOKS: Final = '''"""Where mkdocs finds nearpass's theme and pages."""

from generator.report.site_hooks import on_config, on_files

__all__ = ["on_config", "on_files"]
'''
GENERATED: Final = frozenset(
    {"cycles", "archive", "objects", "events", "live", "schema", "index.md", "latest.json", "signing-key.txt"}
)
"""What nearpass writes into the folder of sources; the rest of it is the publisher's."""


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
    def index(self) -> Path:
        """What is looked up in the archive, rebuildable from it at any time."""
        return self.directory / "index.sqlite"

    @property
    def docs(self) -> Path:
        """Sources of all pages, hand-written and generated."""
        return self.directory / "site"

    @property
    def public(self) -> Path:
        """What is served."""
        return self.directory / "public"

    @property
    def published(self) -> Path:
        """The files below ``public`` that the last publication changed, one a line, in their order."""
        return self.directory / "published.txt"

    @property
    def status(self) -> Path:
        """How the last run went, for monitoring."""
        return self.directory / "status.json"

    @property
    def staging(self) -> Path:
        """Work in progress, on the same file system as what it becomes."""
        return self.directory / ".nearpass"


def prepare(workspace: Workspace, site_name: str) -> None:
    """Make the workspace an mkdocs project, if it is none yet; files that are there stay as they are."""
    for folder in (workspace.docs, workspace.directory / "theme"):
        folder.mkdir(parents=True, exist_ok=True)
    hooks = workspace.directory / "mkdocs_hooks.py"
    if not hooks.exists():
        _write_whole(hooks, HOOKS)
    settings = workspace.directory / "mkdocs.yml"
    if not settings.exists():
        text = resource("mkdocs.yml").read_text(encoding="utf-8")
        body = text[text.index("docs_dir:") :]
        body = body.replace("custom_dir: templates/theme", "custom_dir: theme  # your overrides of nearpass's theme")
        body = body.replace("generator/report/site_hooks.py", hooks.name).replace("- how-to-read.md", "- index.md")
        _write_whole(settings, f"site_name: {json.dumps(site_name)}\n{body}")


def _write_whole(path: Path, text: str) -> None:
    """A file that is whole as soon as it has its name: an interrupted run must not leave half of it."""
    unfinished = path.with_name(f".{path.name}.new")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)
