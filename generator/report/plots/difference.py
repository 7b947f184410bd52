"""How another solution of an object differs from the nominal one over the window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from nearpass.record.record import CycleRecord, DifferenceRecord, SolutionRecord, Span, Vector
from nearpass.report.plots.plot import Cell, Plot
from nearpass.report.plots.style import (
    CURVE,
    INK,
    NEUTRAL,
    SECONDARY,
    canvas,
    date_axis,
    days_between,
    linear_axis,
    minute_text,
    panel,
    second_text,
    short,
    through_bins,
)
from nearpass.report.solution_views import difference_plot_name

FloatArray = NDArray[np.float64]
Rows = tuple[Vector | None, ...]

_AXES: Final = (("R", CURVE), ("T", SECONDARY), ("N", NEUTRAL))
_PANEL_IN: Final = 1.05
_STEP_IN: Final = 1.22


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DifferenceDrawing:
    """Smallest and largest difference along each axis in each bin of the window."""

    heading: str
    subheading: str
    window: Span
    edges_days: tuple[float, ...]
    least_rtn_km: Rows
    most_rtn_km: Rows

    def figure(self) -> Figure:
        """Three panels over one date axis, each to its own scale."""
        figure = canvas(4.70, self.heading, self.subheading)
        least, most = _columns(self.least_rtn_km), _columns(self.most_rtn_km)
        for index, (name, color) in enumerate(_AXES):
            axes = panel(figure, 0.92, 0.52 + _STEP_IN * (2 - index), 4.0, _PANEL_IN)
            axes.set_xlim(0.0, days_between(self.window.start, self.window.stop))
            axes.axhline(0.0, color=INK, linewidth=0.7, zorder=2)
            band = through_bins(self.edges_days, least[:, index], most[:, index])
            axes.fill_between(*band, color=color, alpha=0.75, linewidth=0.6, zorder=3)
            axes.grid(visible=True, axis="y")
            linear_axis(axes.yaxis, 4)
            date_axis(axes, self.window.start, self.window.stop, most=6)
            if index < len(_AXES) - 1:
                axes.set_xlabel("")
                axes.xaxis.set_ticklabels([])
            axes.set_ylabel(f"{name}, km", labelpad=3)
        return figure


def difference_plot(record: CycleRecord, solution: SolutionRecord) -> Plot | None:
    """The difference of a solution; None where there is none."""
    found = solution.difference
    if found is None:
        return None
    start = record.window.start
    first_days, step_days = days_between(start, found.start), found.step_s / 86_400.0
    kind = "planned" if solution.role == "planned" else "alternative"
    return Plot(
        name=difference_plot_name(solution),
        kind="difference",
        title=f"{solution.object_id} by {solution.name} minus nominal, {minute_text(start)} to "
        f"{minute_text(record.window.stop)} UTC",
        alt=_alt(solution, found),
        caption=(
            "Solution minus nominal in the nominal one's radial, transverse and normal axes. Each band reaches from "
            "the smallest to the largest value in a part of the window; there is none where either is not covered."
        ),
        columns=("bin_start_utc", "r_least_km", "r_most_km", "t_least_km", "t_most_km", "n_least_km", "n_most_km"),
        rows=tuple(_row(found, index) for index in range(len(found.least_rtn_km))),
        drawing=DifferenceDrawing(
            heading=f"{solution.object_id}: {solution.name} minus nominal",
            subheading=f"Difference in R, T, N · {kind}",
            window=record.window,
            edges_days=tuple(first_days + index * step_days for index in range(len(found.least_rtn_km) + 1)),
            least_rtn_km=found.least_rtn_km,
            most_rtn_km=found.most_rtn_km,
        ),
    )


def _row(found: DifferenceRecord, index: int) -> tuple[Cell, ...]:
    least, most = found.least_rtn_km[index], found.most_rtn_km[index]
    at = f"{(found.start + index * found.step_s).iso(digits=0)}Z"
    if least is None or most is None:
        return (at, None, None, None, None, None, None)
    return (at, least[0], most[0], least[1], most[1], least[2], most[2])


def _columns(rows: Rows) -> FloatArray:
    return np.array([(np.nan,) * 3 if row is None else row for row in rows], dtype=np.float64)


def _alt(solution: SolutionRecord, found: DifferenceRecord) -> str:
    parts = [
        f"{axis} {short(value)} km on {second_text(at)}"
        for (axis, _), value, at in zip(_AXES, found.largest_rtn_km, found.largest_rtn_at, strict=True)
    ]
    return (
        f"Difference of {solution.object_id} by {solution.name} from the nominal solution. Largest in size: "
        f"{', '.join(parts)}; distance {short(found.largest_km)} km."
    )
