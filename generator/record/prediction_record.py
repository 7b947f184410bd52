"""The parts of a stored record that tell how well an object was predicted."""

from __future__ import annotations

from dataclasses import dataclass

from nearpass.astro.fields import EpochText, Vector
from nearpass.record.releasing import Open

Matrix3 = tuple[Vector, Vector, Vector]


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictedState:
    """Where a delivery puts an object at an instant, ICRF axes, and its RTN covariance in km**2, if it gives one."""

    at: Open[EpochText]
    position_km: Open[Vector]
    velocity_km_s: Open[Vector]
    covariance_rtn_km2: Open[Matrix3 | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """What one cycle's delivery predicts, once a day, for later cycles to judge."""

    cycle_id: Open[str]
    sha256: Open[str]
    created: Open[EpochText]
    states: Open[tuple[PredictedState, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionError:
    """An earlier prediction against a later delivery: predicted minus later, in the later one's RTN axes.

    ``lead_s`` is from the making of the earlier delivery to the instant; ``timing_s`` is how late the object was
    predicted; ``mahalanobis_squared`` is the error measured by both deliveries' covariances together, None unless both
    gave one.
    """

    cycle_id: Open[str]
    lead_s: Open[float]
    error_rtn_km: Open[Vector]
    timing_s: Open[float]
    mahalanobis_squared: Open[float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionQuality:
    """What the comparisons of an object say together, ``count`` of them.

    ``timing_s`` and ``timing_growth_s_per_day`` are the declared model that fits them best (one sigma), ``rms_rtn_km``
    the root mean squares of the errors. ``mean_mahalanobis_squared`` would be 3 for honest covariances, and
    ``realism_p`` is the chance of squared distances as odd as these if they are (Cramer-von Mises against chi-square
    with 3 degrees of freedom); both are None without covariances or with fewer than five of them.
    """

    count: Open[int]
    timing_s: Open[float]
    timing_growth_s_per_day: Open[float]
    rms_rtn_km: Open[Vector]
    mean_mahalanobis_squared: Open[float | None]
    realism_p: Open[float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredRecord:
    """The publisher's model of an object's prediction errors (one sigma), as configured; ``source`` in words.

    ``timing_s`` holds when the ephemeris was made and grows by ``timing_growth_s_per_day``.
    """

    radial_km: Open[float]
    transverse_km: Open[float]
    normal_km: Open[float]
    timing_s: Open[float]
    timing_growth_s_per_day: Open[float]
    source: Open[str]
