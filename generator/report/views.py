"""What pages are made of: tables and facts with every number already formatted; templates only place them.

Views are made from a :class:`~nearpass.record.record.CycleRecord` alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import KW_ONLY, dataclass
from functools import partial
from typing import Final, Generic, Literal, TypeVar

from nearpass.astro.epochs import Epoch
from nearpass.astro.fields import Span
from nearpass.encounter.alert import SEVERITY, Level
from nearpass.record.figures import Figure
from nearpass.report import wording
from nearpass.report.tables import Column

ROW_LIMIT: Final = 1000
"""Rows that a page shows; sorting more in a browser takes seconds. The twins hold all."""

AXES: Final = (("R", "radial"), ("T", "transverse"), ("N", "normal"))
"""Axes of the primary, in the order of every vector that is called RTN."""

Row = TypeVar("Row")
Shown_contra = TypeVar("Shown_contra", contravariant=True)
Mark = Literal["marked", "late"] | None
Addresses = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A field of a table: what it says, what it sorts by, where it leads.

    ``machine`` is a datetime attribute. ``mark`` is "hash", "span" or "nowrap" for what a field holds, or a mark
    behind it.
    ``files`` are (label, address) of downloads, instead of the text.
    """

    text: str
    sort: str | None = None
    href: str | None = None
    level: Level | None = None
    machine: str | None = None
    mark: str | None = None
    files: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The head of a column: its title, unit and meaning, and whether it holds numbers."""

    title: str
    unit: str | None = None
    meaning: str | None = None
    numeric: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """A row; ``anchor`` is what links to it name. Its first cell heads it.

    ``mark`` is "marked" for the one to look at, "late" for one that paper can do without.
    """

    cells: tuple[Cell, ...]
    anchor: str | None = None
    mark: Mark = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table with its caption; ``twins`` are (label, address) of the same data as files.

    Where there are more rows than ``first``, a script shows so many and a button for all; in a narrow window such a
    table has two lines a row, of its first six columns.
    """

    caption: str
    heads: tuple[Head, ...]
    rows: tuple[TableRow, ...]
    twins: Addresses = ()
    filter_label: str | None = None
    note: str | None = None
    cut: str | None = None
    first: int | None = None


@dataclass(frozen=True, slots=True)
class Field(Generic[Shown_contra]):
    """A column of a page's table: its title, what a row shows under it (words, or a cell), the rest of its head."""

    title: str
    shows: Callable[[Shown_contra], Cell | str]
    _: KW_ONLY
    unit: str | None = None
    meaning: str | None = None
    numeric: bool = False

    @property
    def head(self) -> Head:
        """What stands over the column."""
        return Head(title=self.title, unit=self.unit, meaning=self.meaning, numeric=self.numeric)

    def cell(self, row: Shown_contra) -> Cell:
        """What the row shows."""
        shown = self.shows(row)
        return Cell(text=shown) if isinstance(shown, str) else shown


def tabled(
    caption: str,
    rows: Iterable[Row],
    fields: Sequence[Field[Row]],
    *,
    mark: Callable[[Row], Mark] = lambda _: None,
    anchor: Callable[[Row], str | None] = lambda _: None,
    twins: Addresses = (),
    filter_label: str | None = None,
    note: str | None = None,
    cut: str | None = None,
) -> Table:
    """A table of the fields of rows, one :class:`TableRow` each."""
    return Table(
        caption=caption,
        heads=tuple(field.head for field in fields),
        rows=tuple(
            TableRow(cells=tuple(field.cell(row) for field in fields), anchor=anchor(row), mark=mark(row))
            for row in rows
        ),
        twins=twins,
        filter_label=filter_label,
        note=note,
        cut=cut,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A labelled value; ``note`` says what a reader needs beside it."""

    label: str
    value: str
    note: str | None = None
    href: str | None = None
    machine: str | None = None


def by_axis(
    vector: Callable[[Row], Sequence[float | None] | None],
    title: str = "{}",
    *,
    meaning: str | None = None,
    unit: str = "km",
    digits: int = 3,
    signed: bool = True,
) -> tuple[Field[Row], ...]:
    """Three columns, one for each axis of RTN: braces in ``title`` take its letter, those in ``meaning`` its word."""
    return tuple(
        Field(
            title.format(letter),
            partial(_part_cell, vector, place, digits, signed),
            unit=unit,
            meaning=meaning.format(word) if meaning else None,
            numeric=True,
        )
        for place, (letter, word) in enumerate(AXES)
    )


def _part_cell(
    vector: Callable[[Row], Sequence[float | None] | None], place: int, digits: int, signed: bool, row: Row
) -> Cell:
    found = vector(row)
    return number_cell(None if found is None else found[place], digits, signed=signed)


def declared(
    column: Column[Row], title: str | None = None, shows: Callable[[Row], Cell | str] | None = None
) -> Field[Row]:
    """A column of the twins as pages show it, by another title or with another cell."""
    numeric = column.scientific or (column.unit is not None and not column.key.endswith(("_utc", "_tdb")))
    unit = "σ" if column.unit == "sigma" else column.unit
    return Field(
        title or column.title, shows or partial(cell, column), unit=unit, meaning=column.meaning, numeric=numeric
    )


def cell(column: Column[Row], row: Row) -> Cell:
    """The field of a declared column as pages show it."""
    value = column.value(row)
    if value is None:
        return Cell(text=wording.DASH, sort="")
    if isinstance(value, Epoch):
        return time_cell(value, digits=1)
    if isinstance(value, bool):
        return Cell(text="yes" if value else "no")
    return _figure_cell(column, value) if isinstance(value, float) else Cell(text=str(value))


def _figure_cell(column: Column[Row], value: float) -> Cell:
    if column.scientific:
        return probability_cell(value)
    if column.unit == "km" and not column.signed:
        return km_cell(value, column.page_digits)
    return number_cell(value, column.page_digits, signed=column.signed)


def time_cell(epoch: Epoch | None, *, digits: int = 0) -> Cell:
    """An instant in UTC; a dash for None."""
    if epoch is None:
        return Cell(text=wording.DASH, sort="")
    return Cell(text=wording.instant(epoch, digits), sort=epoch.iso(digits=6), machine=wording.machine_time(epoch))


def miss_cell(found: Figure) -> Cell:
    """A distance or the range in which it lies, under a head that says km."""
    return Cell(text=wording.figure(found, unit=""), sort="" if found.low is None else f"{found.low:.9g}")


def when_cell(start: Epoch, stop: Epoch) -> Cell:
    """An instant, or the span in which it lies."""
    if start == stop:
        return time_cell(start)
    text = wording.short_cell_of_time(Span(start=start, stop=stop))
    return Cell(text=text, sort=start.iso(digits=6), machine=wording.machine_time(start))


def number_cell(value: float | None, digits: int, *, signed: bool = False) -> Cell:
    """A number that sorts by its value; a dash for None."""
    text = wording.number(value, digits, signed=signed)
    return Cell(text=text, sort="" if value is None else f"{value:.9g}")


def km_cell(value_km: float | None, digits: int = 3) -> Cell:
    """A distance in a column of km, with more decimals where it would read as zero; a dash for None."""
    return number_cell(value_km, digits if value_km is None else max(digits, wording.km_digits(value_km)))


def probability_cell(value: float | None) -> Cell:
    """A probability that sorts by its value; a dash for None."""
    return Cell(text=wording.probability(value), sort="" if value is None else f"{value:.9g}")


def span_cell(seconds: float | None) -> Cell:
    """A length of time that sorts by its seconds; a dash for None."""
    if seconds is None:
        return Cell(text=wording.DASH, sort="")
    return Cell(text=wording.span(seconds).replace(" ", "\u00a0"), sort=f"{seconds:.9g}")


def level_cell(level: Level, href: str | None = None) -> Cell:
    """A level by shape and word; the most severe sorts first."""
    return Cell(text=level.value, sort=str(2 - SEVERITY[level]), level=level, href=href)


def limited(
    rows: Sequence[Row], *, what: str, most: int = ROW_LIMIT, rest: str = "the CSV and JSON files hold all"
) -> tuple[Sequence[Row], str | None]:
    """At most so many rows, and the sentence that says so and where the ``rest`` is."""
    if len(rows) <= most:
        return rows, None
    found = wording.count(len(rows), what, what)
    return rows[:most], f"Only {wording.number(most, 0)} of {found} are shown here; {rest}."
