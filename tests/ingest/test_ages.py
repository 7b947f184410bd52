"""How old kernels are, and what a past cut-off may use of them."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import spiceypy as spice

from fleets import CUTOFF, LOW, POLAR, message, segment, write_workspace
from nearpass.archive.sightings import ARCHIVE, note_sightings, read_sightings
from nearpass.astro.epochs import DAY_S, Epoch
from nearpass.config import load_config
from nearpass.cycle.approach import Assessed, assess_approach
from nearpass.cycle.pipeline import setting_of
from nearpass.ephemeris.spk_write import write_spk
from nearpass.errors import ConfigError
from nearpass.ingest import Ingested, ingest, source_of
from nearpass.ingest.ages import arrivals
from nearpass.ingest.ledger import Ledger, Retrieved, ledger_json
from nearpass.report.wording import said
from records import sample_record

TARGET = -905029
GROWTH = (
    "uncertainty = { radial_km = 0.05, transverse_km = 0.3, normal_km = 0.05, timing_s = 0.05, "
    'timing_growth_s_per_day = 0.4, source = "assumed" }\n'
)


def _workspace(directory: Path, *, created: str = "") -> Path:
    """One object LOW whose source names kernels, and another with a message."""
    path = write_workspace(directory, orbits={"LOW": LOW, "POLAR": POLAR}, span_days=0.1)
    text = path.read_text().replace('"ephemerides/low_*.oem"', f'"ephemerides/low_*.bsp"\ntarget = {TARGET}\n{created}')
    path.write_text(text.replace('id = "LOW"', f'id = "LOW"\n{GROWTH}'))
    return path


def _kernel(workspace: Path, name: str, *comments: str) -> str:
    """A kernel with these comments, written by CSPICE itself; its SHA-256."""
    path = workspace.parent / "ephemerides" / name
    offsets_s = np.arange(-3600.0, 14_000.0, 60.0)
    since_s = CUTOFF.tai_ns / 1e9 + 32.184  # TT, from which TDB is never more than 2 ms
    handle = spice.spkopn(str(path), "test", 1000)
    if comments:
        spice.dafac(handle, list(comments))
    times_s = offsets_s + since_s
    spice.spkw13(
        handle, TARGET, 499, "J2000", float(times_s[0]), float(times_s[-1]), name, 7, len(times_s),
        np.hstack(LOW.state(offsets_s)), times_s,
    )  # fmt: skip
    spice.spkcls(handle)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _read(workspace: Path, cutoff: Epoch = CUTOFF) -> Ingested:
    config, _ = load_config(workspace)
    return ingest(config, setting_of(config, workspace.parent, cutoff), lambda _: None)[0]


def _age_words(result: Ingested) -> str:
    return next(said(found.fact) for found in result.inputs[0].findings if found.rule == "age")


def test_the_configuration_dates_a_kernel(tmp_path: Path) -> None:
    """``created`` counts before what the kernel's comments say and before its coming."""
    workspace = _workspace(tmp_path, created='created = "2021-03-10T00:00:00"')
    sha256 = _kernel(workspace, "low_1.bsp", "; Created 2021-03-01/00:00:00.")
    note_sightings(tmp_path / ARCHIVE, {sha256: CUTOFF + -DAY_S})
    entry = _read(workspace).inputs[0]

    assert (entry.creation, entry.creation_basis) == (Epoch.parse("2021-03-10T00:00:00"), "configuration")
    assert entry.age_s == 7 * DAY_S


def test_a_date_of_toml_serves_as_well(tmp_path: Path) -> None:
    """TOML has dates of its own; with a zone they are turned to UTC."""
    workspace = _workspace(tmp_path, created="created = 2021-03-10T02:00:00+02:00")
    _kernel(workspace, "low_1.bsp")

    assert _read(workspace).inputs[0].creation == Epoch.parse("2021-03-10T00:00:00")


@pytest.mark.parametrize("created", ['created = "yesterday"', "created = 3"])
def test_a_date_that_is_none_is_refused(tmp_path: Path, created: str) -> None:
    """The configuration's fault is told as one."""
    with pytest.raises(ConfigError, match="created"):
        load_config(_workspace(tmp_path, created=created))


def test_messages_are_not_dated_by_the_configuration(tmp_path: Path) -> None:
    """``created`` beside a message is refused: it dates itself."""
    path = write_workspace(tmp_path, orbits={"LOW": LOW})
    path.write_text(path.read_text().replace('originator = "TEST"', 'originator = "TEST"\ncreated = "2021-03-10"'))
    with pytest.raises(ConfigError, match="created is for kernels"):
        load_config(path)


def test_its_comments_date_a_kernel(tmp_path: Path) -> None:
    """Without a declaration the kernel's own words count, and the page names them."""
    workspace = _workspace(tmp_path)
    _kernel(workspace, "low_1.bsp", "; low.bsp LOG FILE", "; Created 2021-03-03/00:00:00.00.")
    result = _read(workspace)

    assert (result.inputs[0].creation_basis, result.inputs[0].age_s) == ("comments", 14 * DAY_S)
    assert "By the comments of the kernel." in _age_words(result)


def test_a_kernel_that_says_nothing_is_as_old_as_its_coming(tmp_path: Path) -> None:
    """The instant at which the workspace first saw the bytes counts, in this cycle and in later ones."""
    workspace = _workspace(tmp_path)
    sha256 = _kernel(workspace, "low_1.bsp")
    note_sightings(tmp_path / ARCHIVE, {sha256: CUTOFF + -2 * DAY_S})
    note_sightings(tmp_path / ARCHIVE, {sha256: CUTOFF})
    (tmp_path / "ephemerides" / "low_1.bsp").rename(tmp_path / "ephemerides" / "low_9.bsp")
    result = _read(workspace)

    assert (result.inputs[0].creation_basis, result.inputs[0].age_s) == ("first seen", 2 * DAY_S)
    assert "it may be older" in _age_words(result)


def test_a_kernel_cannot_be_younger_than_its_coming(tmp_path: Path) -> None:
    """Where a clock was wrong, and the bytes were here before their date, their coming counts."""
    workspace = _workspace(tmp_path)
    sha256 = _kernel(workspace, "low_1.bsp", "; Created 2021-03-20/00:00:00.")
    note_sightings(tmp_path / ARCHIVE, {sha256: CUTOFF + -DAY_S})

    assert _read(workspace).inputs[0].age_s == DAY_S


def test_a_past_cutoff_does_not_use_what_was_made_later(tmp_path: Path) -> None:
    """A kernel that dates itself after the cut-off is not used, though its name is the last: the one before it is."""
    workspace = _workspace(tmp_path)
    _kernel(workspace, "low_1.bsp", "; Created 2021-03-10/00:00:00.")
    _kernel(workspace, "low_2.bsp", "; Created 2021-03-18/00:00:00.")
    _kernel(workspace, "low_0.bsp", "; Created 2021-03-12/00:00:00.")

    assert [entry.file for entry in _read(workspace).inputs] == ["ephemerides/low_0.bsp"]


def test_where_all_were_made_later_the_object_is_refused(tmp_path: Path) -> None:
    """As with messages: a delivery must have been created by the cut-off."""
    workspace = _workspace(tmp_path)
    _kernel(workspace, "low_2.bsp", "; Created 2021-03-18/00:00:00.")
    result = _read(workspace)

    assert result.trajectory is None
    assert "must have been created by the data cut-off" in (result.inputs[0].refusal or "")


@pytest.mark.parametrize("kind", ["kernel", "message"])
def test_a_cycle_of_the_past_knows_nothing_of_later_deliveries(tmp_path: Path, kind: str) -> None:
    """Where all came later, neither name, date nor content of any stands among the inputs: only that there was none."""
    workspace = _workspace(tmp_path)
    _kernel(workspace, "low_later.bsp", "; Created 2021-03-18/00:00:00.")
    for path in (tmp_path / "ephemerides").glob("*.oem"):
        path.rename(path.with_name(f"{path.stem.split('_')[0]}_later.oem"))
    config, _ = load_config(workspace)
    cutoff = CUTOFF + -DAY_S
    results = {one.object_id: one for one in ingest(config, setting_of(config, tmp_path, cutoff), lambda _: None)}
    result = results["LOW" if kind == "kernel" else "POLAR"]
    (entry,) = result.inputs

    assert result.trajectory is None
    assert result.files == {}
    assert "later" not in repr(entry)
    assert (entry.sha256, entry.creation) == (None, None)
    assert "a delivery must have been created by the data cut-off, 2021-03-16T00:00:00 UTC; none was" in entry.refusal


def test_where_nobody_can_know_the_page_says_so(tmp_path: Path) -> None:
    """An undated kernel that came here after the cut-off has no age; of two, the one that came first is used."""
    workspace = _workspace(tmp_path)
    first, second = _kernel(workspace, "low_1.bsp"), _kernel(workspace, "low_2.bsp")
    note_sightings(tmp_path / ARCHIVE, {first: CUTOFF + DAY_S, second: CUTOFF + 2 * DAY_S})
    result = _read(workspace)

    assert result.inputs[0].file == "ephemerides/low_1.bsp"
    assert (result.inputs[0].creation, result.inputs[0].age_s) == (None, None)
    assert "whether it was known by then is unknown" in _age_words(result)


def test_a_retrieved_kernel_came_when_it_was_retrieved(tmp_path: Path) -> None:
    """The ledger of retrievals knows better than the first run after it."""
    workspace = _workspace(tmp_path)
    sha256 = _kernel(workspace, "low_1.bsp")
    entry = Retrieved(
        file="ephemerides/low_1.bsp", origin="https://example.org/x", at=CUTOFF + -DAY_S, sha256=sha256, size_bytes=1
    )
    (tmp_path / "retrieved.json").write_bytes(ledger_json(Ledger(files=(entry,))))
    config, _ = load_config(workspace)

    assert arrivals(config, tmp_path, CUTOFF) == {sha256: CUTOFF + -DAY_S}
    assert read_sightings(tmp_path / ARCHIVE) == {}


def test_the_same_states_have_the_same_sigma_as_message_and_as_kernel(tmp_path: Path) -> None:
    """Two weeks old is two weeks old: a kernel made of a message gives the message's uncertainty."""
    made = CUTOFF + -14 * DAY_S
    workspace = _workspace(tmp_path)
    states = message(segment(LOW, -3600.0, 14_000.0, 60.0), creation=made)
    write_spk(states, tmp_path / "ephemerides" / "low_1.bsp", target=TARGET)
    sigma_km = _sigma_km(workspace, 5000.0)

    # The declared law itself: 0.05 s + 0.4 s/day over 14 days and 5,000 s, along the velocity, beside 0.3 km.
    timing_s = 0.05 + 0.4 * (14.0 + 5000.0 / DAY_S)
    speed_km_s = float(np.linalg.norm(LOW.state(np.array([5000.0]))[1]))
    assert sigma_km == pytest.approx(np.hypot(0.3, timing_s * speed_km_s), rel=1e-4)  # T is the velocity to e**2


def test_without_an_age_no_sigma_that_grows_with_it(tmp_path: Path) -> None:
    """A declared growth and no age give no uncertainty, no probability, and the reason."""
    workspace = _workspace(tmp_path)
    sha256 = _kernel(workspace, "low_1.bsp")
    note_sightings(tmp_path / ARCHIVE, {sha256: CUTOFF + DAY_S})

    assert _sigma_km(workspace, 5000.0) is None
    assert "growth unknown: no age of the ephemeris of LOW" in _why(workspace)


def test_an_error_that_does_not_grow_needs_no_age(tmp_path: Path) -> None:
    """Without growth the declared sigmas hold at any age."""
    workspace = _workspace(tmp_path)
    workspace.write_text(workspace.read_text().replace("timing_growth_s_per_day = 0.4", "timing_growth_s_per_day = 0"))
    _kernel(workspace, "low_1.bsp")

    assert _sigma_km(workspace, 5000.0) is not None


def _assessed(workspace: Path, offset_s: float) -> Assessed:
    config, _ = load_config(workspace)
    setting = setting_of(config, workspace.parent, CUTOFF)
    results = ingest(config, setting, lambda _: None)
    trajectories = {result.object_id: result.trajectory for result in results if result.trajectory is not None}
    first, second, *_ = (item for item in sample_record().objects if item.kind == "spacecraft")
    objects = replace(first, id="LOW"), replace(second, id="POLAR")
    sources = tuple(source_of(item, result) for item, result in zip(config.objects, results, strict=True))
    moved = (trajectories["LOW"], trajectories["POLAR"])
    return assess_approach((objects[0], objects[1]), moved, (sources[0], sources[1]), offset_s, config.alert_rules)


def _sigma_km(workspace: Path, offset_s: float) -> float | None:
    """One sigma of LOW along its velocity."""
    found = _assessed(workspace, offset_s)
    covariance = found.encounter.primary.covariance
    if covariance is None:
        return None
    along = found.encounter.primary.velocity_km_s / np.linalg.norm(found.encounter.primary.velocity_km_s)
    return float(np.sqrt(along @ covariance.matrix[:3, :3] @ along))


def _why(workspace: Path) -> str:
    return said(_assessed(workspace, 5000.0).risk.why)
