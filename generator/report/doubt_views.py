"""Deliveries that their predecessors make doubtful, and what hangs on them, in sentences."""

from __future__ import annotations

from typing import Final

from nearpass.record.doubt_record import ShiftRecord
from nearpass.record.holding import doubtful
from nearpass.record.notices import DeliveryNotice
from nearpass.record.record import CycleRecord
from nearpass.report import wording

CAUSES: Final = "As a rule either that delivery is wrong, or a manoeuvre was not declared."
CONFIRMED: Final = "As a rule either a manoeuvre was not declared, or the earlier delivery was wrong."


def sentence(object_id: str, shift: ShiftRecord) -> str:
    """Whose delivery is doubtful, by how much, and what to look for."""
    return f"Doubtful delivery of {object_id}: {_shifted(shift.late_s, shift.cycle_id, shift.sigmas or 0.0)}. {CAUSES}"


def notice_sentence(notice: DeliveryNotice) -> str:
    """What a feed says of a delivery that became doubtful, or that confirms a doubtful one."""
    how = _shifted(notice.late_s, notice.against_cycle_id, notice.sigmas)
    if notice.confirmed:
        return f"The newest delivery says the same as the doubtful one before it and confirms it: {how}. {CONFIRMED}"
    kept = "No approach has a lower level by it until the next one confirms it."
    return f"The newest delivery is doubtful: {how}. {CAUSES} {kept}"


def _shifted(late_s: float, cycle_id: str, sigmas: float) -> str:
    late = f"{abs(late_s):.2f} s {'late' if late_s >= 0.0 else 'early'}"
    return f"{late} against that of cycle {cycle_id}, {sigmas:.1f}\u00a0sigma by the errors that both state"


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
