"""What an OCM says of spacecraft and manoeuvres reaches the record, the page and the message of an approach."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from fleets import CUTOFF, LOW, Kepler, segment, write_workspace
from nearpass.astro.epochs import DAY_S
from nearpass.config import load_config
from nearpass.cycle.pipeline import run_cycle
from nearpass.record.record import CycleRecord, InputRecord
from nearpass.report.catalogue import Catalogue
from nearpass.report.cdm_event import event_cdm
from nearpass.report.object_views import _object_facts

RADIUS_M = 3.5  # of the box: half the diagonal of 6 by 3 by 2 metres is 7 / 2
ORBITS = {"LOW": LOW, "NEAR": Kepler(LOW.a_km + 3.0, LOW.e, 1.0, node_rad=0.2, mean_anomaly_rad=0.05)}
HEAD = """CCSDS_OCM_VERS = 3.0
CREATION_DATE = 2021-03-16T23:00:00
ORIGINATOR = TEST
META_START
OBJECT_NAME = LOW
INTERNATIONAL_DESIGNATOR = 2005-029A
TIME_SYSTEM = UTC
EPOCH_TZERO = 2021-03-17T00:00:00
META_STOP
TRAJ_START
CENTER_NAME = MARS
TRAJ_REF_FRAME = ICRF
TRAJ_TYPE = CARTPV
INTERPOLATION = HERMITE
INTERPOLATION_DEGREE = 7
"""
BLOCKS = """TRAJ_STOP
PHYS_START
WET_MASS = 1913.0 [kg]
OEB_MAX = 6 [m]
OEB_INT = 3 [m]
OEB_MIN = 2 [m]
PHYS_STOP
MAN_START
MAN_ID = TCM-7
MAN_BASIS = PLANNED
MAN_DEVICE_ID = MAIN
MAN_REF_FRAME = RTN
MAN_COMPOSITION = TIME_ABSOLUTE, MAN_DURA, DV_X, DV_Y, DV_Z
2021-03-17T09:59:00 120 0.0 0.0003 0.0004
MAN_STOP
MAN_START
MAN_ID = COLA
MAN_BASIS = CANDIDATE
MAN_DEVICE_ID = MAIN
MAN_REF_FRAME = RTN
MAN_COMPOSITION = TIME_RELATIVE, DV_X, DV_Y, DV_Z
54000.0 0.0 0.0004 0.0
MAN_STOP
"""


def quiet(_: str, __: int) -> Callable[[int], None]:
    return lambda _: None


def ocm(orbit: Kepler = LOW, blocks: str = BLOCKS) -> str:
    states = segment(orbit, -3600.0, DAY_S + 3600.0, 60.0)
    rows = [
        " ".join([f"{tai_ns / 1e9 - CUTOFF.tai_ns / 1e9:.3f}", *map(repr, [*position.tolist(), *velocity.tolist()])])
        for tai_ns, position, velocity in zip(
            states.epochs_tai_ns, states.positions_km, states.velocities_km_s, strict=True
        )
    ]
    return HEAD + "\n".join(rows) + "\n" + blocks


def cycle(directory: Path, hbr: str = "delivered", blocks: str = BLOCKS) -> CycleRecord:
    """A cycle in which LOW is delivered as an OCM."""
    path = write_workspace(directory, orbits=ORBITS, limit_km=2000.0)
    (directory / "ephemerides" / "low_1.oem").write_text(ocm(blocks=blocks))
    text = path.read_text().replace('name = "LOW orbiter"\n', f'name = "LOW orbiter"\nhbr = "{hbr}"\n')
    path.write_text(text)
    config, text = load_config(path)
    return run_cycle(config, text, directory, CUTOFF, None, quiet).record


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> CycleRecord:
    return cycle(tmp_path_factory.mktemp("ocm"))


def entry_of(record: CycleRecord) -> InputRecord:
    return next(entry for entry in record.inputs if entry.object_id == "LOW")


def facts(record: CycleRecord) -> dict[str, tuple[str, str | None]]:
    low = next(item for item in record.objects if item.id == "LOW")
    return {fact.label: (fact.value, fact.note) for fact in _object_facts(low, record)}


def test_the_record_of_the_file_has_size_mass_and_manoeuvres(record: CycleRecord) -> None:
    """Half the diagonal of the box, the mass with propellant, each manoeuvre half way through with its size."""
    entry = entry_of(record)

    assert entry.refusal is None
    assert (entry.radius_m, entry.radius_source, entry.mass_kg) == (pytest.approx(RADIUS_M), "oeb_box", 1913.0)
    told = [(one.at.iso(digits=0), one.size_m_s, one.basis, one.name) for one in entry.manoeuvres]
    assert told == [
        ("2021-03-17T10:00:00", pytest.approx(0.5), "PLANNED", "TCM-7"),
        ("2021-03-17T15:00:00", pytest.approx(0.4), "CANDIDATE", "COLA"),
    ]


def test_a_delivered_size_counts_in_event_and_message_where_that_is_asked_for(
    record: CycleRecord, tmp_path: Path
) -> None:
    """With hbr = "delivered" object, B-plane and the message's HBR have it; else the configured 5 m, and a finding."""
    plain = cycle(tmp_path, hbr="configured")
    for made, low_m, source in ((record, RADIUS_M, "oeb_box"), (plain, 5.0, None)):
        low = next(item for item in made.objects if item.id == "LOW")
        assert (low.hbr_m, low.hbr_source) == (pytest.approx(low_m), source)
        event = next(event for event in made.events if event.b_plane is not None)
        assert event.b_plane is not None
        assert event.b_plane.hbr_km == pytest.approx((low_m + 5.0) / 1000.0)
        assert f"HBR = {low_m + 5.0:.1f} [m]" in event_cdm(made, event).comments
    assert "size" in {found.rule for found in entry_of(plain).findings}
    assert "size" not in {found.rule for found in entry_of(record).findings}


def test_the_page_tells_size_mass_and_manoeuvres(record: CycleRecord) -> None:
    """Each with where it is from, and that a proposed manoeuvre can be asked about."""
    told = facts(record)

    box = "of the delivery, half the diagonal of the box OEB_MAX, OEB_INT, OEB_MIN"
    assert told["Hard-body radius"] == ("3.5 m", box)
    assert told["Mass"] == ("1\u202f913 kg", "of the delivery, with propellant")
    value, note = told["Manoeuvres in the delivery"]
    assert "10:00 UTC, 0.500\u00a0m/s, planned" in value
    assert "15:00 UTC, 0.400\u00a0m/s, candidate" in value
    assert note == "nearpass whatif asks what those proposed would do"
    assert Catalogue(record)


def test_without_the_blocks_the_configured_size_counts(tmp_path: Path) -> None:
    """Where a delivery tells no size, hbr = "delivered" falls back on hbr_m, and nothing is told of mass or burns."""
    bare = cycle(tmp_path, blocks="TRAJ_STOP\n")
    low = next(item for item in bare.objects if item.id == "LOW")

    assert (low.hbr_m, low.hbr_source) == (5.0, None)
    assert not {"Mass", "Manoeuvres in the delivery"} & facts(bare).keys()
    assert replace(entry_of(bare), manoeuvres=()) == entry_of(bare)


@pytest.mark.parametrize(("basis", "verdict"), [("DETERMINED", "manoeuvre"), ("CANDIDATE", "doubtful")])
def test_a_manoeuvre_that_a_delivery_tells_of_explains_its_shift(tmp_path: Path, basis: str, verdict: str) -> None:
    """Twenty seconds late is doubtful by a declared second, unless a burn was flown since the delivery before."""
    path = write_workspace(tmp_path, orbits=ORBITS)
    sigmas = (
        "radial_km = 0.1",
        "transverse_km = 0.1",
        "normal_km = 0.1",
        "timing_s = 1",
        "timing_growth_s_per_day = 0",
        'source = "t"',
    )
    declared = "\n".join(["[object.uncertainty]", *sigmas, ""])
    path.write_text(re.sub(r"(originator = \"TEST\"\n)", rf"\1{declared}", path.read_text()))
    config, text = load_config(path)
    first = run_cycle(config, text, tmp_path, CUTOFF, None, quiet).record
    late = replace(LOW, mean_anomaly_rad=LOW.mean_anomaly_rad - 20.0 * LOW.motion_rad_s)
    block = BLOCKS.replace("PLANNED", basis).replace("2021-03-17T09:59:00", "2021-03-16T23:30:00")
    message = ocm(late, block).replace("DATE = 2021-03-16T23:00:00", "DATE = 2021-03-17T00:30:00")
    (tmp_path / "ephemerides" / "low_2.oem").write_text(message)
    second = run_cycle(config, text, tmp_path, CUTOFF + 3600.0, first, quiet).record
    shift = next(item.shift for item in second.objects if item.id == "LOW")

    assert shift is not None
    assert shift.verdict == verdict
