"""What the fields of a stored record are made of: instants as text, vectors, spans."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from nearpass.astro.epochs import Epoch


def _read_epoch(value: object) -> object:
    return Epoch.parse(value) if isinstance(value, str) else value


EpochText = Annotated[
    Epoch,
    BeforeValidator(_read_epoch),
    PlainSerializer(lambda epoch: f"{epoch.iso(digits=9)}Z", return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "description": "UTC, nine decimals"}),
]
Vector = tuple[float, float, float]
SixVector = tuple[float, float, float, float, float, float]
Matrix6 = tuple[SixVector, SixVector, SixVector, SixVector, SixVector, SixVector]
Series = tuple[float | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From ``start`` to ``stop``."""

    start: EpochText
    stop: EpochText

    @property
    def length_s(self) -> float:
        """Seconds from start to stop."""
        return self.stop - self.start
