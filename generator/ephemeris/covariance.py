"""The covariance at an instant, from those delivered before and after it.

Each neighbour is carried to the instant by the transition matrix of the motion itself, and the two are blended by the
time from each (Hall 2019, Covariance interpolation, for NASA's CARA; Tanygin 2014): exact at the delivered ones,
positive definite whenever they are, right in between as far as the motion is. Interpolating entries or logarithms
loses up to 99 % of the error along an eccentric orbit, because that error follows the speed.

A covariance belongs to its arc and is never carried out of it: what follows is another motion.
"""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from nearpass.astro.bodies import Body
from nearpass.astro.local_axes import tnw_axes
from nearpass.ephemeris.trajectory import ROUNDING_S, Arc
from nearpass.ephemeris.transition import transition
from nearpass.reasons.probabilities import (
    CovarianceCarried,
    CovarianceOfPosition,
    CovarianceRemarks,
    CovarianceRepaired,
)

FloatArray = NDArray[np.float64]

MOST_INDEFINITE: Final = 1e-3
"""Most negative eigenvalue, of the matrix scaled to unit variances, that few printed digits may explain."""
LEAST_EIGENVALUE: Final = 1e-9
"""To which a repaired one is raised, on the same scale: far below any printed digit, far above rounding."""
MOST_BEYOND_S: Final = 86_400.0
"""How far a covariance is carried on beyond the first and the last one of its arc: farther away the errors of the
forces, which no transition matrix holds, may have grown to more than the covariance says."""


def covariance_at(
    arc: Arc, offset_s: float, body: Body, pole: FloatArray
) -> tuple[FloatArray | None, CovarianceRemarks]:
    """Covariance ``(6, 6)`` at an instant of an arc, in the axes of its states, and what was done to it.

    None where none was delivered near enough, or where one is too indefinite to use.

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
        return None, ()
    offsets_s, motion = table.offsets_s, table.motion or arc
    nearest_s = float(offsets_s[np.argmin(np.abs(offsets_s - offset_s))])
    offset_s = nearest_s if abs(nearest_s - offset_s) <= ROUNDING_S else offset_s
    right = int(np.searchsorted(offsets_s, offset_s))
    at_node = right < len(offsets_s) and offsets_s[right] == offset_s
    between = not at_node and 0 < right < len(offsets_s)
    chosen = [right - 1, right] if between else [min(right, len(offsets_s) - 1)]
    beyond_s = 0.0 if at_node or between else offset_s - float(offsets_s[chosen[0]])
    found = [repaired(matrix) for matrix in table.matrices[chosen]]
    alone = any(not matrix[3:].any() for matrix in table.matrices[chosen])
    if abs(beyond_s) > (0.0 if alone else MOST_BEYOND_S):
        return None, ()
    lowest = min((low for _, low in found if low is not None), default=None)
    usable = [matrix for matrix, _ in found if matrix is not None]
    if len(usable) < len(found):
        return None, _remarks("covariance_refused", lowest)
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
        return None, ()
    remarks = _remarks("covariance_repaired", lowest)
    if beyond_s:
        remarks += (CovarianceCarried(beyond_s=beyond_s),)
    if alone:
        matrix[3:] = matrix[:, 3:] = 0.0
        remarks += (CovarianceOfPosition(),)
    return matrix, remarks


def repaired(matrix: FloatArray) -> tuple[FloatArray | None, float | None]:
    """A delivered covariance ``(6, 6)``, made positive definite if printed digits may explain that it is not.

    None where they may not. Beside it the smallest eigenvalue of what was delivered, scaled to unit variances; None
    where that is positive.

    Its eigenvalues, scaled to unit variances, are raised to a small positive one: the nearest such matrix in the
    Frobenius norm (Higham 1988, theorem 2.1). A velocity part of zeros means that none was delivered.
    """
    if not matrix[3:].any():
        found, lowest = _repaired(matrix[:3, :3])
        return None if found is None else np.pad(found, (0, 3)), lowest
    return _repaired(matrix)


def _repaired(matrix: FloatArray) -> tuple[FloatArray | None, float | None]:
    variances = np.diag(matrix)
    if not (variances > 0).all():
        return None, float(variances.min())
    scale = np.outer(np.sqrt(variances), np.sqrt(variances))
    values, vectors = np.linalg.eigh(matrix / scale)
    lowest = float(values[0])
    if lowest > 0:
        return matrix, None
    if lowest < -MOST_INDEFINITE:
        return None, lowest
    raised = (vectors * np.maximum(values, LEAST_EIGENVALUE)) @ vectors.T * scale
    return (raised + raised.T) / 2.0, lowest


def _remarks(rule: Literal["covariance_repaired", "covariance_refused"], lowest: float | None) -> CovarianceRemarks:
    if lowest is None:
        return ()
    raised_to = LEAST_EIGENVALUE if rule == "covariance_repaired" else None
    return (CovarianceRepaired(rule=rule, lowest=lowest, raised_to=raised_to),)


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
