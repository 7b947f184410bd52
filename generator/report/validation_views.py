"""What the validation page shows of a validation: a verdict, and each section with its checks as a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from nearpass.report.views import Cell, Field, Table, tabled
from nearpass.report.wording import DASH, count, visible
from nearpass.validation.check import Check, Section, Validation

FIELDS: Final[tuple[Field[Check], ...]] = (
    Field("Case", lambda check: visible(check.name)),
    Field("Quantity", lambda check: check.quantity),
    Field("Expected", lambda check: Cell(text=_figure(check.expected) + _unit(check), sort=repr(check.expected)),
          numeric=True),
    Field("nearpass", lambda check: Cell(text=_got(check), sort=repr(check.got or 0)), numeric=True),
    Field("Difference", lambda check: Cell(text=_figure(check.difference, digits=2),
                                           sort=repr(abs(check.difference or 0.0))), numeric=True),
    Field("Allowed", lambda check: f"{_figure(check.lower)} to {_figure(check.upper)}", numeric=True,
          meaning="From the lower to the upper bound"),
    Field("Reason for the tolerance", lambda check: check.cause),
    Field("Verdict", lambda check: "✓ within" if check.passed else "✗ outside"),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionView:
    """A section: its title, what it says, its source, its verdict in words, its checks."""

    title: str
    text: str
    source: str
    verdict: str
    table: Table


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationView:
    """The whole: a verdict in a sentence, when and with what it was made, the sections."""

    verdict: str
    made: str
    sections: tuple[SectionView, ...]


def validation_view(found: Validation) -> ValidationView:
    """The page's view of a validation."""
    checks = [check for section in found.sections for check in section.checks]
    passed = sum(check.passed for check in checks)
    failing = [section.title for section in found.sections if not section.holds]
    held = "All sections pass" if not failing else f"{count(len(failing), 'section')} of {len(found.sections)} failed"
    packages = ", ".join(f"{name} {number}" for name, number in found.packages)
    return ValidationView(
        verdict=f"{held}: {passed} of {count(len(checks), 'check')} lie within their bounds.",
        made=f"nearpass {found.version} with {packages}, on {found.made_utc[:10]}",
        sections=tuple(_section(section) for section in found.sections),
    )


def _section(section: Section) -> SectionView:
    total = len(section.checks)
    needed = f"; {section.required} are asked for" if section.required < total else ""
    word = "Holds" if section.holds else "Does not hold"
    return SectionView(
        title=section.title,
        text=section.text,
        source=section.source,
        verdict=f"{word}: {section.passed} of {total} within their bounds{needed}.",
        table=tabled(section.title, section.checks, FIELDS, mark=lambda check: None if check.passed else "marked"),
    )


def _unit(check: Check) -> str:
    return f"\u00a0{check.unit}" if check.unit else ""


def _got(check: Check) -> str:
    return f"{_figure(check.got)}{_unit(check)}" if check.got is not None else "refused to answer"


def _figure(value: float | None, digits: int = 7) -> str:
    """As many digits as a comparison needs; a whole number as one."""
    return DASH if value is None else f"{value:.{digits}g}".replace("-", "−")
