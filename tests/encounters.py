"""Encounters from plain arrays."""

from typing import Any

import numpy as np

from fleets import CUTOFF
from nearpass.astro.epochs import Epoch
from nearpass.astro.frames import Frame
from nearpass.encounter.geometry import Encounter
from nearpass.encounter.pc_encounter import PcInput
from nearpass.encounter.uncertainty import Basis, Covariance, State


def state_of(
    object_id: str,
    position_km: np.ndarray,
    velocity_km_s: np.ndarray,
    matrix: np.ndarray | None = None,
    *,
    center: str = "MARS",
    epoch: Epoch = CUTOFF,
) -> State:
    """A state in ICRF axes with a delivered covariance, or without one."""
    known = None
    if matrix is not None:
        known = Covariance(object_id=object_id, epoch=epoch, axes="ICRF", matrix=matrix, basis=Basis.DELIVERED)
    return State(
        object_id=object_id,
        frame=Frame(center=center, axes="ICRF"),
        epoch=epoch,
        position_km=position_km,
        velocity_km_s=velocity_km_s,
        covariance=known,
    )


def encounter_of(
    *,
    primary_position_km: np.ndarray,
    primary_velocity_km_s: np.ndarray,
    secondary_position_km: np.ndarray,
    secondary_velocity_km_s: np.ndarray,
    primary_covariance: np.ndarray | None = None,
    secondary_covariance: np.ndarray | None = None,
    center: str = "MARS",
) -> Encounter:
    """Both states with their covariances ``(6, 6)``, if any."""
    return Encounter(
        primary=state_of("A", primary_position_km, primary_velocity_km_s, primary_covariance, center=center),
        secondary=state_of("B", secondary_position_km, secondary_velocity_km_s, secondary_covariance, center=center),
    )


def pc_input(*, hbr_km: float, span_s: tuple[float, float] | None = None, **states: Any) -> PcInput:
    """What a probability is computed from; ``states`` as in `encounter_of`."""
    return PcInput(encounter=encounter_of(**states), hbr_km=hbr_km, span_s=span_s)
