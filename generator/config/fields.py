"""What tables of the configuration are made of."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from nearpass.astro.epochs import Epoch
from nearpass.errors import NearpassError

Positive = Annotated[float, Field(gt=0, le=1e15, allow_inf_nan=False)]
"""A quantity above 0; the upper limit, of a hundred light years in km, only keeps sums and products numbers."""
Hours = Annotated[float, Field(gt=0, le=100_000, allow_inf_nan=False)]
"""A duration of eleven years at most, so that an instant and a duration make an instant."""


RESERVED: Final = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))})
"""Names that no file can have on Windows, whatever its extension; a site is copied there as well."""


class Table(BaseModel):
    """A table of the configuration: its keys and no others, of their types."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def _file_name(identifier: str) -> str:
    """Ids become file names: letters, digits, hyphen and underscore, and no double hyphen, which joins two of them."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,23}", identifier) or "--" in identifier:
        raise ValueError("an id must be 1 to 24 letters, digits, single hyphens or underscores")
    if identifier.lower() == "index":
        raise ValueError("an id must not be 'index', which names the list of objects")
    if identifier.lower() in RESERVED:
        raise ValueError("an id must not be the name of a device, which Windows cannot hold as a file")
    return identifier


def _instant(value: object) -> object:
    """An instant of the configuration: text in ISO 8601, or TOML's own date or time, in UTC where it names no zone."""
    if isinstance(value, datetime):
        return Epoch.from_datetime(value if value.tzinfo else value.replace(tzinfo=UTC))
    if isinstance(value, date):
        return Epoch.parse(value.isoformat())
    if not isinstance(value, str):
        return value
    try:
        return Epoch.parse(re.sub(r"(T\d\d:\d\d)(Z?)$", r"\1:00\2", value.strip()))
    except NearpassError as error:
        raise ValueError(error.rule) from None


Instant = Annotated[Epoch, BeforeValidator(_instant)]
Identifier = Annotated[str, AfterValidator(_file_name)]


def _address(url: str) -> str:
    """An address of a folder, with the slash that relative addresses need."""
    if not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", url):
        raise ValueError("url must be http:// or https:// with a host and without ? or #")
    return url if url.endswith("/") else f"{url}/"


Address = Annotated[str, AfterValidator(_address)]
