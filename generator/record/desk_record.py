"""Who owes which delivery when, and what came of it: one row for each source of an ephemeris."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from nearpass.astro.epochs import Epoch
from nearpass.astro.fields import EpochText
from nearpass.record.marking import MarkingRecord
from nearpass.record.releasing import Open, Release

State = Literal["in time", "late", "overdue", "awaited", "no schedule"]
"""What became of the delivery that was due last: it came before that instant or after it, it has not come; nothing was
due yet and nothing is here; or nobody said when one is due."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueRecord:
    """What one source of an object owes, as of the cycle's data cut-off.

    ``every_h`` is how often a delivery is due, ``due`` when the last one was, ``next_due`` when the next one is; None
    where that is not said; of several that were missed ``due`` is the first. ``late_s`` is by how much it is overdue,
    or was late, at least. ``file`` and ``sha256`` are
    of the newest delivery that could be used, ``created`` when it was made; ``missed`` is the last cycle that did not
    have it yet, ``here`` the first that had it. ``refused`` is why a newer file could not be used, ``doubtful`` whether
    the one in use is.
    """

    object_id: Open[str]
    source: Open[str]
    originator: Open[str]
    role: Open[Literal["nominal", "alternative", "planned"]]
    marking: Open[MarkingRecord | None]
    every_h: Open[float | None]
    due: Open[EpochText | None]
    next_due: Open[EpochText | None]
    state: Open[State]
    late_s: Annotated[float | None, Release.LATENESS]
    file: Open[str | None]
    sha256: Open[str | None]
    created: Open[EpochText | None]
    missed: Annotated[str | None, Release.EARLIER_CYCLE]
    here: Annotated[str | None, Release.EARLIER_CYCLE]
    refused: Open[str | None]
    doubtful: Open[bool]

    def overdue_since(self, at: Epoch) -> Epoch | None:
        """When the first delivery was due of which this cycle has none, at an instant from its cut-off on.

        None where nothing is overdue then.
        """
        if self.state == "overdue":
            return self.due
        return self.next_due if self.next_due is not None and self.next_due <= at else None
