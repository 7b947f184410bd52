"""What the validation page shows of a validation: a verdict, and each section with its checks as a table."""

from __future__ import annotations

from dataclasses import dataclass

from nearpass.report.views import Cell, Head, Table, TableRow
from nearpass.report.wording import DASH, count, visible
from nearpass.validation.check import Check, Section, Validation

HEADS = (
    Head(title="Case"),
    Head(title="Quantity"),
    Head(title="Expected", numeric=True),
    Head(title="nearpass", numeric=True),
    Head(title="Difference", numeric=True),
    Head(title="Allowed", numeric=True, meaning="From the lower to the upper bound"),
    Head(title="Reason for the tolerance"),
    Head(title="Verdict"),
)


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
        table=Table(
            caption=section.title,
            heads=HEADS,
            rows=tuple(
                TableRow(cells=_cells(check), mark=None if check.passed else "marked") for check in section.checks
            ),
        ),
    )


def _cells(check: Check) -> tuple[Cell, ...]:
    unit = f"\u00a0{check.unit}" if check.unit else ""
    return (
        Cell(text=visible(check.name)),
        Cell(text=check.quantity),
        Cell(text=f"{_figure(check.expected)}{unit}", sort=repr(check.expected)),
        Cell(
            text=f"{_figure(check.got)}{unit}" if check.got is not None else "refused to answer",
            sort=repr(check.got or 0),
        ),
        Cell(text=_figure(check.difference, digits=2), sort=repr(abs(check.difference or 0.0))),
        Cell(text=f"{_figure(check.lower)} to {_figure(check.upper)}"),
        Cell(text=check.cause),
        Cell(text="✓ within" if check.passed else "✗ outside"),
    )


def _figure(value: float | None, digits: int = 7) -> str:
    """As many digits as a comparison needs; a whole number as one."""
    return DASH if value is None else f"{value:.{digits}g}".replace("-", "−")
