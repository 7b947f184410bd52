"""Published figures that the program is held against, carried with their sources."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any


def published(name: str) -> dict[str, Any]:
    """The figures in ``data/<name>.json``, with their sources and units named in it."""
    text = (files("nearpass.validation") / "data" / f"{name}.json").read_text(encoding="utf-8")
    return dict(json.loads(text))
