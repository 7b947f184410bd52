"""What a validation says: checks with what was expected, what was got, how far they may differ and why."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ConfigDict, TypeAdapter, ValidationError

from nearpass.errors import InputError

SCHEMA: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One number held against another that was not made by this program.

    It passes where ``lower <= got <= upper``; ``cause`` says where that width comes from. ``got`` is None where the
    program refused to answer, and ``cause`` then still names what was asked for.
    """

    name: str
    quantity: str
    unit: str
    expected: float
    got: float | None
    lower: float
    upper: float
    cause: str

    @property
    def difference(self) -> float | None:
        """The value found minus the expected one."""
        return None if self.got is None else self.got - self.expected

    @property
    def passed(self) -> bool:
        """Whether the value lies within its bounds."""
        return self.got is not None and self.lower <= self.got <= self.upper


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Checks of one kind. ``required`` of them must pass; ``text`` says what is held against what, why that many."""

    title: str
    text: str
    source: str
    required: int
    checks: tuple[Check, ...]

    @property
    def passed(self) -> int:
        """How many checks passed."""
        return sum(check.passed for check in self.checks)

    @property
    def holds(self) -> bool:
        """Whether as many checks passed as are required."""
        return self.passed >= self.required


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """All sections, by which program and with which libraries, made when."""

    __pydantic_config__ = ConfigDict(extra="forbid", allow_inf_nan=False)

    schema_number: int
    version: str
    packages: tuple[tuple[str, str], ...]
    made_utc: str
    sections: tuple[Section, ...]

    @property
    def holds(self) -> bool:
        """Whether every section holds."""
        return all(section.holds for section in self.sections)


def within(name: str, quantity: str, unit: str, expected: float, got: float | None, width: float, cause: str) -> Check:
    """A check of a number against one expected value, with an absolute width on both sides."""
    return Check(
        name=name,
        quantity=quantity,
        unit=unit,
        expected=expected,
        got=_number(got),
        lower=expected - width,
        upper=expected + width,
        cause=cause,
    )


def at_most(name: str, quantity: str, unit: str, got: float, most: float, cause: str) -> Check:
    """A check of a largest difference, which should be zero."""
    return Check(name=name, quantity=quantity, unit=unit, expected=0.0, got=got, lower=0.0, upper=most, cause=cause)


def dump(validation: Validation) -> bytes:
    """As JSON, each check with its difference and verdict beside the stored fields."""
    return _ADAPTER.dump_json(validation, indent=1) + b"\n"


def load(text: bytes, file: str) -> Validation:
    """Read what :func:`dump` wrote.

    Raises:
        InputError: if it is nothing of the kind.
    """
    try:
        found: Validation = _ADAPTER.validate_json(text)
    except ValidationError as error:
        raise InputError("a validation must be what nearpass validate writes", value=error.title, file=file) from None
    return found


def _number(value: float | None) -> float | None:
    """Numpy's numbers as Python's; what is no number counts as no answer."""
    return None if value is None or not math.isfinite(value) else float(value)


_ADAPTER: Final[TypeAdapter[Any]] = TypeAdapter(Validation)
