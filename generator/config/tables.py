"""The configuration as a whole, and its tables of the site, the cycle, the levels and the archive."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator, model_validator

from nearpass.astro.bodies import Body, body_named
from nearpass.config.alerts import Alert
from nearpass.config.declarations import CatalogueTable
from nearpass.config.editions import (
    EditionTable,
    ExchangeTable,
    MarkingTable,
    MessageTable,
    PartyTable,
    mapped_words,
)
from nearpass.config.fields import Address, Hours, Positive, Table
from nearpass.config.notify import NotifyTable
from nearpass.config.objects import ScreenedObject
from nearpass.config.operators import OperatorTable
from nearpass.config.origins import Fetch
from nearpass.encounter.alert_rules import AlertRule, reach_km
from nearpass.errors import NearpassError
from nearpass.record.marking import Tlp
from nearpass.record.parties import Parties, parties_of


class Site(Table):
    """What stands on every page. ``detail_events`` is how many green events get a page of their own.

    ``catalogue_events`` is how many red and yellow approaches of a catalogue become events, the worst of them. ``url``
    is where the site is served; feeds and calendars then give whole addresses. After ``pictures_days`` the pictures of
    a cycle are in its zip alone; without it they stay.
    """

    title: str = Field(default="Close approaches", min_length=1)
    publisher: str | None = None
    notice: str | None = None
    url: Address | None = None
    detail_events: Annotated[int, Field(ge=0, le=500)] = 12
    catalogue_events: Annotated[int, Field(ge=0, le=5000)] = 200
    pictures_days: Annotated[int, Field(ge=1, le=36_600)] | None = None


class Cycle(Table):
    """The body, the window and what of it is screened and listed.

    Every local minimum of distance below ``limit_km`` is listed, and every orbit crossing below ``crossing_limit_km``
    (by default the widest limit of OXD of the rules that are not for named pairs alone, or of CAD where there is none).
    Of a catalogue's pairs only those with a primary are screened, if ``primaries`` names any; a pair slower than
    ``comoving_km_s`` is told as a stretch of time.
    """

    body: str
    span_days: Annotated[float, Field(gt=0, le=366, allow_inf_nan=False)]
    limit_km: Positive
    crossing_limit_km: Positive | None = None
    every_hours: Hours | None = None
    kernels: tuple[str, ...] = ()
    primaries: tuple[str, ...] = ()
    comoving_km_s: Positive = 0.01

    @field_validator("body")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            return body_named(name).name
        except NearpassError as error:
            raise ValueError(error.rule) from None


class Inputs(Table):
    """Where inputs may lie besides the configuration's own folder: ``allow_outside`` names folders, and says so."""

    allow_outside: tuple[str, ...] = ()


class Publish(Table):
    """Where the site goes besides ``public/``: folders, relative to the configuration's."""

    copy_to: tuple[str, ...] = ()


class ArchiveTable(Table):
    """How the archive is kept. ``sign``: private key that signs each manifest, made by ``nearpass keygen``."""

    sign: str | None = Field(default=None, min_length=1)


class Config(Table):
    """The whole configuration."""

    site: Site = Site()
    inputs: Inputs = Inputs()
    publish: Publish = Publish()
    archive: ArchiveTable = ArchiveTable()
    exchange: ExchangeTable = ExchangeTable()
    fetch: Fetch = Fetch()
    cycle: Cycle
    alert: Alert
    markings: tuple[MarkingTable, ...] = Field(default=(), alias="marking")
    parties: tuple[PartyTable, ...] = Field(default=(), alias="party")
    messages: tuple[MessageTable, ...] = Field(default=(), alias="message")
    operators: tuple[OperatorTable, ...] = Field(default=(), alias="operator")
    objects: tuple[ScreenedObject, ...] = Field(default=(), alias="object")
    editions: tuple[EditionTable, ...] = Field(default=(), alias="edition")
    catalogues: tuple[CatalogueTable, ...] = Field(default=(), alias="catalogue")
    notify: tuple[NotifyTable, ...] = ()

    @model_validator(mode="after")
    def _enough(self) -> Config:
        if len(self.objects) < 2 and not self.catalogues:
            raise ValueError("the configuration needs at least two objects, or a catalogue")
        if self.catalogues and self.cycle.body != "EARTH":
            raise ValueError("a catalogue of mean elements can be screened about the Earth only")
        return self

    @property
    def body(self) -> Body:
        """The body that the cycle screens around."""
        return body_named(self.cycle.body)

    @property
    def radii_km(self) -> dict[str, float]:
        """Radius of each natural body by its id."""
        return {item.id: item.radius_km for item in self.objects if item.radius_km is not None}

    @property
    def crossing_limit_km(self) -> float:
        """Orbit-crossing distance below which a crossing is listed."""
        if self.cycle.crossing_limit_km is not None:
            return self.cycle.crossing_limit_km
        general = [rule for rule in self.alert.rules if not rule.pairs and (self.alert.named or rule.level == "yellow")]
        return max((rule.oxd_km for rule in general if rule.oxd_km is not None), default=reach_km(general))

    @property
    def mapped_words(self) -> dict[str, Tlp]:
        """Agencies' own words of markings to levels."""
        return mapped_words(self.markings)

    @property
    def known_parties(self) -> Parties:
        """Which names mean or include which party.

        Raises:
            PartyTableError: where the table cannot hold.
        """
        return parties_of([table.party for table in self.parties])

    def needs_exchange(self, party: str) -> bool:
        """Whether nothing may be released to a party outside an open exchange."""
        known, ours = self.known_parties, self.exchange.ours or tuple(filter(None, (self.site.publisher,)))
        if known.belongs(party, ours):
            return False
        named = [table.id for table in self.parties if table.exchange_required]
        return self.exchange.required or known.belongs(party, named)

    @property
    def alert_rules(self) -> tuple[AlertRule, ...]:
        """The rules of the levels: thresholds, the most severe first, then those with a name."""
        return self.alert.rules
