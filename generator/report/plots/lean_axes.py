"""Axes whose ticks cost little: one tick object draws all ticks of an axis, where matplotlib makes one a tick."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import XAxis, YAxis
from matplotlib.backend_bases import RendererBase
from matplotlib.patches import Patch
from matplotlib.ticker import NullLocator


class LeanAxes(Axes):
    """Axes that draw all ticks of an axis with one tick object: making one a tick is half the cost of a figure."""

    def _init_axis(self) -> None:
        self.xaxis = _LeanXAxis(self, clear=False)
        self.spines.bottom.register_axis(self.xaxis)
        self.spines.top.register_axis(self.xaxis)
        self.yaxis = _LeanYAxis(self, clear=False)
        self.spines.left.register_axis(self.yaxis)
        self.spines.right.register_axis(self.yaxis)

    def _update_patch_limits(self, patch: Patch) -> None:
        """Let the limits hold the corners of an outline; where its curves bulge in between is not asked for."""
        across, up = patch.get_transform().contains_branch_seperately(self.transData)
        corners = patch.get_patch_transform().transform(np.asarray(patch.get_path().vertices))
        self.update_datalim(corners, updatex=across, updatey=up)


class _Lean:
    """How an axis draws itself: the same marks as matplotlib's own, in the same places and order.

    While it does, ``_boxes`` holds what its numbers take; whoever asks at another time gets a tick for each place.
    """

    def draw(self: Any, renderer: RendererBase) -> None:
        """Draw gridlines, marks, numbers and label."""
        if not isinstance(self.get_minor_locator(), NullLocator):
            super().draw(renderer)  # type: ignore[misc]  # of the axis that this is mixed into
            return
        if not self.get_visible():
            return
        self._boxes = []
        for tick in self._at_each_place():
            if tick.label1.get_visible():
                self._boxes.append(tick.label1.get_window_extent(renderer))
            tick.draw(renderer)
        self._update_label_position(renderer)
        self.label.draw(renderer)
        del self._boxes
        self.stale = False

    def _update_ticks(self: Any) -> list[Any]:
        if not hasattr(self, "_boxes"):
            return list(super()._update_ticks())  # type: ignore[misc]  # of the axis that this is mixed into
        return list(self.get_major_ticks(1)) if self._boxes else []  # the frame asks how far ticks reach

    def _get_tick_boxes_siblings(self: Any, renderer: RendererBase) -> Any:
        if not hasattr(self, "_boxes"):
            return super()._get_tick_boxes_siblings(renderer)  # type: ignore[misc]  # as above
        return self._boxes, []

    def _at_each_place(self: Any) -> Iterator[Any]:
        """The one tick, put to each place inside the view in turn."""
        places = np.asarray(self.get_majorticklocs())
        words = self.major.formatter.format_ticks(places)
        low, high = sorted(self.get_transform().transform(np.asarray(self.get_view_interval(), dtype=float)))
        slack = 1e-10 * (high - low)
        for place, at, text in zip(places, self.get_transform().transform(places), words, strict=True):
            if low - slack <= at <= high + slack:
                tick = self.get_major_ticks(1)[0]
                tick.update_position(place)
                tick.label1.set_text(text)
                tick.label2.set_text(text)
                yield tick


class _LeanXAxis(_Lean, XAxis):
    pass


class _LeanYAxis(_Lean, YAxis):
    pass
