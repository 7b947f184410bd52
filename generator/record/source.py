"""The delivery that a trajectory came from, as later stages need it."""

from __future__ import annotations

from dataclasses import dataclass

from nearpass.encounter.uncertainty import DeclaredModel


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The delivery that a trajectory was made of: its name, when it was made, and the declared errors, if any."""

    file: str
    created_s: float
    declared: DeclaredModel | None
