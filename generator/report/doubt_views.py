"""Deliveries that their predecessors make doubtful, and what hangs on them, in sentences."""

from __future__ import annotations

from nearpass.record.doubt_record import ShiftRecord
from nearpass.record.holding import doubtful
from nearpass.record.record import CycleRecord
from nearpass.report import wording


def sentence(object_id: str, shift: ShiftRecord) -> str:
    """Whose delivery is doubtful, and by how much."""
    return (
        f"Doubtful delivery of {object_id}: {abs(shift.late_s):.2f} s {'late' if shift.late_s >= 0.0 else 'early'} "
        f"against that of cycle {shift.cycle_id}, {shift.sigmas or 0.0:.1f} of the sigmas that both state."
    )


def sentences(record: CycleRecord) -> tuple[str, ...]:
    """What the front page says first: whose delivery is doubtful and by how much, and what is held for that."""
    found = [sentence(key, shift) for key, shift in sorted(doubtful(record).items())]
    holds = [event.held for event in record.events if event.held is not None]
    gone = sum(hold.gone for hold in holds)
    if gone:
        which = wording.count(gone, "approach is", "approaches are")
        found.append(f"{which} gone by a doubtful delivery, and listed until the next one confirms that.")
    if len(holds) > gone:
        which = wording.count(len(holds) - gone, "approach", "approaches")
        found.append(f"{which} would have a lower level by a doubtful delivery.")
    return tuple(found)
