"""A synthetic cycle whose numbers agree with each other: Keplerian orbits about Mars, screened by brute force.

Nothing here comes from the program under test but the record classes: orbits follow Kepler's equation, approaches
are the local minima on a one-minute grid, refined with the closed-form states. The fleet is invented: names are
those of real missions, orbits only resemble theirs. Three approaches are arranged (one red, one yellow, one at the
moon) and the rest is what Kepler gives.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

import risk_records
import solution_records
from nearpass.astro.epochs import DAY_S, Epoch
from nearpass.encounter.alert import Level
from nearpass.encounter.uncertainty import Basis
from nearpass.reasons.changes import LimitPassed, ListChanged, MissMoved
from nearpass.reasons.coverage import CoverageReasons, NoState, NotDelivered, PhaseUnknown
from nearpass.reasons.levels import CadAbove
from nearpass.reasons.motions import Step
from nearpass.reasons.probabilities import CovarianceDelivered, ErrorsShared, NoValue
from nearpass.record.command_record import ClosureRecord, CommandingRecord, CommandRecord
from nearpass.record.record import (
    SCHEMA,
    BodyRecord,
    BPlaneRecord,
    ChangeRecord,
    CrossingRecord,
    CycleRecord,
    DeclaredRecord,
    EventRecord,
    FunnelRecord,
    FunnelStep,
    HistoryPoint,
    InputRecord,
    NearestRecord,
    ObjectRecord,
    OrbitRecord,
    OrbitsRecord,
    PairRecord,
    PredictionError,
    PredictionQuality,
    ProbabilityRecord,
    Provenance,
    RangeProfile,
    SeasonRecord,
    Span,
    ThresholdsRecord,
    TogetherRecord,
    TrackRecord,
    TradeRecord,
    UncertaintyRecord,
    UncoveredSpan,
    Vector,
)

FloatArray = NDArray[np.float64]

CUT_OFF: Final = Epoch.parse("2021-03-15T00:00:00")
WINDOW_S: Final = 28.0 * DAY_S
GM_KM3_S2: Final = 42_828.375  # Mars, DE440
MARS: Final = BodyRecord(
    name="MARS", naif_id=499, equatorial_radius_km=3396.19, polar_radius_km=3376.2, gm_km3_s2=GM_KM3_S2
)
THRESHOLDS: Final = ThresholdsRecord(
    limit_km=100.0,
    crossing_limit_km=15.0,
    yellow_cad_km=15.0,
    red_cad_km=5.0,
    yellow_pc=1e-7,
    red_pc=1e-4,
    yellow_oxd_km=15.0,
    red_oxd_km=5.0,
)
PREDICTION_ERRORS: Final = tuple(
    PredictionError(
        cycle_id=f"2021-03-{15 - days:02d}T0000Z",
        lead_s=days * 86_400.0,
        error_rtn_km=(0.01 * days, -0.4 * days, 0.005 * days),
        timing_s=0.12 * days,
        mahalanobis_squared=0.7 * days,
    )
    for days in (1, 2, 3, 5, 7)
)
PREDICTION_QUALITY: Final = PredictionQuality(
    count=5,
    timing_s=0.1,
    timing_growth_s_per_day=0.14,
    rms_rtn_km=(0.04, 1.7, 0.02),
    mean_mahalanobis_squared=2.5,
    realism_p=0.4,
)
NO_PROBABILITY: Final = ProbabilityRecord(
    pc=None,
    method=None,
    why=(NoValue(rule="no_covariance"),),
    methods=(),
    mahalanobis_distance=None,
    max_pc=None,
    max_pc_scale=None,
    max_pc_missing=None,
    in_dilution=None,
    span_s=None,
    dilution=(),
    hbr_sensitivity=(),
    scale_plane=(),
)
RED_EVENT: Final = "MRO-TIANWEN-1-20210321T0412"
"""The red event of the sample cycle."""
HOSTILE_NAME: Final = "MGS $\\frac{1}{0}$ <b>&amp;</b> | `x` {{ 7*7 }}"
"""A name that breaks pages and plots which do not take text literally."""

_POLE: Final = tuple(np.radians([317.68143, 52.88650]))  # Mars at J2000, IAU WGCCRE 2009
_GRID_S: Final = 60.0
_BIN_S: Final = 10_080.0


def _rotation(angle_rad: float, axis: int) -> FloatArray:
    """Rotation of vectors about a coordinate axis."""
    cosine, sine = math.cos(angle_rad), math.sin(angle_rad)
    matrix = np.eye(3)
    first, second = (axis + 1) % 3, (axis + 2) % 3
    matrix[first, first] = matrix[second, second] = cosine
    matrix[first, second], matrix[second, first] = -sine, sine
    return matrix


EQUATOR_TO_ICRF: Final = _rotation(_POLE[0] + math.pi / 2, 2) @ _rotation(math.pi / 2 - _POLE[1], 0)


@dataclass(frozen=True)
class Kepler:
    """An orbit: unit vectors to periapsis and 90 degrees ahead in ICRF axes, mean anomaly at the cut-off."""

    a_km: float
    e: float
    to_periapsis: FloatArray
    ahead: FloatArray
    mean_anomaly_rad: float

    @property
    def mean_motion_rad_s(self) -> float:
        """Kepler's third law."""
        return math.sqrt(GM_KM3_S2 / self.a_km**3)

    @property
    def period_s(self) -> float:
        """One revolution."""
        return math.tau / self.mean_motion_rad_s

    @classmethod
    def from_elements(cls, a_km: float, e: float, i_deg: float, node_deg: float, w_deg: float, m_deg: float) -> Kepler:
        """From elements about the Martian equator."""
        i, node, w, m = np.radians([i_deg, node_deg, w_deg, m_deg])
        turn = EQUATOR_TO_ICRF @ _rotation(node, 2) @ _rotation(i, 0) @ _rotation(w, 2)
        return cls(a_km, e, turn[:, 0], turn[:, 1], m)

    @classmethod
    def from_state(cls, position_km: FloatArray, velocity_km_s: FloatArray, at_s: float) -> Kepler:
        """Through a state at ``at_s`` seconds after the cut-off (Vallado, algorithm 9, in vectors)."""
        radius = float(np.linalg.norm(position_km))
        momentum = np.cross(position_km, velocity_km_s)
        a_km = 1.0 / (2.0 / radius - velocity_km_s @ velocity_km_s / GM_KM3_S2)
        to_eccentricity = np.cross(velocity_km_s, momentum) / GM_KM3_S2 - position_km / radius
        e = float(np.linalg.norm(to_eccentricity))
        p = to_eccentricity / e
        q = np.cross(momentum / np.linalg.norm(momentum), p)
        sine = position_km @ q / (a_km * math.sqrt(1.0 - e * e))
        anomaly = math.atan2(sine, position_km @ p / a_km + e)
        mean = anomaly - e * math.sin(anomaly)
        return cls(a_km, e, p, q, mean - math.sqrt(GM_KM3_S2 / a_km**3) * at_s)

    def state(self, at_s: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Positions in km and velocities in km/s, each ``(N, 3)``, seconds after the cut-off."""
        mean = self.mean_anomaly_rad + self.mean_motion_rad_s * np.asarray(at_s, dtype=np.float64)
        anomaly = mean + self.e * np.sin(mean)
        for _ in range(12):
            anomaly -= (anomaly - self.e * np.sin(anomaly) - mean) / (1.0 - self.e * np.cos(anomaly))
        cosine, sine, root = np.cos(anomaly), np.sin(anomaly), math.sqrt(1.0 - self.e**2)
        rate = self.mean_motion_rad_s / (1.0 - self.e * cosine)
        position_km = self.a_km * (np.outer(cosine - self.e, self.to_periapsis) + root * np.outer(sine, self.ahead))
        velocity_km_s = (
            self.a_km * rate[:, None] * (np.outer(-sine, self.to_periapsis) + root * np.outer(cosine, self.ahead))
        )
        return position_km, velocity_km_s

    def at(self, at_s: float) -> tuple[FloatArray, FloatArray]:
        """One state, each ``(3,)``."""
        position_km, velocity_km_s = self.state(np.array([at_s]))
        return position_km[0], velocity_km_s[0]


def _rtn(position_km: FloatArray, velocity_km_s: FloatArray) -> FloatArray:
    """Rows R, T, N for states ``(N, 3)``: shape ``(N, 3, 3)``."""
    radial = position_km / np.linalg.norm(position_km, axis=-1, keepdims=True)
    normal = np.cross(position_km, velocity_km_s)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    return np.stack([radial, np.cross(normal, radial), normal], axis=-2)


def _meeting(host: Kepler, at_s: float, miss_km: float, turn_deg: float, a_km: float, e: float) -> Kepler:
    """An orbit of given size that passes the host at ``at_s`` at ``miss_km``, its course turned by ``turn_deg``."""
    position_km, velocity_km_s = host.at(at_s)
    radial, transverse, normal = _rtn(position_km[None], velocity_km_s[None])[0]
    radius = float(np.linalg.norm(position_km))
    speed2 = GM_KM3_S2 * (2.0 / radius - 1.0 / a_km)
    across = math.sqrt(GM_KM3_S2 * a_km * (1.0 - e * e)) / radius
    turn = math.radians(turn_deg)
    course = math.cos(turn) * transverse + math.sin(turn) * normal
    velocity = across * course + math.sqrt(max(0.0, speed2 - across**2)) * radial
    relative = velocity - velocity_km_s
    relative /= np.linalg.norm(relative)
    miss = radial + 0.6 * transverse
    miss -= (miss @ relative) * relative
    miss *= miss_km / np.linalg.norm(miss)
    return Kepler.from_state(position_km + miss, velocity, at_s)


@dataclass(frozen=True)
class Craft:
    """One invented object: its orbit, its record's fixed fields, and its sigmas (km and km a day)."""

    id: str
    name: str
    operator: str
    orbit: Kepler
    hbr_m: float | None
    radius_km: float | None
    lead_time_h: float | None
    covered_s: tuple[tuple[float, float], ...]
    sigma_rtn_km: Vector | None
    growth_km_per_day: float


@cache
def _fleet() -> tuple[Craft, ...]:
    """The objects that have an ephemeris, by id."""
    whole = ((0.0, WINDOW_S),)
    gap = ((0.0, 9.0 * DAY_S), (9.4 * DAY_S, WINDOW_S))
    mro = Kepler.from_elements(3680.0, 0.0086, 92.65, 40.0, 270.0, 10.0)
    ody = Kepler.from_elements(3790.0, 0.0105, 93.1, 110.0, 280.0, 200.0)
    tgo = Kepler.from_elements(3785.0, 0.0065, 74.0, 200.0, 30.0, 77.0)
    moon = Kepler.from_elements(9376.0, 0.0151, 1.08, 20.0, 150.0, 300.0)
    maven = _meeting(ody, 11.3 * DAY_S, 11.4, 63.0, 5720.0, 0.3720)
    tianwen = _meeting(mro, 6.1754 * DAY_S, 1.9, 48.0, 9500.0, 0.6130)
    mex = _meeting(moon, 17.62 * DAY_S, 21.0, 80.0, 8600.0, 0.5720)
    crafts = (
        Craft("MAVEN", "MAVEN", "NASA", maven, 6.0, None, 72.0, whole, None, 0.0),
        Craft("MEX", "Mars Express", "ESA", mex, 8.0, None, 96.0, whole, (2.1, 0.4, 2.1), 0.30),
        Craft("MRO", "Mars Reconnaissance Orbiter", "NASA/JPL", mro, 7.0, None, 72.0, whole, (0.02, 0.15, 0.02), 0.25),
        Craft("ODY", "Mars Odyssey", "NASA/JPL", ody, 6.0, None, 72.0, gap, (0.02, 0.2, 0.02), 0.20),
        Craft("PHOBOS", "Phobos", "natural", moon, None, 11.08, None, whole, (0.2, 0.6, 0.2), 0.0),
        Craft("TGO", "Trace Gas Orbiter", "ESA", tgo, 8.0, None, 96.0, ((0.0, 20.0 * DAY_S),), (0.03, 0.3, 0.03), 0.25),
        Craft("TIANWEN-1", "Tianwen-1", "CNSA", tianwen, 7.5, None, None, whole, (0.75, 0.9, 0.45), 0.30),
    )
    return tuple(sorted(crafts, key=lambda craft: craft.id))


def _plain(vector: FloatArray) -> Vector:
    return (float(vector[0]), float(vector[1]), float(vector[2]))


def _vectors(rows: FloatArray) -> tuple[Vector, ...]:
    return tuple(_plain(row) for row in np.round(rows, 6))


def _sigma_rtn_km(craft: Craft, at_s: float) -> FloatArray | None:
    """The transverse sigma grows with age, the others do not."""
    if craft.sigma_rtn_km is None:
        return None
    return np.array(craft.sigma_rtn_km) + np.array([0.0, craft.growth_km_per_day * at_s / DAY_S, 0.0])


def _uncertainty(craft: Craft, at_s: float) -> tuple[UncertaintyRecord, FloatArray] | None:
    sigma = _sigma_rtn_km(craft, at_s)
    if sigma is None:
        return None
    position_km, velocity_km_s = craft.orbit.at(at_s)
    axes = _rtn(position_km[None], velocity_km_s[None])[0]
    record = UncertaintyRecord(
        object_id=craft.id,
        basis=Basis.DELIVERED,
        source=CovarianceDelivered(file=f"{craft.id.lower()}_20210314.oem"),
        remark=(),
        sigma_rtn_km=_plain(sigma),
        timing_s=float(sigma[1] / np.linalg.norm(velocity_km_s)),
        covariance_rtn=tuple(map(tuple, np.diag(np.concatenate([sigma, sigma * 1e-3]) ** 2).tolist())),
    )
    return record, axes.T @ np.diag(sigma**2) @ axes


def _minima(first: Kepler, second: Kepler, at_s: FloatArray, distance_km: FloatArray) -> list[float]:
    """Times of the local minima below the limit, refined by Newton's method on the distance rate."""
    middle = distance_km[1:-1]
    valley = (middle <= distance_km[:-2]) & (middle <= distance_km[2:]) & (middle < THRESHOLDS.limit_km + 800.0)
    times = []
    for start_s in at_s[1:-1][valley]:
        best_s = float(start_s)
        for _ in range(8):
            (p, v), (q, w) = first.at(best_s), second.at(best_s)
            apart, rate = q - p, w - v
            pull = GM_KM3_S2 * (p / np.linalg.norm(p) ** 3 - q / np.linalg.norm(q) ** 3)
            best_s -= float(apart @ rate / (rate @ rate + apart @ pull))
        if np.linalg.norm(second.at(best_s)[0] - first.at(best_s)[0]) < THRESHOLDS.limit_km:
            times.append(best_s)
    return times


def _level(approach_km: float) -> Level:
    if approach_km < THRESHOLDS.red_cad_km:
        return Level.RED
    return Level.YELLOW if approach_km < THRESHOLDS.yellow_cad_km else Level.GREEN


def _history(
    event_id: str,
    tca: Epoch,
    miss_rtn_km: FloatArray,
    sigma_km: float | None,
    radius_km: float,
    pc_of: Callable[[FloatArray, float], float | None],
) -> tuple[HistoryPoint, ...]:
    """Six daily cycles that closed in on the present answer; some of the distant events are new.

    ``pc_of`` gives the probability for a miss in RTN and a factor on the sigmas.
    """
    if np.linalg.norm(miss_rtn_km) > 30.0 and int(event_id[-1]) % 2:
        return ()
    points = []
    drift = (0.0, 0.25, -0.4, 1.1, 0.7, 1.9, 2.6)
    for days in range(6, 0, -1):
        spread_km = (sigma_km or 2.0) * (1.0 + 0.35 * days)
        then = miss_rtn_km + drift[days] * spread_km * np.array([0.1, 0.9, -0.2])
        miss_km = float(np.linalg.norm(then))
        points.append(
            HistoryPoint(
                cycle_id=f"2021-03-{15 - days:02d}T0000Z",
                tca=tca + 0.31 * days,
                miss_km=miss_km,
                miss_rtn_km=_plain(then),
                level=_level(miss_km - radius_km),
                miss_sigma_km=None if sigma_km is None else sigma_km * (1.0 + 0.35 * days),
                pc=pc_of(then, 1.0 + 0.35 * days),
                b_plane_sigmas=None if sigma_km is None else miss_km / sigma_km / (1.0 + 0.35 * days),
            )
        )
    return tuple(points)


def _event(first: Craft, second: Craft, at_s: float) -> EventRecord:
    (p, v), (q, w) = first.orbit.at(at_s), second.orbit.at(at_s)
    axes = _rtn(p[None], v[None])[0]
    miss, relative = q - p, w - v
    miss_km, speed = float(np.linalg.norm(miss)), float(np.linalg.norm(relative))
    surface_km = miss_km - second.radius_km if second.radius_km else None
    known = [_uncertainty(craft, at_s) for craft in (first, second)]
    both = known[0][1] + known[1][1] if known[0] and known[1] else None
    sigma_km = float(np.sqrt(miss @ both @ miss) / miss_km) if both is not None else None
    along = relative / speed
    xi = axes[0] - (axes[0] @ along) * along
    xi /= np.linalg.norm(xi)
    plane = np.stack([xi, np.cross(along, xi)])
    flat = plane @ both @ plane.T if both is not None else None
    each = [plane @ item[1] @ plane.T for item in known if item]
    tca = CUT_OFF + at_s
    event_id = f"{first.id}-{second.id}-{tca.iso(digits=0)[:16].replace('-', '').replace(':', '')}"
    level = _level(miss_km if surface_km is None else surface_km)
    leads = [(craft.lead_time_h, craft.id) for craft in (first, second) if craft.lead_time_h]
    lead = min(leads) if leads and level is not Level.GREEN else None
    hbr_km = sum(craft.radius_km or (craft.hbr_m or 0.0) / 1000.0 for craft in (first, second))
    latitude_rad, longitude_rad, altitude_km = _place(p, at_s)

    def pc_of(miss_rtn_km: FloatArray, scale: float) -> float | None:
        if flat is None:
            return None
        return risk_records.disc_probability(plane @ axes.T @ miss_rtn_km, scale**2 * flat, hbr_km)

    return EventRecord(
        event_id=event_id,
        primary=first.id,
        secondary=second.id,
        tca=tca,
        miss_km=miss_km,
        surface_km=surface_km,
        relative_speed_km_s=speed,
        miss_rtn_km=_plain(axes @ miss),
        relative_velocity_rtn_km_s=_plain(axes @ relative),
        approach_angle_deg=math.degrees(math.acos(v @ w / np.linalg.norm(v) / np.linalg.norm(w))),
        at_boundary=False,
        level=level,
        reason=(_above(miss_km, surface_km),),
        approximate=(),
        deadline=tca + -lead[0] * 3600.0 if lead else None,
        deadline_object=lead[1] if lead else None,
        commands=(_last_command(tca, *lead),) if lead else (),
        altitude_km=altitude_km,
        latitude_deg=math.degrees(latitude_rad),
        longitude_east_deg=math.degrees(longitude_rad),
        light_time_s=786.0,
        sep_deg=64.0,
        primary_position_km=_plain(p),
        primary_velocity_km_s=_plain(v),
        secondary_position_km=_plain(q),
        secondary_velocity_km_s=_plain(w),
        uncertainty=tuple(item[0] for item in known if item),
        miss_sigma_km=sigma_km,
        miss_sigma_rtn_km=_plain(np.sqrt(np.diag(axes @ both @ axes.T))) if both is not None else None,
        probability=risk_records.probability(plane @ miss, *each, hbr_km) if flat is not None else NO_PROBABILITY,
        trades=_trades(first, second, at_s, plane, flat, hbr_km) if level is Level.RED else (),
        b_plane=BPlaneRecord(
            miss_xi_km=float(plane[0] @ miss),
            miss_zeta_km=float(plane[1] @ miss),
            hbr_km=hbr_km,
            covariance_km2=None
            if flat is None
            else ((float(flat[0, 0]), float(flat[0, 1])), (float(flat[1, 0]), float(flat[1, 1]))),
        ),
        track=_track(first.orbit, second.orbit, at_s),
        orbits=_orbits(first.orbit, second.orbit, at_s),
        history=_history(event_id, tca, axes @ miss, sigma_km, second.radius_km or 0.0, pc_of),
    )


LAST_BURN_H: Final = 6.0
"""Before the closest approach, of every object that can manoeuvre; an hour before it its commands must be up."""


def _commanding(craft: Craft) -> CommandingRecord | None:
    if craft.lead_time_h is None:
        return None
    return CommandingRecord(
        lead_time_h=craft.lead_time_h,
        uplink_h=1.0,
        last_burn_h=LAST_BURN_H,
        sep_min_deg=2.0,
        closures=(
            ClosureRecord(start=CUT_OFF, stop=CUT_OFF + DAY_S, limit="no commands", note=f"{craft.id} antenna upkeep"),
        ),
        passes=None,
    )


def _last_command(tca: Epoch, lead_h: float, object_id: str) -> CommandRecord:
    """The last decision of one that can manoeuvre, whose operator stops commanding before the burn."""
    uplink = tca + -3600.0 * (LAST_BURN_H + 1.0)
    return CommandRecord(
        object_id=object_id,
        decide=tca + -3600.0 * lead_h,
        uplink=uplink,
        burn=tca + -3600.0 * LAST_BURN_H,
        limit="no commands",
        closed_until=uplink + DAY_S,
        note=f"{object_id} antenna upkeep",
    )


def _trades(
    first: Craft, second: Craft, at_s: float, plane: FloatArray, flat: FloatArray | None, hbr_km: float
) -> tuple[TradeRecord, ...]:
    """What each that can manoeuvre needs to leave the yellow thresholds, by lead time back to the cut-off."""

    def pc_of(miss_km: FloatArray) -> float | None:
        return None if flat is None else risk_records.disc_probability(miss_km, flat, hbr_km)

    miss_km = plane @ (second.orbit.at(at_s)[0] - first.orbit.at(at_s)[0])
    leads_h = np.arange(1.0, at_s / 3600.0, 1.0)
    return tuple(
        risk_records.trade(
            craft.id,
            miss_km,
            THRESHOLDS.yellow_cad_km,
            leads_h,
            _shift(craft.orbit, at_s, sign * plane),
            target_pc=THRESHOLDS.yellow_pc,
            pc_of=pc_of,
        )
        for craft, sign in ((first, -1.0), (second, 1.0))
        if craft.lead_time_h
    )


def _shift(orbit: Kepler, at_s: float, plane: FloatArray) -> Callable[[float], FloatArray]:
    """Change of the miss in the B-plane by 1 m/s along the velocity, a lead time in s before."""
    step_km_s = 1e-4  # small against the orbit, large against rounding

    def shift(lead_s: float) -> FloatArray:
        position_km, velocity_km_s = orbit.at(at_s - lead_s)
        faster = velocity_km_s * (1.0 + step_km_s / np.linalg.norm(velocity_km_s))
        moved = Kepler.from_state(position_km, faster, at_s - lead_s).at(at_s)[0] - orbit.at(at_s)[0]
        return plane @ moved * (1e-3 / step_km_s)

    return shift


def _place(position_km: FloatArray, at_s: float) -> tuple[float, float, float]:
    """Planetocentric latitude, east longitude and height above the equatorial radius (enough for a test record)."""
    turned = EQUATOR_TO_ICRF.T @ position_km
    radius = float(np.linalg.norm(position_km))
    spin_rad = math.radians((176.630 + 350.89198226 * (7743.5 + at_s / DAY_S)) % 360.0)  # W of IAU WGCCRE 2009
    east_rad = (math.atan2(turned[1], turned[0]) - spin_rad) % math.tau
    return math.asin(turned[2] / radius), east_rad, radius - MARS.equatorial_radius_km


def _track(first: Kepler, second: Kepler, at_s: float) -> TrackRecord:
    (p, v), (q, w) = first.at(at_s), second.at(at_s)
    half_s = max(20.0, 6.0 * float(np.linalg.norm(q - p))) / float(np.linalg.norm(w - v))
    offsets_s = np.linspace(-half_s, half_s, 121)
    (p, v), (q, _) = first.state(at_s + offsets_s), second.state(at_s + offsets_s)
    relative = np.einsum("nij,nj->ni", _rtn(p, v), q - p)
    return TrackRecord(
        offsets_s=tuple(map(float, offsets_s)),
        relative_rtn_km=_vectors(relative),
        distance_km=tuple(map(float, np.linalg.norm(q - p, axis=1))),
    )


def _orbits(first: Kepler, second: Kepler, at_s: float) -> OrbitsRecord:
    paths = [orbit.state(at_s + np.linspace(-0.5, 0.5, 181) * orbit.period_s)[0] for orbit in (first, second)]
    return OrbitsRecord(primary_km=_vectors(paths[0]), secondary_km=_vectors(paths[1]))


def _orbit_record(orbit: Kepler) -> OrbitRecord:
    normal = np.cross(orbit.to_periapsis, orbit.ahead)
    return OrbitRecord(
        epoch=CUT_OFF,
        periapsis_altitude_km=orbit.a_km * (1.0 - orbit.e) - MARS.equatorial_radius_km,
        apoapsis_altitude_km=orbit.a_km * (1.0 + orbit.e) - MARS.equatorial_radius_km,
        inclination_deg=math.degrees(math.acos(normal @ EQUATOR_TO_ICRF[:, 2])),
        eccentricity=orbit.e,
        period_s=orbit.period_s,
        track_km=_vectors(orbit.state(np.linspace(0.0, orbit.period_s, 181))[0]),
    )


def _span(start_s: float, stop_s: float) -> Span:
    return Span(start=CUT_OFF + start_s, stop=CUT_OFF + stop_s)


DECLARED = DeclaredRecord(
    radial_km=0.1,
    transverse_km=0.3,
    normal_km=0.1,
    timing_s=0.1,
    timing_growth_s_per_day=0.42,
    source="timing error as published of Odyssey",
)


def _object(craft: Craft) -> ObjectRecord:
    return ObjectRecord(
        id=craft.id,
        name=craft.name,
        operator=craft.operator,
        naif_id=None,
        kind="natural" if craft.radius_km else "spacecraft",
        hbr_m=craft.hbr_m,
        radius_km=craft.radius_km,
        phase="known",
        lead_time_h=craft.lead_time_h,
        commanding=_commanding(craft),
        coverage=tuple(_span(*span) for span in craft.covered_s),
        proof="sampled" if craft.id == "MEX" else "exact",
        orbit=_orbit_record(craft.orbit),
        approximation=None,
        ending=None,
        note=None,
        declared=DECLARED if craft.id == "MEX" else None,
        predictions=(),
        prediction_errors=PREDICTION_ERRORS if craft.id == "MRO" else (),
        prediction_quality=PREDICTION_QUALITY if craft.id == "MRO" else None,
    )


def _silent_objects() -> tuple[ObjectRecord, ...]:
    """One whose place along its orbit is unknown, one whose only delivery was refused."""
    lost = Kepler.from_elements(3784.0, 0.0070, 92.9, 340.0, 200.0, 0.0)
    shared = {"naif_id": None, "radius_km": None, "lead_time_h": None, "coverage": (), "proof": None,
              "approximation": None, "ending": None, "declared": None,
              "predictions": (), "prediction_errors": (), "prediction_quality": None}  # fmt: skip
    return (
        ObjectRecord(
            id="HOPE", name="Hope", operator="UAESA", kind="spacecraft", hbr_m=6.0, phase="known", orbit=None,
            note=None, **shared,
        ),
        ObjectRecord(
            id="MGS", name=HOSTILE_NAME, operator="NASA/JPL", kind="spacecraft", hbr_m=6.0, phase="unknown",
            orbit=_orbit_record(lost), note="Silent since November 2006.", **shared,
        ),
    )  # fmt: skip


def _input(craft: Craft) -> InputRecord:
    return InputRecord(
        object_id=craft.id,
        file=f"{craft.id.lower()}_20210314.oem",
        sha256=f"{sum(map(ord, craft.id)):064x}",
        size_bytes=1_234_567,
        originator=craft.operator,
        format="OEM 2.0",
        creation=CUT_OFF + -0.7 * DAY_S,
        age_s=0.7 * DAY_S,
        center="Mars",
        axes="EME2000",
        time_system="TDB",
        interpolation="HERMITE 7",
        node_count=40_321,
        covariance_count=29 if craft.sigma_rtn_km else 0,
        spans=tuple(_span(*span) for span in craft.covered_s),
        findings=(),
        refusal=None,
        retrieval=None,
    )


def _refused_input() -> InputRecord:
    return InputRecord(
        object_id="HOPE", file="hope_20210314.oem", sha256="0f" * 32, size_bytes=88_120, originator="UAESA",
        format="OEM 2.0", creation=CUT_OFF + -9.0 * DAY_S, age_s=9.0 * DAY_S, center="Mars", axes="EME2000",
        time_system="UTC", interpolation=None, node_count=None, covariance_count=None, spans=(),
        findings=(),
        refusal="epochs must increase, got '2021-03-16T00:02:00', hope_20210314.oem:412 (object HOPE)", retrieval=None,
    )  # fmt: skip


def _covered(first: Craft, second: Craft) -> list[tuple[float, float]]:
    """Stretches that both ephemerides cover."""
    overlaps = [(max(a[0], b[0]), min(a[1], b[1])) for a in first.covered_s for b in second.covered_s]
    return [span for span in overlaps if span[0] < span[1]]


def _above(miss_km: float, surface_km: float | None) -> CadAbove:
    return CadAbove(
        value_km=miss_km if surface_km is None else surface_km, limit_km=0.0, to_surface=surface_km is not None
    )


def _uncovered(first: Craft, second: Craft) -> tuple[UncoveredSpan, ...]:
    edges = [0.0, *(edge for span in _covered(first, second) for edge in span), WINDOW_S]
    who = next((craft.id for craft in (first, second) if craft.covered_s != ((0.0, WINDOW_S),)), first.id)
    return tuple(
        UncoveredSpan(start=CUT_OFF + left, stop=CUT_OFF + right, reason=(NoState(object_id=who, ended=None),))
        for left, right in zip(edges[::2], edges[1::2], strict=True)
        if right > left
    )


def _pair(
    first: Craft, second: Craft, states: dict[str, FloatArray], at_s: FloatArray
) -> tuple[PairRecord, list[EventRecord]]:
    distance_km = np.linalg.norm(states[second.id] - states[first.id], axis=1)
    spans = _covered(first, second)
    inside = np.zeros(len(at_s), dtype=bool)
    for start_s, stop_s in spans:
        inside |= (at_s >= start_s) & (at_s <= stop_s)
    times_s = [t for t in _minima(first.orbit, second.orbit, at_s, distance_km) if any(a < t < b for a, b in spans)]
    events = [_event(first, second, time_s) for time_s in times_s]
    covered_km = np.where(inside, distance_km, np.inf)
    lowest = int(np.argmin(covered_km))
    nearest = NearestRecord(tca=CUT_OFF + float(at_s[lowest]), miss_km=float(covered_km[lowest]), at_boundary=False)
    for event in events:
        if event.miss_km < nearest.miss_km:
            nearest = NearestRecord(tca=event.tca, miss_km=event.miss_km, at_boundary=False)
    covered_s = sum(b - a for a, b in spans)
    both_exact = "MEX" not in (first.id, second.id)
    record = PairRecord(
        primary=first.id,
        secondary=second.id,
        unscreened=None,
        covered_s=covered_s,
        uncovered_s=WINDOW_S - covered_s,
        uncovered=_uncovered(first, second),
        proven_no_closer_than_km=min(THRESHOLDS.limit_km, math.floor(nearest.miss_km * 1000.0) / 1000.0),
        proof="proven" if both_exact else "verified",
        nearest=nearest,
        profile=_profile(distance_km, inside, events),
        event_ids=tuple(event.event_id for event in events),
        together=_together(events),
    )
    return record, events


def _together(events: list[EventRecord]) -> tuple[TogetherRecord, ...]:
    """Bounds for all approaches of a pair that have a probability."""
    values = [event.probability.pc for event in events if event.probability.pc is not None]
    if len(values) < 2:
        return ()
    ids = tuple(event.event_id for event in events if event.probability.pc is not None)
    bounds = TogetherRecord(
        event_ids=ids, pc=None, least_pc=max(values), most_pc=min(1.0, sum(values)), why=ErrorsShared()
    )
    return (bounds,)


def _profile(distance_km: FloatArray, inside: NDArray[np.bool_], events: list[EventRecord]) -> RangeProfile:
    bins = int(WINDOW_S / _BIN_S)
    each = int(_BIN_S / _GRID_S)
    shaped, known = distance_km[: bins * each].reshape(bins, each), inside[: bins * each].reshape(bins, each)
    least = np.where(known, shaped, np.inf).min(axis=1)
    most = np.where(known, shaped, -np.inf).max(axis=1)
    for event in events:
        index = int((event.tca - CUT_OFF) // _BIN_S)
        least[index] = min(least[index], event.miss_km)
    return RangeProfile(
        start=CUT_OFF,
        step_s=_BIN_S,
        least_km=tuple(float(x) if math.isfinite(x) else None for x in least),
        most_km=tuple(float(x) if math.isfinite(x) else None for x in most),
    )


def _unscreened_pair(primary: str, secondary: str, reason: CoverageReasons) -> PairRecord:
    return PairRecord(
        primary=primary, secondary=secondary, unscreened=reason, covered_s=0.0, uncovered_s=WINDOW_S,
        uncovered=(UncoveredSpan(start=CUT_OFF, stop=CUT_OFF + WINDOW_S, reason=reason),),
        proven_no_closer_than_km=None, proof=None, nearest=None, profile=None, event_ids=(), together=(),
    )  # fmt: skip


def _silent_pairs() -> list[PairRecord]:
    reasons = {
        "HOPE": (NotDelivered(object_id="HOPE"),),
        "MGS": (PhaseUnknown(object_id="MGS"),),
    }
    ids = [craft.id for craft in _fleet()]
    pairs = [tuple(sorted((silent, other))) for silent in reasons for other in ids] + [("HOPE", "MGS")]
    return [_unscreened_pair(a, b, reasons["MGS"] if "MGS" in (a, b) else reasons["HOPE"]) for a, b in sorted(pairs)]


def _crossings() -> tuple[CrossingRecord, ...]:
    """A pair whose orbits come to cross, and one with an object whose place along its orbit is unknown."""
    period_s = next(craft.orbit.period_s for craft in _fleet() if craft.id == "MRO")
    shared = {"start": CUT_OFF, "window_s": WINDOW_S, "period_s": period_s, "thresholds": THRESHOLDS}
    found = [
        *risk_records.crossings("MRO", "ODY", risk_records.KNOWN_BRANCHES, unknown=None, **shared),
        *risk_records.crossings("MGS", "MRO", risk_records.UNKNOWN_BRANCHES, unknown="MGS", **shared),
    ]
    return tuple(sorted(found, key=lambda crossing: crossing.passage_primary or crossing.passage_secondary or CUT_OFF))


def _seasons() -> tuple[SeasonRecord, ...]:
    """The half year of the pair whose orbits come to cross."""
    return (risk_records.season("MRO", "ODY", CUT_OFF, THRESHOLDS.crossing_limit_km),)


def _changes(events: Sequence[EventRecord]) -> tuple[ChangeRecord, ...]:
    """One of each kind: three of events in the list, two of events that left it."""
    by_nearness = sorted(events, key=lambda event: event.miss_km)
    kinds = (("worse", Level.YELLOW), ("better", Level.RED), ("new", None))
    present = [
        ChangeRecord(
            kind=kind, event_id=event.event_id, primary=event.primary, secondary=event.secondary, tca=event.tca,
            level=event.level, previous_level=level, miss_km=event.miss_km,
            previous_miss_km=None if level is None else event.miss_km * (7.5 if kind == "worse" else 0.25),
            reason=LimitPassed(rule="came_below", limit_km=100.0)
            if level is None
            else MissMoved(
                previous_km=event.miss_km * (7.5 if kind == "worse" else 0.25),
                value_km=event.miss_km,
                previous_sigma_km=event.history[-1].miss_sigma_km if event.history else None,
            ),
        )
        for event, (kind, level) in zip(by_nearness, kinds, strict=False)
    ]  # fmt: skip
    left = [
        ChangeRecord(
            kind=kind, event_id=f"MRO-ODY-{when}", primary="MRO", secondary="ODY", tca=tca, level=Level.GREEN,
            previous_level=None, miss_km=None, previous_miss_km=31.0, reason=reason,
        )
        for kind, when, tca, reason in (
            ("passed", "20210314T1902", CUT_OFF + -5 * 3600.0, ListChanged(rule="passed")),
            ("gone", "20210401T0107", CUT_OFF + 17.1 * DAY_S, LimitPassed(rule="stays_above", limit_km=100.0)),
        )
    ]  # fmt: skip
    return tuple(present + left)


def _as_changed(event: EventRecord, changes: Sequence[ChangeRecord]) -> EventRecord:
    """The event whose history says what the changes do of the cycle before; without one if it is new."""
    change = next((one for one in changes if one.event_id == event.event_id), None)
    if change is None or not event.history:
        return event
    if change.previous_miss_km is None or change.previous_level is None:
        return replace(event, history=())
    last = event.history[-1]
    share = change.previous_miss_km / last.miss_km
    point = replace(
        last, miss_km=change.previous_miss_km, level=change.previous_level,
        miss_rtn_km=_plain(share * np.array(last.miss_rtn_km)),
        b_plane_sigmas=None if last.b_plane_sigmas is None else share * last.b_plane_sigmas,
    )  # fmt: skip
    return replace(event, history=(*event.history[:-1], point))


def _funnel(pairs: int, events: int) -> FunnelRecord:
    intervals = pairs * 4032
    near = intervals // 50
    return FunnelRecord(
        intervals=intervals,
        interval_steps=(
            FunnelStep(name="excluded", count=intervals - near, meaning=Step(rule="interval_apart")),
            FunnelStep(name="searched", count=near, meaning=Step(rule="interval_with_minimum")),
        ),
        minima=events + 17,
        minima_steps=(
            FunnelStep(name="above", count=17, meaning=Step(rule="minimum_beyond_limit")),
            FunnelStep(name="listed", count=events, meaning=Step(rule="minimum_listed")),
        ),
    )


@cache
def sample_record() -> CycleRecord:
    """The cycle of 15 March 2021: nine objects, 36 pairs, events of all levels; the same object at each call."""
    fleet = _fleet()
    at_s = np.arange(0.0, WINDOW_S + _GRID_S / 2, _GRID_S)
    states = {craft.id: craft.orbit.state(at_s)[0] for craft in fleet}
    pairs, events = [], []
    for first, second in combinations(fleet, 2):
        if first.radius_km:  # a moon is never the primary
            first, second = second, first  # noqa: PLW2901 - the pair in its proper order
        pair, found = _pair(first, second, states, at_s)
        pairs.append(pair)
        events.extend(found)
    pairs.extend(_silent_pairs())
    events.sort(key=lambda event: event.tca)
    changes = _changes(events)
    events = [_as_changed(event, changes) for event in events]
    inputs = (*map(_input, fleet), _refused_input())
    return CycleRecord(
        schema_number=SCHEMA,
        cycle_id="2021-03-15T0000Z",
        title="Close approaches at Mars",
        publisher="Example Navigation Office",
        notice="Synthetic data for tests: not a statement about any spacecraft.",
        site_url=None,
        body=MARS,
        window=_span(0.0, WINDOW_S),
        thresholds=THRESHOLDS,
        detail_events=12,
        previous_cycle_id="2021-03-14T0000Z",
        supersedes=None,
        next_expected=CUT_OFF + DAY_S,
        objects=tuple(sorted((*map(_object, fleet), *_silent_objects()), key=lambda item: item.id)),
        inputs=inputs,
        pairs=tuple(sorted(pairs, key=lambda pair: (pair.primary, pair.secondary))),
        events=tuple(events),
        crossings=_crossings(),
        seasons=_seasons(),
        solutions=solution_records.solutions(events, inputs, CUT_OFF, WINDOW_S),
        sweep=None,
        changes=changes,
        dormant=(),
        funnel=_funnel(len(pairs), len(events)),
        provenance=Provenance(
            version="0.1.0",
            packages=(("numpy", "2.0.0"), ("python", "3.11.0")),
            configuration_sha256="ab" * 32,
            configuration='[cycle]\nbody = "Mars"\nspan_days = 28\nlimit_km = 100\n',
            planetary_ephemeris="DE421",
            command="nearpass run --at 2021-03-15T00:00:00Z",
        ),
    )


def quiet_record() -> CycleRecord:
    """The same cycle without a single event, crossing or season and without a cycle before it."""
    record = sample_record()
    calm = tuple(replace(pair, event_ids=(), together=()) for pair in record.pairs)
    thresholds = ThresholdsRecord(
        limit_km=1.0, crossing_limit_km=0.5, yellow_cad_km=0.5, red_cad_km=0.1, yellow_pc=None, red_pc=None,
        yellow_oxd_km=None, red_oxd_km=None,
    )  # fmt: skip
    return replace(
        record, events=(), crossings=(), seasons=(), solutions=(), pairs=calm, changes=(), previous_cycle_id=None,
        next_expected=None, thresholds=thresholds,
    )  # fmt: skip


def level_events(level: Level) -> tuple[EventRecord, ...]:
    """The sample's events of one level, by TCA."""
    return tuple(event for event in sample_record().events if event.level is level)
