"""The delivery that a trajectory came from, as later stages need it."""

from __future__ import annotations

from dataclasses import dataclass

from nearpass.encounter.uncertainty import DeclaredModel


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The delivery that a trajectory was made of: its name, when it was made, and the declared errors, if any.

    ``superseded`` is the declared model where a learned one stands in ``declared`` instead.
    ``created_s`` counts from the data cut-off; None where nobody knows, so that no error grows with the age.
    """

    file: str
    created_s: float | None
    declared: DeclaredModel | None
    superseded: DeclaredModel | None = None

    @property
    def growth_unknown(self) -> bool:
        """Whether declared errors grow with an age that nobody knows."""
        return self.created_s is None and self.declared is not None and self.declared.timing_growth_s_per_day > 0.0
