"""Deliveries: which one is used, and what is said of the others."""

import bz2
import gzip
import hashlib
import lzma
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fleets import CUTOFF, LOW, message, segment, write_workspace
from nearpass.astro.epochs import DAY_S, Epoch
from nearpass.astro.frames import icrf_from_axes
from nearpass.config import load_config
from nearpass.cycle.pipeline import setting_of
from nearpass.ingest import Ingested, ingest_object, source_of
from nearpass.messages.oem_write import write_oem
from nearpass.report.wording import measured, said


def ingested(config_path: Path) -> Ingested:
    """The first object's deliveries."""
    config, _ = load_config(config_path)
    return ingest_object(config.objects[0], setting_of(config, config_path.parent, CUTOFF))


def deliver(config_path: Path, name: str, text: str) -> Path:
    path = config_path.parent / "ephemerides" / name
    path.write_text(text)
    return path


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return write_workspace(tmp_path)


def test_the_newest_delivery_by_creation_date_is_the_current_one(workspace: Path) -> None:
    """Of several files the one created last before the cut-off is used, whatever its name."""
    newest = message(segment(LOW, -3600.0, 90_000.0, 60.0), creation=CUTOFF + -60.0)
    deliver(workspace, "low_0.oem", write_oem(newest))

    assert ingested(workspace).inputs[0].file == "ephemerides/low_0.oem"


def test_a_delivery_created_after_the_cutoff_is_not_yet_known(workspace: Path) -> None:
    """A file created after the data cut-off is neither used nor refused."""
    future = message(segment(LOW, -3600.0, 90_000.0, 60.0), creation=CUTOFF + 60.0)
    deliver(workspace, "low_2.oem", write_oem(future))

    assert [entry.file for entry in ingested(workspace).inputs] == ["ephemerides/low_1.oem"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("ICRF", "MCI", "MCI"),
        ("UTC", "SCLK", "TIME_SYSTEM"),
        ("= MARS", "= VULCAN", "VULCAN"),
        ("META_STOP", "META_STOP\n2021-03-17T00:00:00 1 2", ""),
        ("CCSDS_OEM_VERS = 2.0", "CCSDS_OEM_VERS = 9.0", "CCSDS_OEM_VERS"),
    ],
)
def test_a_refused_delivery_gives_way_to_the_one_before(workspace: Path, old: str, new: str, words: str) -> None:
    """A newer file that breaks a rule is listed with rule, file and object, and the older one is used."""
    text = write_oem(message(segment(LOW, -3600.0, 90_000.0, 60.0), creation=CUTOFF + -60.0))
    assert old in text
    deliver(workspace, "low_2.oem", text.replace(old, new))
    result = ingested(workspace)

    assert result.trajectory is not None
    assert result.inputs[0].file == "ephemerides/low_1.oem"
    assert result.inputs[0].refusal is None
    refusal = result.inputs[1].refusal
    assert refusal is not None
    assert words in refusal
    assert re.search(r"ephemerides/low_2\.oem:\d+", refusal)
    assert "(object LOW)" in refusal


@pytest.mark.parametrize("what", ["too late", "broken", "missing"])
def test_a_refused_delivery_has_the_level_of_its_words(workspace: Path, what: str) -> None:
    """Words of the publisher's own mean the same level of a delivery that is not used as of one that is."""
    text = workspace.read_text().replace('id = "LOW"\n', 'id = "LOW"\nmarking = "OURS-RESTRICTED"\n')
    workspace.write_text(f'{text}\n[[marking]]\nwords = "OURS-RESTRICTED"\nlevel = "AMBER"\n')
    (only,) = (workspace.parent / "ephemerides").glob("low_*.oem")
    if what == "too late":
        only.write_text(write_oem(message(segment(LOW, -3600.0, 90_000.0, 60.0), creation=CUTOFF + 60.0)))
    elif what == "broken":
        only.write_text(only.read_text().replace("ICRF", "MCI"))
    else:
        only.unlink()
    (entry,) = ingested(workspace).inputs

    assert entry.refusal is not None
    assert entry.marking is not None
    assert entry.marking.level == "TLP:AMBER"


def test_a_path_without_files_is_refused(workspace: Path) -> None:
    """An object whose path names no file has no trajectory and one refusal that names the path."""
    (workspace.parent / "ephemerides" / "low_1.oem").unlink()
    result = ingested(workspace)

    assert result.trajectory is None
    assert "ephemerides/low_*.oem" in str(result.inputs[0].refusal)


def test_an_ephemeris_that_misses_the_window_is_refused(workspace: Path) -> None:
    """A file whose states end before the window says so, with both spans."""
    deliver(workspace, "low_1.oem", write_oem(message(segment(LOW, -90_000.0, -60.0, 60.0))))
    result = ingested(workspace)

    assert result.trajectory is None
    assert "must reach the window" in str(result.inputs[0].refusal)


def test_a_cut_ephemeris_is_refused_by_what_it_holds(workspace: Path) -> None:
    """Where the transfer was cut off before the window, the states' own span is named, not that of the metadata."""
    text = write_oem(message(segment(LOW, -3_600.0, 90_000.0, 60.0)))
    lines = text.splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("20"))
    deliver(workspace, "low_1.oem", "\n".join([*lines[: first + 10], ""]))
    refusal = str(ingested(workspace).inputs[0].refusal)

    assert "got '2021-03-16T23:00:00 to 2021-03-16T23:09:00'" in refusal
    assert "whatever STOP_TIME says (2021-03-18T01:00:00)" in refusal


def test_single_instants_are_no_motion(workspace: Path) -> None:
    """A file of single instants is refused for that, not for its window; one beside a motion is noted with it."""
    alone = segment(LOW, 0.0, 0.0, 60.0)
    deliver(workspace, "low_1.oem", write_oem(message(alone)))
    assert "must hold two states at least" in str(ingested(workspace).inputs[0].refusal)
    deliver(workspace, "low_1.oem", write_oem(message(segment(LOW, -60.0, DAY_S, 60.0), alone)))
    result = ingested(workspace)
    assert result.trajectory is not None
    (noted,) = [found for found in result.inputs[0].findings if found.rule == "notation"]
    assert (noted.grade, measured(noted.fact)) == ("note", "1 departure")
    assert "holds one state and is skipped" in said(noted.fact)


def test_a_partial_ephemeris_covers_its_part(workspace: Path) -> None:
    """An ephemeris that ends inside the window is used up to its last state and not beyond."""
    deliver(workspace, "low_1.oem", write_oem(message(segment(LOW, -3600.0, 43_200.0, 60.0))))
    result = ingested(workspace)

    assert result.trajectory is not None
    assert result.trajectory.spans_s == ((0.0, 43_200.0),)


def test_the_input_record_says_what_the_file_is(workspace: Path) -> None:
    """Format, originator, axes, nodes and age stand in the record of the input."""
    entry = ingested(workspace).inputs[0]

    assert entry.format == "OEM 2.0"
    assert (entry.originator, entry.center, entry.axes, entry.time_system) == ("TEST", "MARS", "ICRF", "UTC")
    assert entry.node_count == (86_400 + 7_200) // 60 + 1
    assert entry.age_s == 3600.0


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_a_compressed_delivery_is_read(workspace: Path, compress: Callable[[bytes], bytes]) -> None:
    """A compressed file is known by its content; hash, size and stored file are those of the file as delivered."""
    text = write_oem(message(segment(LOW, -3600.0, 90_000.0, 60.0), creation=CUTOFF + -60.0), "xml")
    packed = compress(text.encode())
    (workspace.parent / "ephemerides" / "low_2.oem").write_bytes(packed)
    result = ingested(workspace)

    assert result.trajectory is not None
    entry = result.inputs[0]
    assert (entry.file, entry.size_bytes) == ("ephemerides/low_2.oem", len(packed))
    assert result.files == {hashlib.sha256(packed).hexdigest(): packed}


def test_a_damaged_compressed_delivery_gives_way_to_the_one_before(workspace: Path) -> None:
    """A file that broke off in transfer is refused with its name, and the older one is used."""
    text = write_oem(message(segment(LOW, -3600.0, 90_000.0, 60.0), creation=CUTOFF + -60.0))
    (workspace.parent / "ephemerides" / "low_2.oem").write_bytes(gzip.compress(text.encode())[:-9])
    result = ingested(workspace)

    assert result.inputs[0].file == "ephemerides/low_1.oem"
    assert "must be complete" in str(result.inputs[1].refusal)
    assert "ephemerides/low_2.oem" in str(result.inputs[1].refusal)


def in_mci(config_path: Path) -> Path:
    """The first object's only delivery names the axes MCI, which no standard defines."""
    delivery = config_path.parent / "ephemerides" / "low_1.oem"
    delivery.write_text(delivery.read_text().replace("ICRF", "MCI"))
    return config_path


def test_axes_that_no_standard_defines_are_refused_with_the_key_to_set(workspace: Path) -> None:
    """MCI is not guessed at: the refusal names what to set in the configuration."""
    (entry,) = ingested(in_mci(workspace)).inputs
    assert entry.refusal is not None
    assert 'axes = { MCI = "..." } under [[object.ephemeris]]' in entry.refusal


def test_axes_mean_what_the_configuration_says(workspace: Path) -> None:
    """With a meaning given the delivery is used, turned accordingly, and its record says how it was read."""
    in_mci(workspace)
    source = 'originator = "TEST"\n'
    workspace.write_text(workspace.read_text().replace(source, source + 'axes = { MCI = "MARS EQUATOR J2000" }\n', 1))
    result = ingested(workspace)
    assert result.inputs[0].axes == "MCI, read as MARS EQUATOR J2000"
    assert result.trajectory is not None
    position_km, _ = result.trajectory.state(np.zeros(1))
    expected_km = LOW.state(np.zeros(1))[0] @ icrf_from_axes("MARS EQUATOR J2000").T
    np.testing.assert_allclose(position_km, expected_km, rtol=0, atol=1e-6)  # written with a micrometre's digits


def test_an_orbit_outside_its_declared_plane_is_reported(workspace: Path) -> None:
    """With a declared inclination, numbers in equatorial axes called ICRF fail the rule on the plane, in words."""
    declared = "[object.orbit]\ninclination_deg = 92.7\n"
    source = "[[object.ephemeris]]\n"
    workspace.write_text(workspace.read_text().replace(source, declared + source, 1))
    findings = {found.rule: found for found in ingested(workspace).inputs[0].findings}
    assert findings["orbit plane"].grade == "fail"
    assert "The same numbers fit in MARS EQUATOR J2000 axes" in said(findings["orbit plane"].fact)
    assert "orbit plane" in said(findings["overall"].fact)


PHOBOS = (
    '[[object]]\nid = "PHOBOS"\nname = "Phobos"\nnaif_id = 401\nradius_km = 13.0\n'
    '[[object.ephemeris]]\ntheory = "MarsSatV1.0"\noriginator = "IMCCE"\n'
)


def test_a_moon_without_an_ephemeris_moves_by_theory(workspace: Path) -> None:
    """A theory stands in for a delivery, is graded as approximate, and states its own uncertainty."""
    workspace.write_text(workspace.read_text() + PHOBOS)
    config, _ = load_config(workspace)
    setting = setting_of(config, workspace.parent, CUTOFF)
    result = ingest_object(config.objects[-1], setting)
    assert result.trajectory is not None
    assert result.trajectory.spans_s == ((0.0, setting.span_s),)
    assert result.trajectory.approximation is not None
    assert result.inputs[0].format == "analytic theory"
    assert "approximate" in said(result.inputs[0].findings[0].fact)
    declared = source_of(config.objects[-1], result).declared
    assert declared is not None
    assert "MAR085" in declared.source


def test_a_theory_beyond_its_years_is_refused(workspace: Path) -> None:
    """Where no error can be stated the moon has no trajectory, and the refusal says so."""
    workspace.write_text(workspace.read_text() + PHOBOS)
    config, _ = load_config(workspace)
    result = ingest_object(config.objects[-1], setting_of(config, workspace.parent, Epoch.parse("2041-01-01")))
    assert result.trajectory is None
    refusal = result.inputs[0].refusal
    assert refusal is not None
    assert "MarsSatV1.0 is stated from 1972 to 2040" in refusal
    assert "(object PHOBOS)" in refusal


def test_an_old_ephemeris_of_a_silent_object_is_extended(workspace: Path) -> None:
    """With `extend` an ephemeris that ended long before the window covers it, and is graded as extended."""
    old = write_oem(message(segment(LOW, -40 * DAY_S, -39 * DAY_S, 60.0), creation=CUTOFF + -40 * DAY_S))
    deliver(workspace, "low_1.oem", old)
    text = workspace.read_text().replace('name = "LOW orbiter"', 'name = "LOW orbiter"\nphase = "unknown"')
    source = 'path = "ephemerides/low_*.oem"\n'
    workspace.write_text(text.replace(source, source + 'extend = "secular J2"\n'))
    result = ingested(workspace)
    assert result.trajectory is not None
    assert (result.trajectory.spans_s[0][0], result.trajectory.spans_s[-1][1]) == (0.0, DAY_S)
    findings = {found.rule: found for found in result.inputs[0].findings}
    assert findings["extension"].grade == "note"
    assert "secular J2 drift" in said(findings["extension"].fact)
    assert findings["span"].grade == "fail"


def test_the_words_of_a_message_are_kept(workspace: Path) -> None:
    """CLASSIFICATION and MESSAGE_ID of version 3.0 stand in the record of the delivery."""
    text = write_oem(message(segment(LOW, -3600.0, 90_000.0, 60.0), creation=CUTOFF + -60.0))
    named = text.replace("CCSDS_OEM_VERS = 2.0\n", "CCSDS_OEM_VERS = 3.0\nCLASSIFICATION = TLP:GREEN\n")
    deliver(workspace, "low_2.oem", named.replace("META_START", "MESSAGE_ID = M-7\nMETA_START", 1))
    used = ingested(workspace).inputs[0]

    assert (used.file, used.format) == ("ephemerides/low_2.oem", "OEM 3.0")
    assert (used.classification, used.message_id) == ("TLP:GREEN", "M-7")


@pytest.mark.parametrize(
    ("axes", "extra", "grade", "words"),
    [
        ("ICRF", "", "pass", "The centre is MARS, as the file says"),
        ("ICRF", 'center = "MARS"\n', "pass", "The centre is MARS, as the configuration declares"),
        ("MCI", 'axes = { MCI = "EME2000" }\n', "note", "Axes: MCI, read as EME2000, on the publisher's word"),
        ("ITRF-97", "", "note", "motion of the pole in the Earth's crust is left out"),
    ],
)
def test_centre_and_axes_are_graded_against_the_configuration(
    workspace: Path, axes: str, extra: str, grade: str, words: str
) -> None:
    """What a message names is told beside what was declared of it."""
    delivery = workspace.parent / "ephemerides" / "low_1.oem"
    delivery.write_text(delivery.read_text().replace("ICRF", axes))
    source = 'originator = "TEST"\n'
    workspace.write_text(workspace.read_text().replace(source, source + extra, 1))
    findings = {found.rule: found for found in ingested(workspace).inputs[0].findings}
    assert findings["centre and axes"].grade == grade
    assert words in said(findings["centre and axes"].fact)
