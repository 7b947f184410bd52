"""The covariance at an instant, from those delivered before and after it.

Each neighbour is carried to the instant by the transition matrix of the motion itself, and the two are blended by the
time from each (Hall 2019, Covariance interpolation, for NASA's CARA; Tanygin 2014): exact at the delivered ones,
positive definite whenever they are, right in between as far as the motion is. Interpolating entries or logarithms
loses up to 99 % of the error along an eccentric orbit, because that error follows the speed.

A covariance belongs to its arc and is never carried out of it: what follows is another motion.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nearpass.astro.bodies import Body
from nearpass.astro.local_axes import tnw_axes
from nearpass.ephemeris.trajectory import ROUNDING_S, Arc
from nearpass.ephemeris.transition import transition

FloatArray = NDArray[np.float64]

MOST_INDEFINITE: Final = 1e-3
"""Most negative eigenvalue, of the matrix scaled to unit variances, that few printed digits may explain."""
LEAST_EIGENVALUE: Final = 1e-9
"""To which a repaired one is raised, on the same scale: far below any printed digit, far above rounding."""
MOST_BEYOND_S: Final = 86_400.0
"""How far a covariance is carried on beyond the first and the last one of its arc: farther away the errors of the
forces, which no transition matrix holds, may have grown to more than the covariance says."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DeliveredCovariance:
    """Covariance ``(6, 6)`` in ICRF axes; ``matrix`` is None where a delivered one is too indefinite to use.

    ``lowest`` is the smallest eigenvalue, scaled to unit variances, of what was delivered, None where that is positive.
    ``beyond_s`` is the time from the nearest delivered one where the instant lies before the first or after the last,
    negative before, else 0. ``position_only`` says that none of the velocity was delivered: its part is zero.
    """

    matrix: FloatArray | None
    lowest: float | None
    beyond_s: float = 0.0
    position_only: bool = False


def covariance_at(arc: Arc, offset_s: float, body: Body, pole: FloatArray) -> DeliveredCovariance | None:
    """Covariance at an instant of an arc; None where none was delivered near enough.

    A matrix that is slightly indefinite, as printed digits make it, is repaired first (:func:`repaired`). Beyond the
    first and the last one the nearest is carried on, for a day at most. Covariances of the position alone cannot be
    carried by the motion: they turn with the path and stretch along it with the speed, and are not carried on.

    Args:
        arc: With its covariances.
        offset_s: The instant, inside the arc.
        body: The body at the centre.
        pole: Unit vector of its axis in ICRF axes.
    """
    table = arc.covariances
    if table is None or not len(table.offsets_s):
        return None
    offsets_s, motion = table.offsets_s, table.motion or arc
    nearest_s = float(offsets_s[np.argmin(np.abs(offsets_s - offset_s))])
    offset_s = nearest_s if abs(nearest_s - offset_s) <= ROUNDING_S else offset_s
    right = int(np.searchsorted(offsets_s, offset_s))
    at_node = right < len(offsets_s) and offsets_s[right] == offset_s
    between = not at_node and 0 < right < len(offsets_s)
    chosen = [right - 1, right] if between else [min(right, len(offsets_s) - 1)]
    beyond_s = 0.0 if at_node or between else offset_s - float(offsets_s[chosen[0]])
    found = [repaired(matrix) for matrix in table.matrices[chosen]]
    alone = any(one.position_only for one in found)
    if abs(beyond_s) > (0.0 if alone else MOST_BEYOND_S):
        return None
    lowest = min((one.lowest for one in found if one.lowest is not None), default=None)
    usable = [one.matrix for one in found if one.matrix is not None]
    if len(usable) < len(found):
        return DeliveredCovariance(matrix=None, lowest=lowest, beyond_s=beyond_s)
    weights = np.ones(1)
    if between:
        late = (offset_s - offsets_s[right - 1]) / (offsets_s[right] - offsets_s[right - 1])
        weights = np.array([1.0 - late, late])
    matrix = np.zeros((6, 6))
    with np.errstate(all="ignore"):  # what a motion through the very centre gives is found below
        for weight, node_s, one in zip(weights, offsets_s[chosen].tolist(), usable, strict=True):
            carried = _turn(motion, node_s, offset_s) if alone else transition(motion, node_s, offset_s, body, pole)
            matrix += weight * _mapped(one, carried)
    if not np.isfinite(matrix).all():
        return None
    if alone:
        matrix[3:] = matrix[:, 3:] = 0.0
    return DeliveredCovariance(matrix=matrix, lowest=lowest, beyond_s=beyond_s, position_only=alone)


def repaired(matrix: FloatArray) -> DeliveredCovariance:
    """A delivered covariance ``(6, 6)``, made positive definite if printed digits may explain that it is not.

    Its eigenvalues, scaled to unit variances, are raised to a small positive one: the nearest such matrix in the
    Frobenius norm (Higham 1988, theorem 2.1). A velocity part of zeros means that none was delivered.
    """
    if not matrix[3:].any():
        found = _repaired(matrix[:3, :3])
        whole = None if found.matrix is None else np.pad(found.matrix, (0, 3))
        return DeliveredCovariance(matrix=whole, lowest=found.lowest, position_only=True)
    return _repaired(matrix)


def _repaired(matrix: FloatArray) -> DeliveredCovariance:
    variances = np.diag(matrix)
    if not (variances > 0).all():
        return DeliveredCovariance(matrix=None, lowest=float(variances.min()))
    scale = np.outer(np.sqrt(variances), np.sqrt(variances))
    values, vectors = np.linalg.eigh(matrix / scale)
    lowest = float(values[0])
    if lowest > 0:
        return DeliveredCovariance(matrix=matrix, lowest=None)
    if lowest < -MOST_INDEFINITE:
        return DeliveredCovariance(matrix=None, lowest=lowest)
    raised = (vectors * np.maximum(values, LEAST_EIGENVALUE)) @ vectors.T * scale
    return DeliveredCovariance(matrix=(raised + raised.T) / 2.0, lowest=lowest)


def _mapped(covariance: FloatArray, matrix: FloatArray) -> FloatArray:
    mapped = matrix @ covariance @ matrix.T
    return np.asarray((mapped + mapped.T) / 2.0)


def _turn(motion: Arc, start_s: float, stop_s: float) -> FloatArray:
    """Matrix ``(6, 6)`` that turns errors of the position with the path and stretches them along it with the speed."""
    states = motion.state(np.array([start_s, stop_s]))
    before, after = tnw_axes(*states)
    speeds_km_s = np.linalg.norm(states[1], axis=1)
    stretch = np.diag([speeds_km_s[1] / speeds_km_s[0], 1.0, 1.0])
    return np.kron(np.eye(2), after.T @ stretch @ before)
