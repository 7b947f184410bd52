"""Independent reference for large fleets: sgp4 every two seconds, a tree at each, every minimum refined on sgp4."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.spatial import KDTree
from sgp4.api import Satrec, SatrecArray

DAY_S: Final = 86_400.0
FASTEST_KM_S: Final = 16.5  # two objects near Earth's surface, head on, at escape from circular speeds
CHUNK: Final = 120
ROUNDING_KM: Final = 1e-9  # of SGP4's positions in double precision


@dataclass(frozen=True, slots=True, kw_only=True)
class Minimum:
    """A local minimum of the distance of two rows; ``blur_s`` is within what rounding leaves its time open."""

    first: int
    second: int
    offset_s: float
    miss_km: float
    at_boundary: bool
    blur_s: float


def dense_minima(
    satellites: Sequence[Satrec], window_s: tuple[float, float], limit_km: float, *, step_s: float = 2.0
) -> list[Minimum]:
    """All minima below the limit; offsets count from the epoch of the first satellite, whose epoch all share."""
    fleet, epoch = SatrecArray(list(satellites)), (satellites[0].jdsatepoch, satellites[0].jdsatepochF)
    count = round((window_s[1] - window_s[0]) / step_s)
    offsets_s = np.linspace(window_s[0], window_s[1], count + 1)
    radius_km = limit_km + FASTEST_KM_S * (offsets_s[1] - offsets_s[0]) / 2
    found: list[Minimum] = []
    for first in range(0, count + 1, CHUNK):
        begin, end = max(first - 1, 0), min(first + CHUNK + 1, count + 1)
        fraction = epoch[1] + offsets_s[begin:end] / DAY_S
        positions_km = fleet.sgp4(np.full(end - begin, epoch[0]), fraction)[1]
        for at in range(first, min(first + CHUNK, count + 1)):
            here = at - begin
            pairs = KDTree(positions_km[:, here]).query_pairs(radius_km, output_type="ndarray")
            sides = [here + side for side in (-1, 0, 1) if 0 <= at + side <= count]
            apart_km = [
                np.linalg.norm(positions_km[pairs[:, 0], k] - positions_km[pairs[:, 1], k], axis=1) for k in sides
            ]
            middle_km = apart_km[sides.index(here)]
            low = np.ones(len(pairs), dtype=bool)
            for side, distance_km in zip(sides, apart_km, strict=True):
                low &= (middle_km <= distance_km) if side <= here else (middle_km < distance_km)
            reach = (offsets_s[max(at - 1, 0)], offsets_s[min(at + 1, count)])
            found += [_refined(satellites, epoch, int(min(p)), int(max(p)), reach, window_s) for p in pairs[low]]
    return sorted(
        (one for one in found if one.miss_km < limit_km), key=lambda one: (one.first, one.second, one.offset_s)
    )


def _refined(
    satellites: Sequence[Satrec],
    epoch: tuple[float, float],
    first: int,
    second: int,
    reach_s: tuple[float, float],
    window_s: tuple[float, float],
) -> Minimum:
    def distance_km(offset_s: float) -> float:
        one, two = (satellites[k].sgp4(epoch[0], epoch[1] + offset_s / DAY_S)[1] for k in (first, second))
        return float(np.linalg.norm(np.subtract(one, two)))

    middle_s = sum(reach_s) / 2
    best = minimize_scalar(
        lambda shift_s: distance_km(middle_s + shift_s),
        bounds=(reach_s[0] - middle_s, reach_s[1] - middle_s),
        method="bounded",
        options={"xatol": 1e-7},
    )
    offset_s, miss_km = middle_s + float(best.x), float(best.fun)
    end = next((edge for edge in window_s if edge in reach_s and distance_km(edge) <= miss_km + ROUNDING_KM), None)
    if end is not None:
        offset_s, miss_km = end, distance_km(end)
    bend = max(distance_km(offset_s + 1.0) + distance_km(offset_s - 1.0) - 2 * miss_km, 1e-12)
    return Minimum(
        first=first,
        second=second,
        offset_s=offset_s,
        miss_km=miss_km,
        at_boundary=end is not None,
        blur_s=float(np.sqrt(4.0 * ROUNDING_KM / bend)),
    )
