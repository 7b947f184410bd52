"""The Mars fleet of February to April 2021 as published, and the encounters that the sample arranges.

Sizes and inclinations are the published ones, in altitudes above 3396.19 km; the two circular orbits of 400 km are
taken 10 km apart, within the rounding of their figures. Nodes of the sun-synchronous orbiters follow from their
published local times. All other angles and the position along each orbit are free: they are chosen so that a few
orbiters meet, and the seeds so that the predictions of these meetings converge in a telling way. Nothing of the kind
was reported, and none of this is a real ephemeris. In particular the real Tianwen-1 had its periapsis near 10 degrees
north (from its decoded telemetry), where it could not meet MRO.

Sources of the orbits: MRO: NASA release of 2006-09-13. Mars Odyssey: 400 km, sun-synchronous. MAVEN: NASA,
aerobraking campaign of 2019. Mars Express: ESA, 2010-01-30. TGO: ESA, 2017-02-07. MOM: ISRO, 2014-09. Hope: 20 000 km
by 43 000 km at 25 degrees, 2021-02-09. Tianwen-1: 2-sol parking orbit of 2021-02-23, 280 km by 59 000 km. MGS: 372.8
km by 436.5 km, 2004; silent since 2006. Moons: mean elements of JPL's satellite ephemerides. Perseverance: NASA,
2021-02-17: at the top of the atmosphere at 20:48 UTC on Earth, 11 min 22 s after it happened, at 19 500 km/h, its
cruise stage dropped ten minutes before. Tianwen-1's lander parted from it on 14 May 2021 and landed that day (CNSA):
after the last window of the sample, in which the two are one object.

How wrong predictions are: no agency publishes a table. Odyssey's are typically late or early by 25 s after 60 days
("Thirteen years of navigation"), NASA's of January 2015 were uncertain by over 2 km a few days ahead and by dozens of
kilometres at weeks; the power 1.5 of time meets both. MRO and Odyssey have that error of timing, TGO half of it, Mars
Express one and a half times (8-hour arcs are good to some hundred metres), MAVEN three times, since it dips into the
atmosphere at each periapsis, Hope, far above it, 0.3 times from half a kilometre on, Tianwen-1, at periapsis once in
two days, the same as MRO from a kilometre on (its orbit determination by China's own stations, Open Astronomy 2024).
The errors across are tens to hundreds of metres and hardly grow, as the definitive orbits of such craft show.

What is arranged, as of the last cut-off: MRO and Tianwen-1 on 21 March pass at a distance that alone would be yellow,
and are red by their probability; Odyssey and TGO on 24 March are red by their distance, although no error could
make them hit; for MAVEN and MRO on 29 March MAVEN is known so badly that better knowledge could raise the probability
(dilution); where MGS is nobody knows, so that its crossing of TGO's orbit is all that can be said. The last file of
Mars Express counts TDB where it says UTC, a known mistake, and is 69 s late in all that it tells.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from nearpass.astro.epochs import TimeSystem
from nearpass.sample.orbits import Shape
from nearpass.sample.predictions import Knowledge

EQUATORIAL_RADIUS_KM: Final = 3396.19
CUTOFFS: Final = ("2021-02-17", "2021-03-03", "2021-03-10", "2021-03-17")

# Right ascension of the Sun along the Martian equator on 2021-03-15 (DE421): local time 12 h.
_NOON_NODE_DEG: Final = 241.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Osculating angles at an epoch, degrees, of an orbit of a published shape."""

    shape: Shape
    epoch_utc: str
    node_deg: float
    periapsis_argument_deg: float
    true_anomaly_deg: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Encounter:
    """A close approach to ``primary`` that fixes an orbit: the miss in the plane normal to the relative velocity.

    ``xi_km`` is radial, ``zeta_km`` one of timing; ``northbound`` and ``outbound`` choose among the four orbits of
    the published shape through the point.
    """

    shape: Shape
    primary: str
    tca_utc: str
    xi_km: float
    zeta_km: float
    northbound: bool
    outbound: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """The point at which an arrival from outside enters the atmosphere, and how it moves there; inertial."""

    epoch_utc: str
    radius_km: float
    latitude_deg: float
    right_ascension_deg: float
    speed_km_s: float
    flight_path_deg: float
    azimuth_deg: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One delivered file: its date in the name, first state, creation; ``ref_frame`` if not the usual one.

    ``stop`` is its last state where it is not as long as the others. ``true_time_system`` is that of its states if the
    file names another by mistake.
    """

    date: str
    start: str
    creation_utc: str
    ref_frame: str | None = None
    stop: str | None = None
    true_time_system: TimeSystem | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Burn:
    """A manoeuvre along the velocity, at a constant acceleration from ``start_utc`` on."""

    start_utc: str
    duration_s: float
    delta_v_m_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An object of the fleet: where it is, how well it is known, and how its agency delivers it.

    ``prefix`` begins the names of the files of another solution; ``first_number`` is the number of the first issue,
    on which the random errors depend; ``burn`` is a manoeuvre that only this solution flies.
    """

    id: str
    designator: str
    originator: str
    ref_frame: str
    time_system: TimeSystem
    place: Placed | Encounter | Entry
    knowledge: Knowledge
    with_covariance: bool
    seed: int
    issues: tuple[Issue, ...]
    prefix: str = ""
    first_number: int = 0
    burn: Burn | None = None


def _shape(periapsis_altitude_km: float, apoapsis_altitude_km: float, inclination_deg: float) -> Shape:
    return Shape(
        periapsis_km=EQUATORIAL_RADIUS_KM + periapsis_altitude_km,
        apoapsis_km=EQUATORIAL_RADIUS_KM + apoapsis_altitude_km,
        inclination_deg=inclination_deg,
    )


def _moon_shape(semi_major_km: float, eccentricity: float, inclination_deg: float) -> Shape:
    return Shape(
        periapsis_km=semi_major_km * (1.0 - eccentricity),
        apoapsis_km=semi_major_km * (1.0 + eccentricity),
        inclination_deg=inclination_deg,
    )


def _placed(
    shape: Shape, epoch_utc: str, node_deg: float, periapsis_argument_deg: float, true_anomaly_deg: float
) -> Placed:
    return Placed(
        shape=shape,
        epoch_utc=epoch_utc,
        node_deg=node_deg,
        periapsis_argument_deg=periapsis_argument_deg,
        true_anomaly_deg=true_anomaly_deg,
    )


def _known(
    timing_s: float, semi_major_m: float, across_m: float, cross_track_m: float, tangential_m_s2: float
) -> Knowledge:
    """Errors of one size in height and in flight path, per radian: ``across_m``."""
    return Knowledge(
        timing_s=timing_s,
        semi_major_m=semi_major_m,
        radial_m=across_m,
        flight_path_m=across_m,
        cross_track_m=cross_track_m,
        tangential_m_s2=tangential_m_s2,
    )


def _weekly(start: str, creation: str, weeks: tuple[int, ...] = (0, 1, 2, 3)) -> tuple[Issue, ...]:
    """One issue for each of these cut-offs, made on the day before it."""
    eves = ("2021-02-16", "2021-03-02", "2021-03-09", "2021-03-16")
    return tuple(
        Issue(date=CUTOFFS[week], start=f"{eves[week]}T{start}", creation_utc=f"{eves[week]}T{creation}")
        for week in weeks
    )


_JPL_MORNING: Final = _weekly("12:00:00", "17:20:00")
_JPL_MOONS: Final = _weekly("00:00:00", "16:05:00")
_ESOC: Final = _weekly("10:00:00", "14:45:00")

_PERSEVERANCE: Final = Member(
    id="M2020", designator="2020-052A", originator="JPL", ref_frame="ICRF", time_system=TimeSystem.UTC, seed=13,
    place=Entry(  # 19 500 km/h over the turning ground, west of Jezero; direction and steepness are assumed
        epoch_utc="2021-02-18T20:37:00", radius_km=3522.2, latitude_deg=16.0, right_ascension_deg=275.0,
        speed_km_s=5.645, flight_path_deg=-16.0, azimuth_deg=95.0,
    ),
    knowledge=_known(0.3, 0.0, 400.0, 400.0, 1e-9), with_covariance=True,
    issues=(replace(_JPL_MORNING[0], stop="2021-02-18T20:37:00"),),
)  # fmt: skip

FLEET: Final = (
    Member(
        id="MRO", designator="2005-029A", originator="JPL", ref_frame="ICRF", time_system=TimeSystem.TDB, seed=348,
        # 3 pm ascending; frozen, periapsis near the south pole
        place=_placed(_shape(255.0, 320.0, 92.7), "2021-03-21T04:12:33", _NOON_NODE_DEG + 45.0, 270.0, 175.5),
        knowledge=_known(0.02, 2.8, 25.0, 40.0, 3.3e-9), with_covariance=True,  # as Odyssey
        issues=_JPL_MORNING,
    ),
    Member(
        id="ODY", designator="2001-013A", originator="JPL", ref_frame="ICRF", time_system=TimeSystem.UTC, seed=410,
        # near the terminator, 6:45 pm ascending
        place=_placed(_shape(376.0, 398.0, 93.1), "2021-03-24T10:27:08", _NOON_NODE_DEG + 101.25, 270.0, 115.0),
        knowledge=_known(0.02, 2.8, 30.0, 50.0, 3.25e-9), with_covariance=True,  # 25 s after 60 days, as published
        issues=_JPL_MORNING,
    ),
    Member(
        id="MAVEN", designator="2013-063A", originator="JPL", ref_frame="ICRF", time_system=TimeSystem.TDB, seed=17,
        place=Encounter(
            shape=_shape(150.0, 4500.0, 75.0), primary="MRO", tca_utc="2021-03-29T06:48:20", xi_km=0.5, zeta_km=12.0,
            northbound=True, outbound=False,
        ),
        # three times: every periapsis meets an atmosphere that no model foresees
        knowledge=_known(0.03, 14.6, 40.0, 80.0, 8.2e-9), with_covariance=True, issues=_JPL_MORNING,
    ),
    Member(
        id="MGS", designator="1996-062A", originator="JPL", ref_frame="ICRF", time_system=TimeSystem.UTC, seed=5,
        place=_placed(_shape(372.8, 436.5, 92.9), "2021-03-17T00:00:00", 204.0, 270.0, 30.0),
        knowledge=_known(0.0, 0.0, 0.0, 0.0, 0.0), with_covariance=False, issues=_weekly("12:00:00", "17:30:00"),
    ),
    Member(
        id="MEX", designator="2003-022A", originator="ESOC", ref_frame="EME2000", time_system=TimeSystem.UTC, seed=6,
        place=Encounter(
            shape=_shape(350.0, 10300.0, 86.0), primary="PHOBOS", tca_utc="2021-03-27T15:33:40", xi_km=17.0,
            zeta_km=-7.0, northbound=False, outbound=True,
        ),
        knowledge=_known(0.03, 11.0, 80.0, 150.0, 3.6e-9), with_covariance=True,  # one and a half times
        # One week missed; the last file counts TDB and says UTC, so that all in it is late by 69 s.
        issues=(*_ESOC[:2], replace(_ESOC[3], true_time_system=TimeSystem.TDB)),
    ),
    Member(
        id="TGO", designator="2016-017A", originator="ESOC", ref_frame="EME2000", time_system=TimeSystem.UTC, seed=3,
        place=Encounter(
            shape=_shape(386.0, 408.0, 74.0), primary="ODY", tca_utc="2021-03-24T10:27:08", xi_km=1.2, zeta_km=1.0,
            northbound=False, outbound=True,
        ),
        knowledge=_known(0.02, 1.3, 25.0, 40.0, 1.6e-9), with_covariance=True, issues=_ESOC,  # half of it
    ),
    Member(
        id="MOM", designator="2013-060A", originator="ISRO", ref_frame="EME2000", time_system=TimeSystem.UTC, seed=7,
        place=_placed(_shape(421.7, 76993.6, 150.0), "2021-03-17T00:00:00", 60.0, 200.0, 150.0),
        knowledge=_known(0.2, 100.0, 200.0, 300.0, 5e-10), with_covariance=False,
        issues=(
            *_weekly("06:00:00", "11:10:00", (0, 2)),
            # Names axes that no standard defines: to be refused, the delivery of the week before stays in use.
            Issue(date="2021-03-17", start="2021-03-16T06:00:00", creation_utc="2021-03-16T11:05:00", ref_frame="MCI"),
        ),
    ),
    Member(
        id="EMM", designator="2020-047A", originator="MBRSC", ref_frame="EME2000", time_system=TimeSystem.UTC, seed=8,
        place=Encounter(
            shape=_shape(20000.0, 43000.0, 25.0), primary="DEIMOS", tca_utc="2021-03-29T21:05:17", xi_km=20.0,
            zeta_km=52.0, northbound=True, outbound=True,
        ),
        # 0.3 times, but half a kilometre from the first
        knowledge=_known(0.3, 9.0, 150.0, 300.0, 3.3e-10), with_covariance=True,
        issues=(
            *_weekly("08:00:00", "13:00:00", (0,)),
            Issue(date="2021-03-08", start="2021-03-07T20:00:00", creation_utc="2021-03-08T01:30:00"),
        ),
    ),
    Member(
        id="TW1", designator="2020-049A", originator="CNSA", ref_frame="EME2000", time_system=TimeSystem.UTC, seed=330,
        place=Encounter(
            shape=_shape(280.0, 59000.0, 87.0), primary="MRO", tca_utc="2021-03-21T04:12:33", xi_km=0.1, zeta_km=3.0,
            northbound=True, outbound=False,
        ),
        # as MRO, but a kilometre from the first
        knowledge=_known(0.22, 36.0, 40.0, 100.0, 4.5e-10), with_covariance=True,
        issues=(
            Issue(date="2021-02-24", start="2021-02-23T22:30:00", creation_utc="2021-02-23T18:40:00"),
            *_weekly("07:00:00", "12:30:00", (1, 2, 3)),
        ),
    ),
    Member(
        id="PHOBOS", designator="401", originator="JPL", ref_frame="ICRF", time_system=TimeSystem.TDB, seed=10,
        place=_placed(_moon_shape(9376.0, 0.0151, 1.08), "2021-03-27T15:33:40", 40.0, 150.0, 210.0),
        knowledge=_known(0.1, 0.01, 100.0, 150.0, 0.0), with_covariance=True, issues=_JPL_MOONS,
    ),
    Member(
        id="DEIMOS", designator="402", originator="JPL", ref_frame="ICRF", time_system=TimeSystem.TDB, seed=11,
        place=_placed(_moon_shape(23458.0, 0.0002, 1.8), "2021-03-29T21:05:17", 80.0, 0.0, 300.0),
        knowledge=_known(0.3, 0.01, 200.0, 300.0, 0.0), with_covariance=True, issues=_JPL_MOONS,
    ),
    _PERSEVERANCE,
    # Its cruise stage, which it drops ten minutes before it enters: one craft until then, so its errors are the same.
    replace(
        _PERSEVERANCE, id="M20CS", burn=Burn(start_utc="2021-02-18T20:27:00", duration_s=1.0, delta_v_m_s=0.3)
    ),
)  # fmt: skip

_BY_ID: Final = {member.id: member for member in FLEET}

SOLUTIONS: Final = (
    # What receivers of its telemetry could work out for Tianwen-1, while its operator's ephemerides were not shared.
    replace(
        _BY_ID["TW1"], originator="AMSAT-DL", seed=12, prefix="telemetry",
        knowledge=_known(0.3, 200.0, 300.0, 600.0, 1e-10), with_covariance=False,
        issues=(Issue(date="2021-03-17", start="2021-03-16T04:00:00", creation_utc="2021-03-16T09:15:00"),),
    ),
    # A manoeuvre by which MRO would avoid Tianwen-1: the orbit of its last delivery, later by seconds after two days.
    replace(
        _BY_ID["MRO"], issues=_JPL_MORNING[3:], prefix="plan", first_number=3,
        burn=Burn(start_utc="2021-03-19T12:00:00", duration_s=300.0, delta_v_m_s=0.06),
    ),
)  # fmt: skip
"""Deliveries of other solutions than the fleet's own."""
