"""One finding about a delivered ephemeris: a rule, a grade, and what was found."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any

from nearpass.reasons.findings import FindingReason, OldFinding
from nearpass.reasons.general import Prose


class Grade(StrEnum):
    """How far an input keeps a rule."""

    PASS = "pass"  # noqa: S105  # a grade, no password
    NOTE = "note"  # worth knowing; results are still to be trusted
    FAIL = "fail"  # results may be wrong or are missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one rule says of one input.

    ``rule`` is a short name that never changes, ``fact`` what was found.
    """

    rule: str
    grade: Grade
    fact: FindingReason


def finite(fact: FindingReason) -> FindingReason:
    """What was found, with None for each figure that is not finite: absurd files give such, and JSON holds none."""
    if isinstance(fact, OldFinding | Prose):
        return fact
    absent: dict[str, Any] = {
        entry.name: None
        for entry in fields(fact)
        if isinstance(value := getattr(fact, entry.name), float) and not math.isfinite(value)
    }
    return replace(fact, **absent)


def graded(value: float, pass_to: float, note_to: float) -> Grade:
    """The grade of a number of which less is better."""
    return Grade.PASS if value <= pass_to else Grade.NOTE if value <= note_to else Grade.FAIL
