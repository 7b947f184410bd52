"""What of a cycle could not be computed although its deliveries were accepted: told on the pages, never left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nearpass.astro.fields import EpochText
from nearpass.record.releasing import Open

Stage = Literal[
    "object",
    "screening",
    "encounter",
    "together",
    "crossings",
    "season",
    "predictions",
    "solution",
    "catalogue",
    "changes",
    "unclaimed",
    "deliveries",
    "matching",
    "shown",
    "archived",
]
"""What was being made: an object's description, a pair's screening, one approach, the approaches of a pair together,
its crossings, its season, an object's predictions or another solution of it, a catalogue's part, the changes, which
approach of the cycle before one is; of a page what it could not show, and cycles that lists of the archive lack."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LossRecord:
    """One part that is missing: of which objects, and why.

    ``tca`` and ``miss_km`` are those of an approach that was found and could not be assessed. ``rule`` and ``value``
    are the error's; ``ours`` says that it is a fault of nearpass, whose reference the rule then names.
    """

    stage: Open[Stage]
    object_ids: Open[tuple[str, ...]]
    tca: Open[EpochText | None]
    miss_km: Open[float | None]
    rule: Open[str]
    value: Open[str | None]
    ours: Open[bool]
