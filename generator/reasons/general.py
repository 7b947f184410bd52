"""What stands in the place of a reason: one that an edition withholds, and the text of a record that had no codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Prose:
    """A sentence as a record of schema 1 to 3 stored it; no newer record has one."""

    text: str
    rule: Literal["prose"] = "prose"


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """This edition may not give a reason, its figures or its probability, or gives the figures rounded."""

    rule: Literal["figures_withheld", "probability_withheld", "reason_withheld", "figures_rounded"]
