"""The errors of an object's predictions as the archive's own comparisons show them, as a model to be used."""

from __future__ import annotations

from typing import Final

import numpy as np

from nearpass.encounter.uncertainty import DeclaredModel
from nearpass.record.realism import independent, timing_fit
from nearpass.record.record import ObjectRecord

LEAST_SIGMA_KM: Final = 1e-6
"""No comparison of printed states tells less than a millimetre."""


def learned_model(before: ObjectRecord | None, least: int) -> DeclaredModel | None:
    """The model that an object's independent comparisons fit; None with fewer than ``least`` of them.

    Radial and normal sigmas are root mean squares. Along the track all of the error is timing, fitted with its growth,
    so that the transverse sigma of the rest is that of the radial one.

    Args:
        before: The object as the cycle before left it: this cycle's own comparison must not judge itself.
        least: How many comparisons are asked for.
    """
    errors = independent(before.prediction_errors) if before is not None else ()
    if len(errors) < max(1, least):
        return None
    radial_km, _, normal_km = np.sqrt(np.mean(np.square([error.error_rtn_km for error in errors]), axis=0))
    timing_s, growth_s_per_day = timing_fit(errors)
    return DeclaredModel(
        radial_km=max(float(radial_km), LEAST_SIGMA_KM),
        transverse_km=max(float(radial_km), LEAST_SIGMA_KM),
        normal_km=max(float(normal_km), LEAST_SIGMA_KM),
        timing_s=timing_s,
        timing_growth_s_per_day=growth_s_per_day,
        source=f"{len(errors)} independent comparisons of earlier predictions with later deliveries",
        comparisons=len(errors),
    )
