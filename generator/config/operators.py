"""The table of nearpass.toml that says what each operator can command, and when."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator, model_validator

from nearpass.astro.epochs import Epoch
from nearpass.config.editions import PartyName
from nearpass.config.fields import Hours, Table
from nearpass.errors import NearpassError

Step = Literal["assess", "design", "approve", "uplink"]
Day = Literal["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]

DEFAULT_SEP_DEG: Final = 2.0
"""NASA's command moratoria at Mars in 2021 and 2023 began when the Sun-Earth-Probe angle fell below 2 degrees."""


def _epoch(text: str) -> str:
    try:
        Epoch.parse_typed(text)
    except NearpassError as error:
        raise ValueError(str(error)) from None
    return text


class NoCommands(Table):
    """A time in which the operator sends no commands, as it announced; ``why`` is its own word."""

    start: str = Field(alias="from")
    stop: str = Field(alias="until")
    why: str | None = Field(default=None, min_length=1)

    @field_validator("start", "stop")
    @classmethod
    def _dated(cls, text: str) -> str:
        return _epoch(text)

    @model_validator(mode="after")
    def _ordered(self) -> NoCommands:
        if not Epoch.parse_typed(self.start) < Epoch.parse_typed(self.stop):
            raise ValueError("from must lie before until")
        return self


class Station(Table):
    """A ground station: contact while the body stands higher than ``least_elevation_deg`` above its horizon."""

    name: str = Field(min_length=1)
    latitude_deg: Annotated[float, Field(ge=-90, le=90)]
    longitude_east_deg: Annotated[float, Field(ge=-180, le=360)]
    altitude_m: Annotated[float, Field(ge=-500, le=9000)] = 0.0
    least_elevation_deg: Annotated[float, Field(ge=0, lt=90)] = 10.0


class WorkingHours(Table):
    """When the steps before the uplink are worked on: clock times of a zone, on these days of its week."""

    zone: str = "UTC"
    start: str = Field(default="08:00", alias="from")
    stop: str = Field(default="18:00", alias="until")
    days: tuple[Day, ...] = Field(default=("Mon", "Tue", "Wed", "Thu", "Fri"), min_length=1)

    @field_validator("zone")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError("zone must be a name of the IANA time zone database, such as Europe/Berlin") from None
        return name

    @model_validator(mode="after")
    def _ordered(self) -> WorkingHours:
        try:
            start, stop = time.fromisoformat(self.start), time.fromisoformat(self.stop)
        except ValueError:
            raise ValueError("from and until must be times of day, such as 08:00") from None
        if not start < stop:
            raise ValueError("from must lie before until")
        return self


class OperatorTable(Table):
    """What a party can command, for every object that it or one of its members operates.

    ``lead_time_h`` runs from the detection of an approach to the burn; ``steps_h`` splits it, and only the uplink needs
    an open link. ``last_burn_h`` is how long before the closest approach a burn must come to be useful; by default half
    a revolution. Below ``sep_min_deg`` between the Sun and the body, seen from Earth, nothing is commanded;
    ``no_commands`` are announced times, which hold besides. ``passes`` is a file of contact times, CSV of start and
    stop; ``stations`` give them by elevation. An object's own ``lead_time_h`` comes first.
    """

    party: PartyName
    lead_time_h: Hours | None = None
    steps_h: dict[Step, Hours] | None = None
    last_burn_h: Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)] | None = None
    sep_min_deg: Annotated[float, Field(ge=0, lt=90)] | None = None
    no_commands: tuple[NoCommands, ...] = ()
    passes: str | None = Field(default=None, min_length=1)
    stations: tuple[Station, ...] = Field(default=(), alias="station")
    working_hours: WorkingHours | None = None

    @model_validator(mode="after")
    def _one_lead_time(self) -> OperatorTable:
        if self.lead_time_h is not None and self.steps_h is not None:
            raise ValueError("give either lead_time_h or its steps_h, whose sum it is")
        if self.passes is not None and self.stations:
            raise ValueError("give either passes or stations")
        return self

    @property
    def whole_lead_h(self) -> float | None:
        """From the detection to the burn; None where nothing is said."""
        return sum(self.steps_h.values()) if self.steps_h else self.lead_time_h

    @property
    def uplink_h(self) -> float:
        """How much of it needs an open link."""
        return (self.steps_h or {}).get("uplink", 0.0)
