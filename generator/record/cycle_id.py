"""The id of a cycle, which is its data cut-off to the minute: ``2021-03-17T0000Z``."""

from __future__ import annotations

import re
from typing import Final

from nearpass.astro.epochs import Epoch
from nearpass.errors import ArchiveError

_FORM: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})T(\d{2})(\d{2})Z")


class CycleId(str):
    """A cycle's id as text, with the parts that it is made of; ids sort as their cut-offs do.

    Raises:
        ArchiveError: if the text is not of this form.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> CycleId:
        """Check the form."""
        if _FORM.fullmatch(text) is None:
            raise ArchiveError("a cycle id must read YYYY-MM-DDThhmmZ", value=text)
        return super().__new__(cls, text)

    @classmethod
    def of(cls, cutoff: Epoch) -> CycleId:
        """The id of the cycle with this data cut-off, which has whole minutes."""
        text = cutoff.iso(digits=0)
        return cls(f"{text[:13]}{text[14:16]}Z")

    @property
    def cutoff(self) -> Epoch:
        """The data cut-off."""
        return Epoch.parse(f"{self[:13]}:{self[13:15]}:00")

    @property
    def year(self) -> int:
        """Year of the cut-off, UTC."""
        return int(self[:4])

    @property
    def month(self) -> int:
        """Month of the cut-off, from 1."""
        return int(self[5:7])

    @property
    def day(self) -> int:
        """Day of the month of the cut-off."""
        return int(self[8:10])

    @property
    def month_text(self) -> str:
        """Year and month: ``2021-03``."""
        return self[:7]

    @property
    def time_text(self) -> str:
        """Time of day of the cut-off: ``00:00``."""
        return f"{self[11:13]}:{self[13:15]}"

    @property
    def minute_of_day(self) -> int:
        """Minutes from midnight UTC to the cut-off."""
        return int(self[11:13]) * 60 + int(self[13:15])

    @property
    def folder(self) -> str:
        """Where the cycle lies below an archive or a site: ``cycles/2021/03/17/T0000Z``."""
        return f"cycles/{self[:4]}/{self[5:7]}/{self[8:10]}/{self[10:]}"
