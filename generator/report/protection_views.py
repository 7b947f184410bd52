"""What an edition says of the protection that it promises and was proven to keep."""

from __future__ import annotations

from nearpass.record.record import CycleRecord
from nearpass.report import wording

_END = "A reader with tracking of their own may know more."


def lines(record: CycleRecord) -> tuple[str, ...]:
    """One sentence an object, for several without a name each once, and what it does not say."""
    if record.edition is None or not record.edition.protection:
        return ()
    names = {item.id: item.name for item in record.objects}
    said = []
    for one in record.edition.protection:
        who = "an anonymous object" if one.object_id is None else names.get(one.object_id, one.object_id)
        others = "that of the cycle before" if one.cycles == 2 else f"those of the {one.cycles - 1} cycles before"
        before = "" if one.cycles == 1 else f", and {others}"
        said.append(
            f"At least {one.among} orbits of {who}, {wording.plain(one.promised_km)} km apart, would have given this "
            f"same edition{before}."
        )
    return (*dict.fromkeys(said), _END)
