"""The table of nearpass.toml that says who is told of what, and by which channels."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from nearpass.config.editions import PartyName
from nearpass.config.fields import Positive, Table
from nearpass.config.origins import names_secret
from nearpass.record.alarms import AlarmKind


class NotifyTable(Table):
    """Who is told of what in a cycle, from which edition.

    ``party`` is who is told, and whose word ends the reminders. ``channels`` name, each by an environment variable or
    after ``file:`` a file, an address of Apprise, which the configuration itself never holds. Approaches from ``level``
    on count. ``deadline_h`` is how long before a deadline it is told of, several times for several numbers. With
    ``digest_h`` all that is due goes into one message, at most one in so many hours. What nobody acknowledged is told
    again every ``repeat_h``, from reminder ``escalate_after`` on to those of ``escalation`` too.
    """

    id: str
    party: PartyName
    edition: str | None = Field(default=None, min_length=1)
    channels: tuple[str, ...] = Field(min_length=1)
    level: Literal["red", "yellow"] = "red"
    kinds: tuple[AlarmKind, ...] = ("new", "worse", "deadline", "unclaimed", "doubtful", "late", "failed")
    deadline_h: tuple[Positive, ...] = (24.0,)
    digest_h: Positive | None = None
    repeat_h: Positive | None = None
    escalate_after: Annotated[int, Field(ge=1, le=100)] = 2
    escalation: tuple[str, ...] = ()

    @field_validator("id")
    @classmethod
    def _plain(cls, identifier: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}", identifier):
            raise ValueError("the id of a notify table must be 1 to 32 letters, digits, hyphens or underscores")
        return identifier

    @field_validator("channels", "escalation")
    @classmethod
    def _only_named(cls, places: tuple[str, ...]) -> tuple[str, ...]:
        for place in places:
            if not names_secret(place):
                # The value may be the secret itself: it stands in no error.
                raise ValueError("a channel must name an environment variable, or file:PATH, and never be an address")
        if len(set(places)) != len(places):
            raise ValueError("channels must differ: one message would go out twice")
        return places

    @model_validator(mode="after")
    def _belonging(self) -> NotifyTable:
        if self.escalation and self.repeat_h is None:
            raise ValueError("escalation needs repeat_h: it begins with a reminder")
        if set(self.escalation) & set(self.channels):
            raise ValueError("escalation must name other channels than channels does")
        return self


TABLES: dict[str, type[Table]] = {"notify": NotifyTable}
"""Where it stands in the configuration."""
