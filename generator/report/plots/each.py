"""Plots made one by one: one that fails is replaced by one that says why, and the others are made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from matplotlib.figure import Figure

from nearpass.errors import understood
from nearpass.report.plots.plot import Plot

Maker = tuple[str, Callable[[], Plot | None]]
"""The name that a plot has, and what makes it; it gives None where there is nothing to show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LostDrawing:
    """In the place of a drawing: why there is none."""

    reason: str

    def figure(self) -> Figure:
        """The words alone."""
        figure = Figure(figsize=(5.2, 1.2))
        figure.text(0.5, 0.5, f"This plot could not be made:\n{self.reason}.", ha="center", va="center", wrap=True)
        return figure


def each(makers: tuple[Maker, ...]) -> tuple[Plot, ...]:
    """The plots that there are, in their order."""
    made = [_made(*maker) for maker in makers]
    return tuple(plot for plot in made if plot is not None)


def _made(name: str, make: Callable[[], Plot | None]) -> Plot | None:
    try:
        return make()
    except Exception as error:  # noqa: BLE001  # whatever it is, it is this plot alone
        reason = understood(error).rule
        return Plot(
            name=name,
            kind="lost",
            title="This plot could not be made",
            alt=f"There is no picture: {reason}.",
            caption="That it is missing says nothing about the risk.",
            columns=("reason",),
            rows=((reason,),),
            drawing=LostDrawing(reason=reason),
        )
