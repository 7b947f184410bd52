"""What the ephemerides of a cycle cover of its window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from matplotlib.figure import Figure

from nearpass.record.record import CycleRecord, ObjectRecord, Span
from nearpass.report.plots.plot import Plot
from nearpass.report.plots.style import (
    CURVE,
    MUTED,
    PALE,
    SMALL,
    WIDTH_IN,
    canvas,
    date_axis,
    days_between,
    literal,
    minute_text,
    panel,
    text_width_pt,
)

_ROW_IN: Final = 0.24


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageRow:
    """One object: its covered stretches in days from the start of the window, and a remark.

    ``known`` is False where the ephemeris gives the orbit but not the place along it: such bars are pale.
    """

    id: str
    known: bool
    spans_days: tuple[tuple[float, float], ...]
    note: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CoverageDrawing:
    """A bar an object; what is hatched is not covered."""

    heading: str
    subheading: str
    window: Span
    rows: tuple[CoverageRow, ...]

    def figure(self) -> Figure:
        """One panel, objects from top to bottom."""
        count = len(self.rows)
        margin_in = 0.2 + max(text_width_pt(literal(row.id), SMALL) for row in self.rows) / 72.0
        height_in = _ROW_IN * count
        figure = canvas(height_in + 1.12, self.heading, self.subheading)
        axes = panel(figure, margin_in, 0.52, WIDTH_IN - margin_in - 0.25, height_in)
        length = days_between(self.window.start, self.window.stop)
        axes.set(xlim=(0, length), ylim=(count, 0))
        for index, row in enumerate(self.rows):
            middle = index + 0.5
            axes.barh(
                [middle], [length], height=0.62, facecolor="#f4f5f6", edgecolor="#b8bec6", hatch="/////", linewidth=0
            )
            starts = [start for start, _ in row.spans_days]
            widths = [stop - start for start, stop in row.spans_days]
            axes.barh(
                [middle] * len(starts), widths, left=starts, height=0.62, color=CURVE if row.known else PALE, zorder=3
            )
            if row.note:
                axes.text(
                    length / 2.0, middle, row.note, ha="center", va="center", fontsize=SMALL, color=MUTED, zorder=4,
                    bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.2},
                )  # fmt: skip
        axes.set_yticks([index + 0.5 for index in range(count)], [literal(row.id) for row in self.rows])
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        date_axis(axes, self.window.start, self.window.stop, most=6)
        return figure


def coverage_plot(record: CycleRecord) -> Plot:
    """The covered part of the window, object by object."""
    start, stop = record.window.start, record.window.stop
    length_s = record.window.length_s
    shares = {
        item.id: sum(span.length_s for span in item.coverage) / length_s if item.phase == "known" else 0.0
        for item in record.objects
        if item.shown == "full"
    }
    whole = sum(share > 0.9999 for share in shares.values())
    lacking = [f"{name} {100.0 * share:.0f} %" for name, share in shares.items() if share <= 0.9999]
    return Plot(
        name="cycle-coverage",
        kind="coverage",
        title=f"Coverage of the window from {minute_text(start)} to {minute_text(stop)} UTC",
        alt=(
            f"{whole} of {len(shares)} objects are covered over the whole window."
            + (f" The others: {', '.join(lacking)}." if lacking else "")
        ),
        caption=(
            "Solid: an ephemeris in use covers this time. Pale: it gives the orbit, not the place along it. Hatched: "
            "not covered."
        ),
        columns=("object", "start_utc", "stop_utc"),
        rows=tuple(
            (item.id, f"{span.start.iso(digits=3)}Z", f"{span.stop.iso(digits=3)}Z")
            for item in record.objects
            for span in item.coverage
        ),
        drawing=CoverageDrawing(
            heading="What the ephemerides cover",
            subheading=f"Cycle {record.cycle_id} · {whole} of {len(shares)} objects cover the whole window",
            window=record.window,
            rows=tuple(
                CoverageRow(
                    id=item.id,
                    known=item.phase == "known",
                    spans_days=tuple(
                        (days_between(start, span.start), days_between(start, span.stop)) for span in item.coverage
                    ),
                    note=_note(item),
                )
                for item in record.objects
            ),
        ),
    )


def _note(item: ObjectRecord) -> str:
    if item.shown != "full":
        return "withheld in this edition"
    if item.phase == "unknown":
        return "position along the orbit unknown"
    return "" if item.coverage else "no ephemeris in use"
