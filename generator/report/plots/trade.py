"""What a manoeuvre along the track would cost, by when it is made."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator
from numpy.typing import NDArray

from nearpass.astro.epochs import Epoch
from nearpass.record.record import EventRecord, TradeRecord
from nearpass.report.plots.plot import Plot
from nearpass.report.plots.style import (
    INK,
    MUTED,
    NEUTRAL,
    PRIMARY,
    SECONDARY,
    SMALL,
    canvas,
    day_text,
    key,
    label,
    linear_axis,
    log_axis,
    minute_text,
    panel,
    pc_threshold_text,
    second_text,
    short,
    text_width_pt,
)

FloatArray = NDArray[np.float64]

_PANEL_IN: Final = 4.2
_LOOKS: Final[tuple[dict[str, Any], ...]] = (
    {"color": PRIMARY, "linestyle": "-"},
    {"color": SECONDARY, "linestyle": (0, (4, 1.6))},
    {"color": NEUTRAL, "linestyle": (0, (1, 1.3))},
)
_FEW: Final = 30
"""With fewer lead times each is dotted: the line between them is no more than a guide."""
_NAME_SHARE: Final = 0.14
"""Of the height, for a line of text above all lines."""
_DATE_PT: Final = 46.0
"""Room for a date above the panel."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TradeLine:
    """One object's delta-v in m/s by lead time in h, NaN where none reaches the target.

    ``uncertain`` is where a burn a little earlier or later needs another size.
    """

    name: str
    leads_h: FloatArray
    delta_v_m_s: FloatArray
    uncertain: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TradeDrawing:
    """Delta-v against lead time; TCA is at the right, and what lies after the last useful burn is shaded."""

    heading: str
    subheading: str
    tca: Epoch
    lines: tuple[TradeLine, ...]
    last_burn_h: float | None
    last_burn_text: str

    def figure(self) -> Figure:
        """One panel, hours before TCA below it and dates above."""
        figure = canvas(3.75, self.heading, self.subheading)
        key(figure, 3.17, [(line.name, _look(index)) for index, line in enumerate(self.lines)])
        axes = panel(figure, 0.78, 0.52, _PANEL_IN, 2.25)
        axes.set_xlim(max(float(line.leads_h.max()) for line in self.lines), 0.0)
        known = np.concatenate([line.delta_v_m_s[np.isfinite(line.delta_v_m_s)] for line in self.lines])
        high = float(known.max()) * 1.6
        least = float(known[known > 0].min()) / 2.0
        # Above all lines there is room for the name of the last useful burn.
        log_axis(axes, least, high * (high / least) ** _NAME_SHARE)
        linear_axis(axes.xaxis)
        _round_hours(axes)
        axes.grid(visible=True, axis="y")
        self._dates(axes)
        for index, line in enumerate(self.lines):
            few = len(line.leads_h) < _FEW
            axes.plot(line.leads_h, line.delta_v_m_s, marker="." if few else None, zorder=4, **_look(index))
            if line.uncertain.any():
                axes.plot(line.leads_h[line.uncertain], line.delta_v_m_s[line.uncertain], "o", markersize=6,
                          markerfacecolor="white", markeredgecolor=_look(index)["color"], zorder=5)  # fmt: skip
        if self.last_burn_h is not None and self.last_burn_h < axes.get_xlim()[0]:
            self._last_burn(axes, self.last_burn_h)
        axes.set_xlabel("hours before TCA", labelpad=2)
        axes.set_ylabel("delta-v along the track, m/s", labelpad=2)
        return figure

    def _dates(self, axes: Axes) -> None:
        """Midnights above the panel, as many as have room."""
        most_h = axes.get_xlim()[0]
        last = self.tca.datetime_utc()
        first = last - timedelta(hours=most_h)
        step = max(1, math.ceil(most_h / 24.0 * _DATE_PT / (_PANEL_IN * 72.0)))
        moment = datetime(first.year, first.month, first.day, tzinfo=UTC) + timedelta(days=1)
        while moment <= last:
            hours = (last - moment).total_seconds() / 3600.0
            axes.plot([hours, hours], [1.0, 1.02], transform=axes.get_xaxis_transform(), color=MUTED, linewidth=0.8,
                      clip_on=False)  # fmt: skip
            axes.annotate(
                day_text(moment), (hours, 1.0), xycoords=("data", "axes fraction"), xytext=(0, 5),
                textcoords="offset points", ha="center", fontsize=SMALL, color=MUTED, annotation_clip=False,
            )  # fmt: skip
            moment += timedelta(days=step)

    def _last_burn(self, axes: Axes, last_burn_h: float) -> None:
        """The last useful burn, and what each manoeuvre costs there."""
        axes.axvspan(last_burn_h, 0.0, facecolor="#f4f5f6", edgecolor="#b8bec6", hatch="////", linewidth=0, zorder=0.5)
        axes.axvline(last_burn_h, color=INK, linewidth=1.2, zorder=3)
        room_pt = (1.0 - last_burn_h / axes.get_xlim()[0]) * _PANEL_IN * 72.0
        left = room_pt > text_width_pt(self.last_burn_text, SMALL, bold=True) + 10.0
        side: dict[str, Any] = {"dx": -6 if left else 6, "ha": "right" if left else "left", "weight": "bold"}
        label(axes, last_burn_h, axes.get_ylim()[1], self.last_burn_text, dy=-10, va="center", **side)
        costs = sorted((cost, line.name, index) for index, line in enumerate(self.lines)
                       if (cost := cost_at(line, last_burn_h)) is not None)  # fmt: skip
        taken_pt = -math.inf
        for cost, name, index in costs:
            axes.plot([last_burn_h], [cost], "o", markersize=5, markerfacecolor="white", markeredgecolor=INK, zorder=6)
            place_pt = float(axes.transData.transform((last_burn_h, cost))[1]) * 72.0 / axes.figure.dpi + 10.0
            shift_pt = max(0.0, taken_pt + 12.0 - place_pt)
            taken_pt = place_pt + shift_pt
            text = f"{name} {short(cost)} m/s"
            label(axes, last_burn_h, cost, text, dy=10.0 + shift_pt, va="center", color=_look(index)["color"], **side)


def _look(index: int) -> dict[str, Any]:
    return _LOOKS[index % len(_LOOKS)]


def _round_hours(axes: Axes) -> None:
    """Ticks at parts or multiples of a day."""
    most_h = axes.get_xlim()[0]
    step_h = next((step for step in (1.0, 2.0, 3.0, 6.0, 12.0, 24.0, 48.0, 72.0, 168.0) if most_h / step <= 8), 336.0)
    axes.xaxis.set_major_locator(FixedLocator(np.arange(0.0, most_h + 1e-6, step_h).tolist()))


def cost_at(line: TradeLine, lead_h: float) -> float | None:
    """Delta-v in m/s at a lead time between two recorded ones; None outside them and next to none or one uncertain."""
    leads_h = line.leads_h
    if not leads_h[0] <= lead_h <= leads_h[-1]:
        return None
    costs = np.where(line.uncertain, np.nan, line.delta_v_m_s)
    cost = float(np.interp(lead_h, leads_h, costs))
    return cost if math.isfinite(cost) else None


def trade_plot(event: EventRecord) -> Plot | None:
    """Delta-v against lead time of each object that can manoeuvre; None where no manoeuvre reaches the target."""
    lines = [line for trade in event.trades for line in _lines(trade)]
    useful = tuple(line for line in lines if np.nansum(line.delta_v_m_s) > 0)
    if not useful:
        return None
    act = next((act for act in event.commands if act.object_id == event.deadline_object), None)
    last = act.burn if act else event.deadline  # records of version 0.1 hold the deadline alone
    last_burn_h = None if last is None else (event.tca - last) / 3600.0
    last_burn_text = "" if last is None else f"last useful burn {minute_text(last)} UTC"
    target_km, target_pc = event.trades[0].target_km, event.trades[0].target_pc
    unsure = any(line.uncertain.any() for line in useful)
    or_pc = "" if target_pc is None else f", or Pc to {pc_threshold_text(target_pc)}"
    return Plot(
        name=f"event-{event.event_id}-trade",
        kind="trade",
        title=f"Delta-v along the track that brings the miss of {event.primary} and {event.secondary} to "
        f"{short(target_km)} km{or_pc}, by lead time",
        alt=_alt(event, useful, target_km, last_burn_h),
        caption=(
            "The smallest change of speed along the track that is enough, if made so long before TCA; it waves with "
            "the revolutions and grows as TCA comes near. Hatched: after the last useful burn."
            + (" Open circles: 10 minutes earlier or later change the size by more than a tenth." if unsure else "")
            + (" For Pc: to the green level, with the covariance held; a green event needs both." if target_pc else "")
        ),
        columns=(
            "object",
            "lead_time_h",
            "delta_v_m_s",
            "target_km",
            "delta_v_for_pc_m_s",
            "target_pc",
            "uncertain",
            "uncertain_for_pc",
        ),
        rows=tuple(
            (
                trade.object_id,
                lead_h,
                delta_v,
                trade.target_km,
                dict(trade.pc_rows).get(lead_h),
                trade.target_pc,
                lead_h in trade.uncertain_h,
                lead_h in trade.pc_uncertain_h if trade.pc_rows else None,
            )
            for trade in event.trades
            for lead_h, delta_v in trade.rows
        ),
        drawing=TradeDrawing(
            heading=f"{event.primary} – {event.secondary}",
            subheading=f"Delta-v for a miss of {short(target_km)} km{or_pc} · TCA {second_text(event.tca)}",
            tca=event.tca,
            lines=useful,
            last_burn_h=last_burn_h,
            last_burn_text=last_burn_text,
        ),
    )


def _lines(trade: TradeRecord) -> list[TradeLine]:
    """For the distance, and for the probability where there is one."""
    found = [_line(trade.object_id, trade.rows, trade.uncertain_h)]
    if trade.target_pc is not None and trade.pc_rows:
        found.append(_line(f"{trade.object_id}, for Pc", trade.pc_rows, trade.pc_uncertain_h))
    return found


def _line(name: str, sizes: Sequence[tuple[float, float | None]], uncertain_h: Sequence[float]) -> TradeLine:
    """By rising lead time; a delta-v against the motion counts by its size."""
    rows = sorted(sizes, key=lambda row: row[0])
    return TradeLine(
        name=name,
        leads_h=np.array([lead_h for lead_h, _ in rows]),
        delta_v_m_s=np.abs(np.array([delta_v for _, delta_v in rows], dtype=np.float64)),
        uncertain=np.array([lead_h in uncertain_h for lead_h, _ in rows]),
    )


def _alt(event: EventRecord, lines: tuple[TradeLine, ...], target_km: float, last_burn_h: float | None) -> str:
    parts = [f"Delta-v along the track that brings the miss from {short(event.miss_km)} km to {short(target_km)} km."]
    for line in lines:
        known = np.flatnonzero(np.isfinite(line.delta_v_m_s))
        first, last = known[-1], known[0]
        parts.append(
            f"{line.name}: {short(line.delta_v_m_s[first])} m/s {short(line.leads_h[first])} h before TCA, "
            f"{short(line.delta_v_m_s[last])} m/s {short(line.leads_h[last])} h before."
        )
        cost = None if last_burn_h is None else cost_at(line, last_burn_h)
        if cost is not None and last_burn_h is not None:
            parts.append(f"At the last useful burn, {short(last_burn_h)} h before TCA, {short(cost)} m/s.")
    return " ".join(parts)
