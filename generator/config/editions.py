"""The tables of nearpass.toml that say who may see what: markings, contacts, editions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field, field_validator, model_validator

from nearpass.config.fields import RESERVED, Positive, Table
from nearpass.record.figures import MISS_CELLS_KM, TIME_CELLS_S
from nearpass.record.marking import TLP_WORDS, Edition, Grain, MarkingRecord, ObjectRule, Show, Tlp, level_of
from nearpass.record.parties import Parties, Party


def _tlp(words: str) -> str:
    if words.strip().upper() not in TLP_WORDS:
        raise ValueError(f"a level must be one of TLP 2.0: {', '.join(level.value for level in Tlp)}")
    return TLP_WORDS[words.strip().upper()].value


Level = Annotated[str, AfterValidator(_tlp)]


def _folder_inside(folder: str) -> str:
    part = r"[A-Za-z0-9][A-Za-z0-9._-]*"
    if not re.fullmatch(rf"{part}(/{part})*", folder):
        raise ValueError("an edition's folder must be a path below the workspace, of letters, digits, dots and hyphens")
    return folder


class MarkingTable(Table):
    """An agency's own words and the level that they mean."""

    words: str = Field(min_length=1)
    level: Level


PartyName = Annotated[str, Field(min_length=1, pattern=r"\S")]


class PartyTable(Table):
    """A party: other names of it, the parties that belong to it, and the key by which its notes are signed.

    ``public_key`` is an Ed25519 key in hexadecimal. A note whose originator has one counts only with its signature.
    ``exchange_required`` says that nothing is released to the party outside an open exchange.
    """

    id: PartyName
    aliases: tuple[PartyName, ...] = ()
    includes: tuple[PartyName, ...] = ()
    public_key: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    exchange_required: bool = False

    @property
    def party(self) -> Party:
        """The party as releases use it, without the checks of the configuration's table."""
        return Party(id=self.id, aliases=self.aliases, includes=self.includes)


class ExchangeTable(Table):
    """``[exchange]`` of nearpass.toml: whether parties get releases within an open exchange alone.

    ``ours`` are parties that need none, by default the publisher of ``[site]``.
    """

    required: bool = False
    ours: tuple[PartyName, ...] = ()


class AboutTable(Table):
    """What is said of a message: from whom it came, under which marking, for whom, and of which event it is."""

    originator: PartyName | None = None
    marking: str | None = Field(default=None, min_length=1)
    release: tuple[PartyName, ...] = ()
    event: str | None = Field(default=None, min_length=1)


class MessageTable(Table):
    """Partners' messages in ``messages/``: which files, from whom, under which marking and for whom."""

    path: str = Field(min_length=1)
    originator: PartyName
    marking: str | None = Field(default=None, min_length=1)
    release: tuple[PartyName, ...] = ()


class Contact(Table):
    """Who must be told of an object's approaches, and by what channel."""

    party: str = Field(min_length=1)
    channel: str = Field(min_length=1)


class EditionObject(Table):
    """How an edition shows one object whatever its marking says; who decided so."""

    id: str = Field(min_length=1)
    show: str
    decided_by: str | None = None
    decided_on: date | None = None
    reason: str | None = None
    protects_km: Positive | None = None
    among: Annotated[int, Field(ge=2, le=50)] | None = None

    @field_validator("show")
    @classmethod
    def _known(cls, show: str) -> str:
        if show not in {entry.value for entry in Show}:
            raise ValueError(f"show must be one of {', '.join(entry.value for entry in Show)}")
        return show

    @model_validator(mode="after")
    def _decided(self) -> EditionObject:
        if self.show != Show.HIDDEN.value and (self.decided_by is None or self.decided_on is None):
            raise ValueError("showing an object by decision needs decided_by and decided_on")
        return self


def _rung(value: float, ladder: Sequence[float], name: str, unit: str) -> float:
    if value not in ladder:
        rungs = ", ".join(f"{rung:g}" for rung in ladder)
        raise ValueError(f"{name} must be one of {rungs} {unit}: cells that do not divide one another intersect")
    return value


class GrainTable(Table):
    """The cells in which an edition tells what it may not tell exactly."""

    miss_km: float = Grain().miss_km
    tca_s: float = Grain().tca_s

    @field_validator("miss_km")
    @classmethod
    def _rung_of_distance(cls, miss_km: float) -> float:
        return _rung(miss_km, MISS_CELLS_KM, "miss_km", "km")

    @field_validator("tca_s")
    @classmethod
    def _rung_of_time(cls, tca_s: float) -> float:
        return _rung(tca_s, TIME_CELLS_S, "tca_s", "s")


class EditionTable(Table):
    """One edition of each cycle. ``withheld`` is how it shows an object that it may not see.

    ``folder`` is where it is put, instead of below ``public/``; ``copy_to`` are folders that receive it alone.
    """

    id: str
    folder: Annotated[str, AfterValidator(_folder_inside)] | None = None
    copy_to: tuple[str, ...] = ()
    audience: str | None = Field(default=None, min_length=1)
    everything: bool = False
    levels: tuple[Level, ...] = ()
    originators: tuple[str, ...] | None = None
    parties: tuple[str, ...] = ()
    withheld: str = Show.HIDDEN.value
    say_withheld: bool = True
    register_page: bool = Field(default=False, alias="register")
    every_hours: Annotated[float, Field(gt=0, le=24, allow_inf_nan=False)] | None = None
    grain: GrainTable = GrainTable()
    protects_km: Positive | None = None
    among: Annotated[int, Field(ge=2, le=50)] = 5
    at_least: Annotated[int, Field(ge=2, le=1000)] = 3
    objects: tuple[EditionObject, ...] = Field(default=(), alias="object")

    @field_validator("id")
    @classmethod
    def _folder(cls, identifier: str) -> str:
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,31}", identifier):
            raise ValueError("an edition's id must be 1 to 32 small letters, digits or hyphens: it names a folder")
        if identifier in RESERVED:
            raise ValueError("an edition's id must not be the name of a device, which Windows cannot hold as a folder")
        return identifier

    @field_validator("withheld")
    @classmethod
    def _coarse(cls, show: str) -> str:
        if show not in {Show.METRICS.value, Show.ANONYMOUS.value, Show.HIDDEN.value}:
            raise ValueError("withheld must be metrics, anonymous or hidden")
        return show

    @model_validator(mode="after")
    def _named_recipients(self) -> EditionTable:
        if Tlp.RED.value in self.levels:
            raise ValueError("TLP:RED is for named recipients: name them in the release list of the source")
        return self

    def edition(self, key: bytes, known: Parties) -> Edition:
        """The edition, with the key by which its neutral names are drawn and the table of parties."""
        return Edition(
            id=self.id,
            audience=self.audience,
            everything=self.everything,
            levels=frozenset(Tlp(level) for level in self.levels),
            originators=None if self.originators is None else frozenset(self.originators),
            parties=frozenset(self.parties),
            known=known,
            withheld=Show(self.withheld),
            say_withheld=self.say_withheld,
            register=self.register_page,
            every_hours=self.every_hours,
            grain=Grain(**self.grain.model_dump()),
            rules={
                entry.id: ObjectRule(
                    show=Show(entry.show),
                    decided_by=entry.decided_by,
                    decided_on=entry.decided_on.isoformat() if entry.decided_on else None,
                    reason=entry.reason,
                    protects_km=entry.protects_km,
                    among=entry.among,
                )
                for entry in self.objects
            },
            key=key,
            protects_km=self.protects_km,
            among=self.among,
            at_least=self.at_least,
        )


def mapped_words(tables: Sequence[MarkingTable]) -> dict[str, Tlp]:
    """Agencies' words, without regard to case and blanks, to levels."""
    return {" ".join(table.words.split()).casefold(): Tlp(table.level) for table in tables}


def marking_record(
    words: str | None, release: Sequence[str], originator: str, mapped: Mapping[str, Tlp]
) -> MarkingRecord | None:
    """The marking that words of the configuration or of a file mean; None where there are none."""
    if words is None:
        return None
    level = level_of(words, mapped)
    own = words if level is None or words.strip().upper() not in TLP_WORDS else None
    return MarkingRecord(originator=originator, level=level, words=own, release=tuple(release))


TABLES: dict[str, type[Table]] = {
    "marking": MarkingTable,
    "party": PartyTable,
    "exchange": ExchangeTable,
    "message": MessageTable,
    "object.contact": Contact,
    "edition": EditionTable,
    "edition.grain": GrainTable,
    "edition.object": EditionObject,
}
"""Where each stands in the configuration."""
