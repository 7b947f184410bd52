"""Ephemerides in other formats than CCSDS's: modified ITC (MEME) and STK's ``.e``."""

import re

import numpy as np
import pytest

from nearpass.astro.epochs import Epoch
from nearpass.ephemeris.lint_delivery import complete
from nearpass.ephemeris.reframe import in_fixed_axes
from nearpass.errors import InputError
from nearpass.messages.cutting import cut
from nearpass.messages.oem import OemMessage, parse_oem, peek_header
from nearpass.messages.oem_write import write_oem
from oem_texts import START, circular
from other_texts import COVARIANCE, OFFSETS_S, itc_text, stk_text

MONTHS = ("Jan", "Feb", "Mar")
ROUNDING_KM = 1e-11  # metres written with all digits, times a thousandth


def read(text: str, file: str = "sat.txt") -> OemMessage:
    return parse_oem(text.encode(), file)


def test_the_modified_itc_text_is_read() -> None:
    """States, creation and covariances of a MEME file, whose name alone says which object it is."""
    file = "ephemerides/MEME_47798_STARLINK-2379_0600000_Operational_1415710920_UNCLASSIFIED.txt"
    message = read(itc_text(), file)
    (segment,) = message.segments
    positions_km, velocities_km_s = circular(OFFSETS_S)
    np.testing.assert_array_equal(segment.positions_km, positions_km)
    np.testing.assert_array_equal(segment.velocities_km_s, velocities_km_s)
    np.testing.assert_array_equal(segment.epochs_tai_ns, [(START + offset_s).tai_ns for offset_s in OFFSETS_S])
    assert (segment.object_name, segment.object_id) == ("STARLINK-2379", "47798")
    assert (segment.center_name, segment.ref_frame, segment.time_system) == ("EARTH", "EME2000", "UTC")
    assert message.header.creation == Epoch.parse("2021-02-28T12:00:00")
    assert (message.header.source, message.header.originator) == ("MODIFIED ITC", "blend")
    assert peek_header(itc_text()[:200].encode(), file) == message.header
    held = in_fixed_axes(message).segments[0].covariances
    assert held is not None
    assert set(held.frames) == {"RTN"}
    np.testing.assert_array_equal(held.matrices, np.broadcast_to(COVARIANCE, (12, 6, 6)))
    assert any("UVW is read as RTN" in note for note in in_fixed_axes(message).notes)


@pytest.mark.parametrize(
    ("old", "new", "rule", "line"),
    [
        ("created:2021-02-28", "created:2021-02-30", "created: the date must exist", 1),
        ("step_size:60", "", "second line must read", 2),
        ("ephemeris_source:blend", "blend", "third line must read", 3),
        ("UVW", "U V W", "fourth line must name the axes", 4),
        ("20210600001", "20214000001", "day of the year must exist", 9),
        ("20210600001", "2021060 001", "7 columns", 9),
        ("20210600001", "20210600000", "epochs must increase", 9),
        (" 2.0000001e-06", " x", "decimal numbers", 5),
    ],
)
def test_a_fault_of_an_itc_text_has_its_line(old: str, new: str, rule: str, line: int) -> None:
    """Each broken line is named with what it must read."""
    assert old in itc_text()
    with pytest.raises(InputError, match=rule) as caught:
        read(itc_text().replace(old, new, 1))
    assert caught.value.line == line


def test_a_text_that_ends_before_it_says_is_told() -> None:
    """A modified ITC text whose states stop early, and an STK file with fewer than it counts or without its end."""
    cut = itc_text().replace("ephemeris_stop:2021-03-01 00:11:00", "ephemeris_stop:2021-03-04 00:00:00")
    fact = complete(read(cut).segments)
    assert fact is not None
    assert fact.fact.stated == Epoch.parse("2021-03-04T00:00:00")
    assert complete(read(itc_text()).segments) is None
    notes = " ".join(
        read(
            stk_text("NumberOfEphemerisPoints 4320", "InterpolationOrder five")
            .replace("    NumberOfEphemerisPoints 12\n", "")
            .replace("END Ephemeris", "")
        ).notes
    )
    assert "NumberOfEphemerisPoints 4320 of line 7 is not that of the states, 12" in notes
    assert "END Ephemeris is missing" in notes
    assert "interpolationorder five of line 8 is not used" in notes
    assert "missing" not in " ".join(read(stk_text()).notes)


def test_an_itc_text_that_is_cut_off_is_refused() -> None:
    """A transfer that was cut within a state is no whole file; the fault is where that state begins."""
    text = itc_text()
    lines = text.splitlines()
    with pytest.raises(InputError, match="followed by three lines") as caught:
        read("\n".join(lines[:-2]))
    assert caught.value.line == len(lines) - 3


@pytest.mark.parametrize(
    ("keywords", "unit_km"),
    [
        ((), 1e-3),
        (("DistanceUnit Meters",), 1e-3),
        (("distanceunit   Kilometers",), 1.0),
        (("TimeFormat EpSec",), 1e-3),
    ],
)
def test_an_stk_file_is_read(keywords: tuple[str, ...], unit_km: float) -> None:
    """Units, seconds from ScenarioEpoch and STK's defaults give the states of the orbit."""
    message = read(stk_text(*keywords, unit_km=unit_km), "orbits/mro.e")
    (segment,) = message.segments
    positions_km, velocities_km_s = circular(OFFSETS_S)
    np.testing.assert_allclose(segment.positions_km, positions_km, rtol=0, atol=ROUNDING_KM)
    np.testing.assert_allclose(segment.velocities_km_s, velocities_km_s, rtol=0, atol=ROUNDING_KM)
    np.testing.assert_array_equal(segment.epochs_tai_ns, [(START + offset_s).tai_ns for offset_s in OFFSETS_S])
    assert (segment.object_name, segment.center_name, segment.ref_frame) == ("mro", "Earth", "EME2000")
    assert (message.header.source, message.header.version, message.header.creation) == ("STK", "11.0", START)
    assert message.header.comments == ("WrittenBy    STK_v11.2.0",)
    assert peek_header(stk_text(*keywords)[:200].encode(), "mro.e").creation == START


@pytest.mark.parametrize(
    ("keywords", "center", "axes", "method", "degree"),
    [
        (("CentralBody Mars", "CoordinateSystem Fixed"), "Mars", "IAU_MARS", None, None),
        (("CoordinateSystem Fixed",), "Earth", "ITRF", None, None),
        (("CoordinateSystem TrueOfDate",), "Earth", "TOD", None, None),
        (("CoordinateSystem ICRF", "InterpolationMethod Lagrange", "InterpolationSamplesM1 5"), "Earth", "ICRF",
         "LAGRANGE", 5),
        (("InterpolationMethod Lagrange", "InterpolationOrder 7"), "Earth", "EME2000", "LAGRANGE", 7),
        (("InterpolationMethod Hermite", "InterpolationSamplesM1 1"), "Earth", "EME2000", "HERMITE", 3),
        (("InterpolationMethod LagrangeVOP", "InterpolationOrder 7"), "Earth", "EME2000", None, None),
    ],
)  # fmt: skip
def test_settings_of_an_stk_file(
    keywords: tuple[str, ...], center: str, axes: str, method: str | None, degree: int | None
) -> None:
    """Centre, axes and interpolation come from its keywords."""
    (segment,) = read(stk_text(*keywords)).segments
    found = (segment.center_name, segment.ref_frame, segment.interpolation, segment.degree)
    assert found == (center, axes, method, degree)


@pytest.mark.parametrize("twice", [False, True])
def test_an_stk_file_is_parted_at_its_boundaries(twice: bool) -> None:
    """A boundary ends one segment and begins the next, whether its state stands once or, as at a manoeuvre, twice."""
    states = np.hstack(circular(OFFSETS_S)) * 1e3
    rows = [f"{offset_s!r} " + " ".join(repr(float(value)) for value in row)
            for offset_s, row in zip(OFFSETS_S.tolist(), states, strict=True)]  # fmt: skip
    if twice:
        rows.insert(5, rows[5])
    boundaries = ("BEGIN SegmentBoundaryTimes", "0.0", "3.0e2", "END SegmentBoundaryTimes")
    first, second = read(stk_text(*boundaries, rows=rows)).segments
    assert (first.start, first.stop, second.start, second.stop) == (START, START + 300.0, START + 300.0, START + 660.0)
    assert (len(first.epochs_tai_ns), len(second.epochs_tai_ns)) == (6, 7)


@pytest.mark.parametrize("order", ["LowerTriangular", "UpperTriangular"])
def test_covariances_of_an_stk_file(order: str) -> None:
    """Either triangle, in square metres, gives the matrix in square kilometres, in the axes of the states."""
    places = np.tril_indices(6) if order == "LowerTriangular" else np.triu_indices(6)
    terms = " ".join(repr(float(value)) for value in COVARIANCE[places] * 1e6)
    table = stk_text(f"CovarianceFormat {order}").replace(
        "END Ephemeris", f"CovarianceTimePosVel\n60.0 {terms}\nEND Ephemeris"
    )
    held = read(table).segments[0].covariances
    assert held is not None
    assert (held.frames, held.epochs_tai_ns.tolist()) == (("EME2000",), [(START + 60.0).tai_ns])
    np.testing.assert_allclose(held.matrices[0], COVARIANCE, rtol=1e-15)


@pytest.mark.parametrize(
    ("text", "rule", "at"),
    [
        (stk_text("DistanceUnit Feet"), "DistanceUnit must be", "DistanceUnit"),
        (stk_text("TimeFormat JDate"), "TimeFormat must be", "TimeFormat"),
        (stk_text("CovarianceFormat Full"), "CovarianceFormat must be", "CovarianceFormat"),
        (stk_text(table="EphemerisTimePos"), "must be EphemerisTimePosVel", "EphemerisTimePos"),
        (stk_text(table="EphemerisLLATimePos"), "must be EphemerisTimePosVel", "EphemerisLLATimePos"),
        (stk_text().replace("1 Mar 2021", "2021-03-01"), "ScenarioEpoch must read", "ScenarioEpoch"),
        (stk_text().replace("1 Mar 2021", "30 Feb 2021"), "ScenarioEpoch: the date", "ScenarioEpoch"),
        (stk_text().replace("60.0 ", "6O.0 ", 1), "decimal numbers", "6O.0"),
        (stk_text().replace("120.0 ", "60.0 ", 1), "epochs must increase", None),
        (stk_text().replace("60.0 ", "60.0 1 ", 1), "7 columns", "60.0 1"),
        (stk_text().replace("60.0 ", "1e300 ", 1), "within 290 years", "1e300"),
        ("stk.v.11.0\nBEGIN Ephemeris\nEND Ephemeris\n", "at least one state", None),
        ("stk.v.11.0\nBEGIN Attitude\n", "BEGIN Ephemeris", "stk.v"),
    ],
)
def test_a_fault_of_an_stk_file_has_its_line(text: str, rule: str, at: str | None) -> None:
    """What would change the meaning of the numbers, and what is none, is refused with keyword or row."""
    with pytest.raises(InputError, match=rule) as caught:
        read(text)
    assert caught.value.line is not None
    assert at is None or at in text.splitlines()[caught.value.line - 1]


@pytest.mark.parametrize("text", [itc_text(), stk_text()])
def test_other_texts_become_an_oem(text: str) -> None:
    """What is written as OEM holds the same states, for those who read nothing else."""
    message = read(text)
    again = read(write_oem(message, "kvn"), "x.oem")
    assert again.header.source == "OEM"
    np.testing.assert_array_equal(again.segments[0].positions_km, message.segments[0].positions_km)


def test_covariances_of_other_texts_cannot_be_cut_out() -> None:
    """A package that may not hold them refuses such a file instead of handing it over whole."""
    assert cut(itc_text().encode(), "x.txt", keep=lambda _: True, covariances=True).left_out == ()
    with pytest.raises(InputError, match="CCSDS messages only"):
        cut(itc_text().encode(), "x.txt", keep=lambda _: True, covariances=False)


@pytest.mark.parametrize("number", range(200))
def test_any_damage_to_other_texts_gives_a_message_or_one_error(number: int) -> None:
    """Each line left out, doubled, cut or overwritten gives states or an error with its line."""
    for text in (itc_text(), stk_text("InterpolationMethod Lagrange", "InterpolationOrder 5")):
        lines = text.splitlines()
        at, kind = number % len(lines), number // len(lines) % 4
        change = ([], [lines[at]] * 2, [lines[at][: len(lines[at]) // 2]], [re.sub(r"\d", "9", lines[at])])[kind]
        outcome: OemMessage | InputError
        try:
            outcome = parse_oem("\n".join([*lines[:at], *change, *lines[at + 1 :]]).encode(), "x")
        except InputError as error:
            outcome = error
        assert outcome.segments if isinstance(outcome, OemMessage) else outcome.line is not None
