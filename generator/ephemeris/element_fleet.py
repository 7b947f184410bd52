"""Many element sets propagated together with SGP4: positions at any times, in the axes of SGP4 or of the ICRF.

Distances are the same in both. A fleet of element sets alone is spared the rotation; one that is screened with
ephemerides in ICRF axes needs it.

A fleet travels between processes as the numbers that SGP4 was initialised with, which give the same propagator again.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sgp4.api import WGS72, Satrec, SatrecArray

from nearpass.astro.axes import axes_named
from nearpass.astro.epochs import DAY_S, Epoch
from nearpass.astro.frames import Frame

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]

_JD_OF_SGP4: Final = 2_433_281.5  # sgp4init counts its epoch from 1949-12-31
_NUMBERS: Final = (
    "jdsatepoch", "jdsatepochF", "bstar", "ndot", "nddot", "ecco", "argpo", "inclo", "mo", "no_kozai", "nodeo",
)  # fmt: skip


class ElementFleet:
    """Objects by their propagators, in the order of ``ids``; offsets count from ``epoch``.

    SGP4 counts days of 86 400 s of UTC, and so does this: ``elements_epoch`` is the instant of ``satellites[0]``'s
    epoch, and any other differs from it by as many days as their Julian dates do.
    """

    def __init__(
        self,
        ids: Sequence[str],
        satellites: Sequence[Satrec],
        elements_epoch: Epoch,
        epoch: Epoch,
        *,
        in_icrf: bool = False,
    ) -> None:
        self.ids = tuple(ids)
        self.epoch = epoch
        self.satellites = tuple(satellites)
        self._elements_epoch = elements_epoch
        self._day = satellites[0].jdsatepoch
        self._fraction = satellites[0].jdsatepochF + (epoch - elements_epoch) / DAY_S
        self.frame = Frame(center="EARTH", axes="ICRF" if in_icrf else "TEME")

    def __reduce__(self) -> tuple[object, ...]:
        numbers = np.array([[getattr(one, name) for name in _NUMBERS] for one in self.satellites])
        return _restored, (self.ids, numbers, self._elements_epoch, self.epoch, self.frame.axes == "ICRF")

    def sampled_km(self, rows: IndexArray, offsets_s: FloatArray) -> FloatArray:
        """Positions ``(n, T, 3)`` of some objects at common times ``(T,)``; NaN where SGP4 gives none."""
        faults, teme_km, _ = SatrecArray([self.satellites[row] for row in rows.tolist()]).sgp4(*self._dates(offsets_s))
        teme_km[faults != 0] = np.nan
        return self._turned(teme_km, offsets_s)

    def scattered_km(self, rows: IndexArray, offsets_s: FloatArray) -> FloatArray:
        """Positions ``(n, T, 3)`` at times ``(n, T)`` of their own; rows may repeat, in ascending order."""
        teme_km = np.empty((*offsets_s.shape, 3))
        days, fractions = self._dates(offsets_s)
        cuts = np.flatnonzero(np.diff(rows, prepend=-1, append=-1)).tolist()
        for first, last in pairwise(cuts):
            one = self.satellites[rows[first]]
            faults, found_km, _ = one.sgp4_array(days[first:last].ravel(), fractions[first:last].ravel())
            found_km[faults != 0] = np.nan
            teme_km[first:last] = found_km.reshape(last - first, -1, 3)
        return self._turned(teme_km.reshape(-1, 3), offsets_s.ravel()).reshape(teme_km.shape)

    def arc_numbers(self, edges_s: FloatArray, covered: BoolArray) -> IndexArray:
        """One arc an object, ``(N, K)``; -1 where not covered."""
        return np.where(covered, np.arange(len(self.ids))[:, None], -1) if len(edges_s) else np.empty((0, 0), np.intp)

    def breaks_s(self) -> FloatArray:
        """Element sets hold at any time."""
        return np.empty(0)

    def _turned(self, teme_km: FloatArray, offsets_s: FloatArray) -> FloatArray:
        """Positions ``(..., T, 3)`` at times ``(T,)`` in the fleet's axes."""
        if self.frame.axes != "ICRF":
            return teme_km
        rotation, _ = axes_named("TEME").to_icrf(self.epoch, offsets_s)
        return np.asarray(np.matmul(rotation, teme_km[..., None])[..., 0])

    def _dates(self, offsets_s: FloatArray) -> tuple[FloatArray, FloatArray]:
        fraction = self._fraction + offsets_s / DAY_S
        whole = np.floor(fraction)
        return self._day + whole, fraction - whole


def _restored(
    ids: Sequence[str], numbers: FloatArray, elements_epoch: Epoch, epoch: Epoch, in_icrf: bool
) -> ElementFleet:
    satellites = []
    for day, fraction, *elements in numbers.tolist():
        one = Satrec()
        one.sgp4init(WGS72, "i", 0, day + fraction - _JD_OF_SGP4, *elements)
        one.jdsatepoch, one.jdsatepochF = day, fraction
        satellites.append(one)
    return ElementFleet(ids, satellites, elements_epoch, epoch, in_icrf=in_icrf)
