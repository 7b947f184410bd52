"""A delivered file as one edition may have it: whole, cut to a part, or not at all, each with what is to be said of it.

A file tells of one object or of many, by one delivery or by several: the same file may be the source of two objects,
or an object's own one and another solution of it. It goes to a reader as far as every delivery that it is allows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from nearpass.ephemeris.meta_kernel import META_SUFFIXES, TEXT_SUFFIXES
from nearpass.ephemeris.spk_contents import MARKS, bodies_in
from nearpass.errors import InputError
from nearpass.messages.cutting import Cut, Named, cut
from nearpass.record.input_record import InputRecord
from nearpass.record.marking import Edition, Show
from nearpass.record.record import CycleRecord
from nearpass.release.reduction import show_of

CATALOGUE: Final = "catalogue"
"""The object of an input that is of no single one."""
_SPACECRAFT: Final = range(1000)
"""NAIF numbers of barycentres, the Sun, planets and moons; others are of spacecraft, stations and asteroids."""


class WithheldFileError(InputError):
    """A file that cannot be handed over; the rule says why, in words that tell of nothing withheld."""


class RawFiles:
    """The delivered files of one cycle as one edition may have them."""

    def __init__(self, full: CycleRecord, edition: Edition) -> None:
        """Take the full record: what is withheld decides what has to be cut."""
        self._edition = edition
        self._deliveries = [entry for entry in full.deliveries if entry.refusal is None]
        self._full = {item.id for item in full.objects if show_of(item, full, edition) is Show.FULL}
        hidden = [item for item in full.objects if item.id not in self._full]
        self._hidden_names = {word.casefold() for item in hidden for word in (item.id, item.name)}
        self._hidden_bodies = {item.naif_id for item in hidden}
        self._hidden_numbers: set[str | None] = {str(item.catalogue_number) for item in hidden if item.catalogue_number}
        self._hidden_numbers.update(
            entry.object_in_file for entry in self._deliveries if entry.object_id in {item.id for item in hidden}
        )

    def file(self, sha256: str, data: bytes) -> Cut:
        """A file of the archive as these readers may have it.

        Args:
            sha256: Its hash, by which the record names its deliveries.
            data: The file.

        Raises:
            WithheldFileError: if it cannot be handed over.
        """
        if self._edition.everything:
            return Cut(data=data, left_out=())
        deliveries = [entry for entry in self._deliveries if entry.sha256 == sha256]
        seen = [entry for entry in deliveries if self._sees(entry)]
        of = {entry.object_id for entry in seen}
        if not seen or any(entry.object_id in of and entry not in seen for entry in deliveries):
            raise WithheldFileError("the file is withheld in another use of it")
        try:
            return self._reduced(data, seen)
        except WithheldFileError:
            raise
        except InputError as error:
            raise WithheldFileError(f"it cannot be cut to what may be handed over: {error.rule}") from None

    def _sees(self, entry: InputRecord) -> bool:
        return (entry.object_id == CATALOGUE or entry.object_id in self._full) and self._edition.sees(entry.marking)

    def _reduced(self, data: bytes, seen: Sequence[InputRecord]) -> Cut:
        file = seen[0].file
        if data.startswith(MARKS):
            return self._kernel(data, seen)
        if file.lower().endswith(META_SUFFIXES):
            raise WithheldFileError("a list of kernels names files that are not handed over")
        if file.lower().endswith(TEXT_SUFFIXES):
            return Cut(data=data, left_out=())
        covariances = all(e.covariance_marking is None or self._edition.sees(e.covariance_marking) for e in seen)
        return cut(data, file, keep=self._kept(data, seen), covariances=covariances)

    def _kept(self, data: bytes, seen: Sequence[InputRecord]) -> Callable[[Named], bool]:
        """Which sets of elements stay: of a catalogue all but those withheld, else the objects that it is used for."""
        catalogue = any(entry.object_id == CATALOGUE for entry in seen)
        wanted = {entry.object_in_file for entry in seen}
        if None in wanted and not catalogue:
            wanted |= _only_number(data, seen[0].file)  # of a version that did not note it

        def keep(named: Named) -> bool:
            number, name = str(named.number), (named.name or "").casefold()
            if named.number is None or number in self._hidden_numbers or name in self._hidden_names:
                return False
            return catalogue or number in wanted

        return keep

    def _kernel(self, data: bytes, seen: Sequence[InputRecord]) -> Cut:
        """A binary kernel goes whole or not at all: its segments are not taken apart."""
        own = {entry.object_in_file for entry in seen}
        for body in bodies_in(data):
            if body in self._hidden_bodies or (body not in _SPACECRAFT and str(body) not in own):
                raise WithheldFileError("the kernel tells of other objects too")
        return Cut(data=data, left_out=())


def _only_number(data: bytes, file: str) -> set[str | None]:
    """The catalogue number of all sets of a file, if it is one; nothing where they are several."""
    found: set[str | None] = set()

    def note(named: Named) -> bool:
        found.add(str(named.number))
        return True

    cut(data, file, keep=note, covariances=True)
    return found if len(found) == 1 else set()
