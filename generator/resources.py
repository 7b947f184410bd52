"""Where the files that travel with the program lie: templates, hand-written pages, mkdocs.yml."""

from __future__ import annotations

from pathlib import Path


def resource(name: str) -> Path:
    """Path of ``templates``, ``site`` or ``mkdocs.yml``: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent
    installed = package / name
    return installed if installed.exists() else package.parent / name
