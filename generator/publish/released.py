"""The archive as one edition may show it: every record that comes out of it is reduced."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from nearpass.archive.archive import Archive
from nearpass.archive.durable import sha256_of
from nearpass.record.cycle_id import CycleId
from nearpass.record.marking import Edition
from nearpass.record.record import CycleRecord
from nearpass.release.reduction import reduced


class ReleasedArchive(Archive):
    """Whoever renders an edition reads the archive through this, and gets nothing that it may not hold."""

    def __init__(self, directory: Path, edition: Edition) -> None:
        super().__init__(directory)
        self.edition = edition

    @property
    def view(self) -> str:
        """The edition and its rules: what was derived under other rules is derived again."""
        edition = self.edition
        rules = sorted((name, str(rule)) for name, rule in edition.rules.items())
        sets = [sorted(edition.levels), sorted(edition.parties), sorted(edition.originators or ["*"])]
        known = [sorted(edition.known.named.items()), sorted((k, sorted(v)) for k, v in edition.known.reach.items())]
        words = f"{known} {edition.id} {edition.audience} {edition.everything} {sets} {edition.withheld} "
        words += f"{edition.say_withheld} {edition.every_hours} {edition.grain} {rules} {edition.key!r}"
        return sha256_of(words.encode())[:16]

    def load(self, cycle_id: str) -> CycleRecord:
        """The record of a cycle, reduced."""
        return reduced(super().load(cycle_id), self.edition)

    def includes(self, cycle_id: str) -> bool:
        """Whether the edition has this cycle."""
        return self.edition.publishes(cycle_id)

    def cycle_ids(self, *, newest_first: bool = False) -> Iterator[str]:
        """Ids of the edition's cycles."""
        return filter(self.edition.publishes, super().cycle_ids(newest_first=newest_first))

    def years(self) -> list[int]:
        """Years in which the edition has a cycle; where it has all cycles, nothing is looked up for that."""
        if self.edition.every_hours is None:
            return super().years()
        return sorted({CycleId(cycle_id).year for cycle_id in self.cycle_ids()})
