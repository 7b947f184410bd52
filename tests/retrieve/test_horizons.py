"""JPL Horizons: what is asked, what of its answers is believed, and the OEM that comes of them."""

import json
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
import spiceypy

from fake_horizons import FakeBody, FakeHorizons
from nearpass.astro.bodies import body_named
from nearpass.astro.epochs import Epoch, TimeSystem, tdb_s
from nearpass.ephemeris.interpolation import arc_from_nodes
from nearpass.ephemeris.lint_motion import offsets_s
from nearpass.errors import RetrievalError
from nearpass.messages.oem import parse_oem
from nearpass.messages.oem_records import OemMessage
from nearpass.messages.oem_write import write_oem
from nearpass.retrieve import horizons
from nearpass.retrieve.horizons import retrieve_oem
from nearpass.retrieve.horizons_table import Grid, read_table
from web import NOW

MARS = body_named("MARS")
MRO = FakeBody(name="Mars Reconnaissance Orbiter (spacecraft)")
DAY_S = 86_400.0
PRINTED_KM = 1e-8  # the service prints 16 digits
INTERPOLATION_KM = 1e-5  # degree 7 at the step that was chosen, a hundredth of what is measured at twice the step


def oem(service: FakeHorizons, *, target: int = -74, days: float = 0.5, ended_too: bool = False) -> OemMessage:
    """What a service gives from now on."""
    return retrieve_oem(
        lambda asked: service.answer({key: value.strip("'") for key, value in asked.items()}),
        target=target,
        body=MARS,
        start=NOW,
        stop=NOW + days * DAY_S,
        originator="JPL",
        retrieved=NOW,
        ended_too=ended_too,
    )


def test_states_become_an_oem() -> None:
    """Positions, velocities and TDB instants are those of the service's orbit, about Mars in ICRF axes."""
    message = oem(FakeHorizons(bodies={-74: MRO}))
    (segment,) = message.segments
    since_s = tdb_s(Epoch(0), segment.epochs_tai_ns / 1e9)
    truth = MRO.states(since_s, MARS.gm_km3_s2)

    assert (segment.center_name, segment.ref_frame, segment.time_system) == ("MARS", "ICRF", TimeSystem.TDB)
    assert np.abs(segment.positions_km - truth[:, :3]).max() < PRINTED_KM + 3.6 * 1e-6  # km/s times the rounding of TDB
    assert (segment.start - NOW, segment.stop - NOW) == pytest.approx((0.0, 0.5 * DAY_S), abs=62.0)
    assert np.ptp(np.diff(segment.epochs_tai_ns)) < 1000


def test_what_is_written_is_read_again_equal() -> None:
    """The message that goes into the workspace holds the same states, and the service's header as comments."""
    message = oem(FakeHorizons(bodies={-74: MRO}))
    again = parse_oem(write_oem(message).encode(), "mro.oem")

    assert np.array_equal(again.segments[0].positions_km, message.segments[0].positions_km)
    assert np.array_equal(again.segments[0].epochs_tai_ns, message.segments[0].epochs_tai_ns)
    assert "Reference frame : ICRF" in again.header.comments
    assert any("{source: MRO_MERGED}" in line for line in again.header.comments)


def test_everything_is_asked_for_explicitly() -> None:
    """Plane, axes, units, time system, correction and table are named in every query; no default is relied on."""
    service = FakeHorizons(bodies={-74: MRO})
    oem(service)

    wanted = {
        "CENTER": "500@499",
        "REF_PLANE": "FRAME",
        "REF_SYSTEM": "ICRF",
        "OUT_UNITS": "KM-S",
        "VEC_TABLE": "2",
        "VEC_CORR": "NONE",
        "CSV_FORMAT": "YES",
        "TIME_TYPE": "TDB",
        "EPHEM_TYPE": "VECTORS",
    }
    assert len(service.queries) == 2
    assert all(wanted.items() <= query.items() for query in service.queries)


@pytest.mark.parametrize(
    ("body", "least_s", "most_s"),
    [
        (FakeBody(name="low, circular"), 60, 70),  # P/100 of 6,900 s is 69 s
        (FakeBody(name="MAVEN", periapsis_km=3546.0, eccentricity=0.38), 30, 60),  # 150 km by 4,500 km
        (FakeBody(name="Deimos", periapsis_km=23_455.0, eccentricity=0.0003), 600, 1200),  # P/100 of 30.3 h is 1,091 s
        (
            FakeBody(name="falling", periapsis_km=3000.0, eccentricity=0.7),
            20,
            60,
        ),  # through the planet
    ],
    ids=lambda value: value.name if isinstance(value, FakeBody) else str(value),
)
def test_the_step_suits_the_orbit(body: FakeBody, least_s: float, most_s: float) -> None:
    """The step is about a hundredth of a turn at the pace of the periapsis, and interpolation holds the truth."""
    message = oem(FakeHorizons(bodies={-1: body}), target=-1)
    (segment,) = message.segments
    times_s = offsets_s(segment)
    arc = arc_from_nodes(times_s, segment.positions_km, segment.velocities_km_s, segment.interpolation, segment.degree)
    middles_s = ((times_s[1:] + times_s[:-1]) / 2.0)[4:-4]
    truth = body.states(tdb_s(segment.start, middles_s), MARS.gm_km3_s2)

    assert least_s <= round(times_s[1] - times_s[0]) <= most_s
    assert np.linalg.norm(arc.position_km(middles_s) - truth[:, :3], axis=1).max() < INTERPOLATION_KM
    assert any(re.search(r"Step \d+ s\. .* give it back to [\d.e-]+ m", line) for line in message.header.comments)


def test_a_long_span_is_asked_for_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spans beyond the lines of one answer are put together from parts, each state once, in order."""
    whole = oem(FakeHorizons(bodies={-74: MRO}))
    monkeypatch.setattr(horizons, "LINES_AT_ONCE", 100)
    service = FakeHorizons(bodies={-74: MRO})
    parted = oem(service)

    assert len(service.queries) == 1 + 8  # 0.5 d of 60 s is 720 intervals
    assert np.array_equal(parted.segments[0].positions_km, whole.segments[0].positions_km)
    assert np.array_equal(parted.segments[0].epochs_tai_ns, whole.segments[0].epochs_tai_ns)


def test_a_trajectory_that_changes_between_two_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of two solutions are not put together."""
    monkeypatch.setattr(horizons, "LINES_AT_ONCE", 400)
    service = FakeHorizons(bodies={-74: MRO})

    def replaced(text: str) -> str:
        return text.replace("MRO_MERGED", "MRO_MERGED_2") if len(service.queries) > 2 else text

    service.change = replaced
    with pytest.raises(RetrievalError, match="one trajectory"):
        oem(service)


def test_an_ephemeris_that_ends_early_is_taken_as_far_as_it_goes() -> None:
    """Where the service has states for a part of the span only, that part arrives, a minute inside its limits."""
    ends = datetime.fromisoformat("2026-11-25T18:30:15")
    begins = datetime.fromisoformat("2026-11-25T13:00:00")
    service = FakeHorizons(bodies={-74: FakeBody(name="MRO (spacecraft)", begins=begins, ends=ends)})
    (segment,) = oem(service).segments

    assert segment.start.iso(TimeSystem.TDB, digits=3) == "2026-11-25T13:01:00.000"
    assert "2026-11-25T18:28:00" <= segment.stop.iso(TimeSystem.TDB, digits=3) <= "2026-11-25T18:29:15"


def test_an_ephemeris_that_has_ended() -> None:
    """An ephemeris that ended before now is refused with its end; of a silent object its last days arrive."""
    gone = FakeHorizons(
        bodies={-202: FakeBody(name="MAVEN (spacecraft)", ends=datetime.fromisoformat("2026-03-01T00:58:50"))}
    )
    with pytest.raises(RetrievalError, match="Horizons' ephemeris ends at 2026-Mar-01 00:58:50 TDB"):
        oem(gone, target=-202)
    (segment,) = oem(gone, target=-202, ended_too=True).segments

    assert segment.stop.iso(digits=0)[:13] == "2026-03-01T00"
    assert segment.stop - segment.start == pytest.approx(3.0 * DAY_S, abs=60.0)


def test_the_age_counts_from_the_last_revision() -> None:
    """CREATION_DATE of a spacecraft is the day of its revision; of a moon, and of a day to come, the time of asking."""
    bodies = {-74: MRO, 401: MRO, -41: FakeBody(name="MEX", revised="Dec 31, 2026")}
    created = [oem(FakeHorizons(bodies=bodies), target=number, days=0.1).header.creation for number in bodies]

    assert [epoch.iso(digits=0) for epoch in created] == ["2026-11-20T00:00:00", *["2026-11-25T12:00:00"] * 2]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text.replace("Reference frame : ICRF", "Reference frame : Ecliptic of J2000.0"), "Ecliptic"),
        (lambda text: text.replace("Output units    : KM-S", "Output units    : AU-D"), "Output units KM-S"),
        (lambda text: text.replace("GEOMETRIC cartesian", "LT+S CORRECTED cartesian"), "GEOMETRIC cartesian states"),
        (lambda text: text.replace("Mars (499)", "Mars Barycenter (4)"), r"Center body name \(499\)"),
        (lambda text: text.replace("(spacecraft) (-74)", "(spacecraft) (-53)"), r"Target body name \(-74\)"),
        (lambda text: text.replace("BODY CENTER", "Jezero"), "Center-site name BODY CENTER"),
        (lambda text: text.replace("Calendar Date (TDB)", "Calendar Date (UT)"), "columns of Horizons must be"),
        (lambda text: text[: text.index("$$EOE") - 100], "cut off"),
        (lambda text: re.sub(r"\n2461370.0[^\n]*", "", text, count=1), "states, got"),
        (lambda text: re.sub(r":(\d\d).0000, ", r":\1.0001, ", text), "a row of Horizons must stand at"),
        (lambda text: re.sub(r"E\+03", "E+999", text), "must be finite"),
        (lambda text: re.sub(r"E\+03", "E+O3", text), "must be numbers"),
        (lambda _: "", "must answer with a table"),
    ],
    ids=[
        "plane",
        "units",
        "light time",
        "centre",
        "target",
        "site",
        "time",
        "cut",
        "missing",
        "shifted",
        "huge",
        "letters",
        "empty",
    ],
)
def test_any_other_answer_is_refused(change: Callable[[str], str], words: str) -> None:
    """An answer about another body, place, plane, unit, time, or of fewer or other states, is told in one line."""
    with pytest.raises(RetrievalError, match=words) as told:
        oem(FakeHorizons(bodies={-74: MRO}, change=change))

    assert "\n" not in str(told.value)


def test_the_services_own_refusals() -> None:
    """Several matches, no match, another version and an error are told with the service's words."""
    service = FakeHorizons(bodies={-74: MRO})
    with pytest.raises(RetrievalError, match=r"name one body, got '4 Mars Barycenter; 499 Mars; -74 Mars Recon"):
        oem(service, target=4)
    with pytest.raises(RetrievalError, match="no matches found"):
        oem(service, target=-999)
    service.version = "2.0"
    with pytest.raises(RetrievalError, match=r"version 1, got 'NASA/JPL Horizons API 2.0'"):
        oem(service)


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"signature": 1}', b"<html>", b"\xff\xfe"])
def test_what_is_no_answer_of_the_service(body: bytes) -> None:
    """Anything but its JSON is refused."""
    with pytest.raises(RetrievalError, match="JSON that has signature and result"):
        retrieve_oem(
            lambda _: body, target=-74, body=MARS, start=NOW, stop=NOW + DAY_S, originator="JPL", retrieved=NOW
        )


def test_a_jump_is_kept_and_stated() -> None:
    """Where a trajectory jumps no step is fine enough; one halving is tried, and the comment says how large it is."""
    body = FakeBody(name="MRO (spacecraft)", jump_km=(datetime.fromisoformat("2026-11-25T14:00:00"), 0.5))
    service = FakeHorizons(bodies={-74: body})
    message = oem(service, days=0.15)
    found = next(re.search(r"give it back to ([\d.e+]+) m", line) for line in message.header.comments if "Step" in line)

    assert found is not None
    assert len(service.queries) == 3
    assert np.diff(message.segments[0].epochs_tai_ns)[0] == pytest.approx(60e9, abs=1e3)
    assert 100.0 < float(found[1]) < 1000.0


def test_conics_is_what_it_is_taken_for() -> None:
    """The orbit of the stand-in has the elements that it was given."""
    state = MRO.states(np.array([1.0e8]), MARS.gm_km3_s2)[0]
    elements = spiceypy.oscelt(state, 1.0e8, MARS.gm_km3_s2)

    assert elements[:2] == pytest.approx([MRO.periapsis_km, MRO.eccentricity], rel=1e-9)


REAL = (Path(__file__).parents[1] / "data" / "horizons" / "mro_20250101.txt").read_text()
REAL_GRID = Grid(start=datetime.fromisoformat("2025-01-01T00:00:00"), step_s=30, count=20)


def signed(text: str) -> bytes:
    """A text as the service sends it."""
    return json.dumps({"signature": {"version": "1.2", "source": "NASA/JPL Horizons API"}, "result": text}).encode()


def test_a_real_answer_is_read() -> None:
    """An answer of the service itself passes every check once it is in TDB: MRO's states, source and revision."""
    table = read_table(signed(REAL.replace("UT ", "TDB")), -74, 499, REAL_GRID)
    pole = mars_pole()
    momentum = np.cross(table.positions_km[0], table.velocities_km_s[0])
    inclination_deg = np.degrees(np.arccos(momentum @ pole / np.linalg.norm(momentum)))

    assert (table.name, table.source) == ("Mars Reconnaissance Orbiter (spacecraft)", "MRO_MERGED")
    assert table.revised == Epoch.parse("2026-09-01")
    assert table.positions_km.shape == (21, 3)
    assert inclination_deg == pytest.approx(92.7, abs=0.2)  # published; in ecliptic axes it would be another


def mars_pole() -> np.ndarray:
    """North pole of Mars in ICRF axes in 2025, from the constants of pck00010.tpc."""
    ra_deg, dec_deg = 317.68143 - 0.1061 * 0.25, 52.8865 - 0.0609 * 0.25
    ra, dec = np.radians([ra_deg, dec_deg])
    return np.array([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)])


def test_a_real_answer_in_ut_is_refused() -> None:
    """The same answer as it came, in UT, is no answer to a question in TDB."""
    with pytest.raises(RetrievalError, match="columns of Horizons must be JDTDB"):
        read_table(signed(REAL), -74, 499, REAL_GRID)


def test_a_hundredth_of_a_turn_is_fine_enough_for_a_real_orbit() -> None:
    """Of MRO's real states, whose field is rough, those at 60 s give the ones between back to a millimetre."""
    table = read_table(signed(REAL.replace("UT ", "TDB")), -74, 499, REAL_GRID)
    times_s = 30.0 * np.arange(21)
    arc = arc_from_nodes(times_s[::2], table.positions_km[::2], table.velocities_km_s[::2], "HERMITE", 7)
    error_km = np.linalg.norm(arc.position_km(times_s[5:-4:2]) - table.positions_km[5:-4:2], axis=1)

    assert error_km.max() < 1e-6
