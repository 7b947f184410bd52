"""Who may have what, by the release lists alone: a second reading, apart from that which editions are made by.

What is published is made by :mod:`nearpass.release`; what is searched for in it is decided here. The two share the
stored markings, the edition's table and the table of parties, and no line of code.
"""

from __future__ import annotations

from collections.abc import Iterable

from nearpass.record.marking import Edition, MarkingRecord, Show
from nearpass.record.record import CycleRecord, InputRecord, ObjectRecord

CATALOGUE = "catalogue"
IN_PART = (Show.METRICS, Show.ANONYMOUS)


class Readers:
    """The readers of one edition, and what of one cycle they may have."""

    def __init__(self, full: CycleRecord, edition: Edition) -> None:
        self.edition = edition
        self._used: dict[str, list[InputRecord]] = {}
        for entry in full.inputs:
            if entry.refusal is None:
                self._used.setdefault(entry.object_id, []).append(entry)
        self.shows = {item.id: self._show(item, full.cycle_id) for item in full.objects} | {CATALOGUE: Show.FULL}
        self.matrices = frozenset(item.id for item in full.objects if self._matrices(item)) | {CATALOGUE}

    def may(self, marking: MarkingRecord | None) -> bool:
        """Whether something of this marking is for all of them: by its list, which must name each, or by its level."""
        edition = self.edition
        if marking is None:
            return False
        if edition.parties and self.are_all_of(marking.release):
            return True
        own = edition.originators is None or edition.known.belongs(marking.originator, edition.originators)
        return own and marking.level in edition.levels

    def are_all_of(self, names: Iterable[str]) -> bool:
        """Whether each of them is, or belongs to, one of these parties."""
        wanted = list(names)
        return all(any(self.edition.known.belongs(one, [name]) for name in wanted) for one in self.edition.parties)

    def may_have_matrices(self, entry: InputRecord) -> bool:
        """Whether the covariances of a delivery are for them."""
        return entry.covariance_marking is None or self.may(entry.covariance_marking)

    def show(self, names: Iterable[str]) -> Show:
        """How much they may have of what follows from several objects; nothing of one that the cycle does not have."""
        order = list(Show)
        return order[max((order.index(self.shows.get(name, Show.HIDDEN)) for name in names), default=0)]

    def has_cycle(self, cycle_id: str) -> bool:
        """Whether the edition has a cycle: those whose cut-off is a multiple of its hours from midnight."""
        hours, time = self.edition.every_hours, cycle_id[11:15]
        return hours is None or (int(time[:2]) * 60 + int(time[2:])) % round(hours * 60.0) == 0

    def _show(self, item: ObjectRecord, cycle_id: str) -> Show:
        edition = self.edition
        markings = [item.marking, *(entry.marking for entry in self._used.get(item.id, ()))]
        show = Show.FULL if all(map(self.may, markings)) else edition.withheld
        show = edition.rules[item.id].show if item.id in edition.rules else show
        coarser = [
            one.rung
            for cycle, several in edition.protected.items()
            for one in several
            if cycle <= cycle_id and one.object_id == item.id
        ]
        return Show.HIDDEN if show in IN_PART and max(coarser, default=0) >= 3 else show

    def _matrices(self, item: ObjectRecord) -> bool:
        markings = [item.covariance_marking, *(entry.covariance_marking for entry in self._used.get(item.id, ()))]
        return self.shows[item.id] is Show.FULL and all(self.may(marking) for marking in markings if marking)
