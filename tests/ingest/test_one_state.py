"""An OPM as the source of an object: carried on where the publisher says so, and approximate wherever it is told."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import covariance_law as law
from fleets import CUTOFF, LOW, write_workspace
from nearpass.archive.archive import Archive
from nearpass.astro.epochs import DAY_S, Epoch
from nearpass.config import load_config
from nearpass.cycle.pipeline import CycleResult, run_cycle, setting_of
from nearpass.cycle.rescreen import rescreen
from nearpass.ingest import ingest_object
from nearpass.report import wording
from nearpass.report.remark_views import approximations, remarks, short

BURN_S = 30_000.0
EARLY_S = -7200.0
SOLVERS_KM = 1e-4  # two integrations of a day, and nodes a minute apart
_CENTURIES = (CUTOFF - Epoch.parse("2000-01-01T12:00:00")) / DAY_S / 36_525.0
_RA, _DEC = np.radians([317.68143 - 0.1061 * _CENTURIES, 52.88650 - 0.0609 * _CENTURIES])
POLE = np.array([np.cos(_RA) * np.cos(_DEC), np.sin(_RA) * np.cos(_DEC), np.sin(_DEC)])
"""Of Mars, by the IAU's series of 2009 (NAIF's pck00010.tpc)."""
STATE = np.concatenate([part[0] for part in LOW.state(np.array([EARLY_S]))])


def opm(state: np.ndarray = STATE) -> str:
    keys = ("X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT")
    pairs = {
        "CREATION_DATE": "2021-03-16T23:00:00", "ORIGINATOR": "TEST", "OBJECT_NAME": "LOW", "OBJECT_ID": "2005-029A",
        "CENTER_NAME": "MARS", "REF_FRAME": "ICRF", "TIME_SYSTEM": "UTC", "EPOCH": "2021-03-16T22:00:00",
        **{key: repr(value) for key, value in zip(keys, state.tolist(), strict=True)},
        "MAN_EPOCH_IGNITION": "2021-03-17T08:20:00", "MAN_DURATION": "0", "MAN_DELTA_MASS": "-1",
        "MAN_REF_FRAME": "RTN", "MAN_DV_1": "0", "MAN_DV_2": "0.0005", "MAN_DV_3": "0",
    }  # fmt: skip
    return "\n".join(["CCSDS_OPM_VERS = 2.0", *(f"{key} = {value}" for key, value in pairs.items()), ""])


def prepared(directory: Path, *, key: str = 'propagate = "J2"\n', text: str | None = None) -> Path:
    """A fleet of which LOW has an OPM only, and the configuration that takes it for an ephemeris."""
    path = write_workspace(directory, limit_km=500.0)
    (directory / "ephemerides" / "low_1.oem").unlink()
    (directory / "ephemerides" / "low_1.opm").write_text(opm() if text is None else text)
    source = 'path = "ephemerides/low_*.oem"\n'
    path.write_text(path.read_text().replace(source, f'path = "ephemerides/low_*.opm"\n{key}'))
    return path


def quiet(_: str, __: int) -> Callable[[int], None]:
    return lambda _: None


def cycle(path: Path) -> CycleResult:
    config, text = load_config(path)
    return run_cycle(config, text, path.parent, CUTOFF, None, quiet)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> CycleResult:
    return cycle(prepared(tmp_path_factory.mktemp("opm")))


def flown_km(*, lumps: bool) -> np.ndarray:
    """Where another integrator, from the state and the burn, is at the end of the window, ``(3,)``."""
    state, at_s = STATE, EARLY_S
    for until_s in (BURN_S, DAY_S):
        found = solve_ivp(law._rates, (at_s, until_s), state, args=(lumps, POLE), method="DOP853", rtol=1e-12,
                          atol=1e-10)  # fmt: skip
        state, at_s = found.y[:, -1], until_s
        if until_s == BURN_S:
            normal = np.cross(state[:3], state[3:])
            along = np.cross(normal, state[:3])
            state[3:] += 0.0005 * along / np.linalg.norm(along)
    return state[:3]


def test_the_motion_is_that_of_the_state_with_j2_and_its_burn(tmp_path: Path) -> None:
    """At the end of the window it is where another integrator is, and the burn parts it in two arcs."""
    config, _ = load_config(prepared(tmp_path))
    item = next(one for one in config.objects if one.id == "LOW")
    motion = ingest_object(item, setting_of(config, tmp_path, CUTOFF)).trajectory

    assert motion is not None
    assert motion.spans_s == ((0.0, BURN_S), (BURN_S, DAY_S))
    assert motion.state(np.array([DAY_S]))[0][0] == pytest.approx(flown_km(lumps=False), abs=SOLVERS_KM)


def test_it_is_called_approximate_wherever_it_is_told(made: CycleResult) -> None:
    """Object, events, findings and tables say that one state was carried on, and how far off it may be."""
    record = made.record
    low = next(item for item in record.objects if item.id == "LOW")
    told = [event for event in record.events if "LOW" in (event.primary, event.secondary)]

    assert low.approximation is not None
    assert (low.approximation.kind, low.approximation.since) == ("one state", CUTOFF + EARLY_S)
    assert short(low) == "from one state"
    assert "One state of 2021-03-16 22:00 UTC was delivered" in " ".join(remarks(low))
    assert "with one manoeuvre at once" in " ".join(remarks(low))
    assert told
    for event in told:
        assert "LOW by one state, carried on by gravity and J2" in (approximations([event.approximate]) or "")
    entry = next(entry for entry in record.inputs if entry.object_id == "LOW")
    assert {found.rule: found.grade for found in entry.findings}["approximate"] == "note"


def test_what_is_delivered_is_one_state(made: CycleResult) -> None:
    """The record of the file has its format, its axes, one state and no interpolation; no prediction is made of it."""
    entry = next(entry for entry in made.record.inputs if entry.object_id == "LOW")
    low = next(item for item in made.record.objects if item.id == "LOW")

    assert (entry.format, entry.axes, entry.node_count, entry.interpolation) == ("OPM 2.0", "ICRF", 1, None)
    assert (entry.refusal, low.predictions) == (None, ())
    assert any(comment.startswith("Approximate: propagated from one state") for comment in entry.comments)


def test_the_stated_error_is_of_the_size_of_what_is_left_out(made: CycleResult) -> None:
    """J3 and C22 of Mars move the end of the window by less than is stated, and by more than a hundredth of it."""
    low = next(item for item in made.record.objects if item.id == "LOW")
    assert low.approximation is not None
    off_km = float(np.linalg.norm(flown_km(lumps=True) - flown_km(lumps=False)))

    assert 0.01 * low.approximation.error_km < off_km < low.approximation.error_km


def test_without_the_publishers_word_it_is_refused_with_the_key_that_is_missing(tmp_path: Path) -> None:
    """The refusal names the key, and the other objects are screened."""
    record = cycle(prepared(tmp_path, key="")).record
    refusal = next(entry.refusal for entry in record.inputs if entry.object_id == "LOW")

    assert refusal is not None
    assert 'set propagate = "J2"' in refusal
    assert [pair for pair in record.pairs if {pair.primary, pair.secondary} == {"ECC", "POLAR"}]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("EPOCH = 2021-03-16T22", "EPOCH = 2019-03-16T22", "by 366 days at most"),
        ("EPOCH = 2021-03-16T22", "EPOCH = 2021-03-18T22", "must lie before the end of the window"),
        ("CENTER_NAME = MARS", "CENTER_NAME = NOWHERE", "NOWHERE"),
        ("MAN_REF_FRAME = RTN", "MAN_REF_FRAME = LVLH", "LVLH is not clear"),
        ("Y_DOT = ", "Y_DOT = x", "Y_DOT must be a finite number"),
    ],
)
def test_a_state_that_cannot_be_carried_on_refuses_its_file_alone(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    """The rule is named with file and object; the others are screened."""
    record = cycle(prepared(tmp_path, text=opm().replace(old, new))).record
    refusal = next(entry.refusal for entry in record.inputs if entry.object_id == "LOW")

    assert refusal is not None
    assert said in refusal
    assert "low_1.opm" in refusal
    assert "LOW" in refusal
    assert record.losses == ()


def test_an_archived_cycle_of_it_is_screened_again_to_the_bit(tmp_path: Path) -> None:
    """From the stored message and configuration every value comes out the same."""
    path = prepared(tmp_path)
    made = cycle(path)
    archive = Archive(tmp_path / "archive")
    archive.add(made.record, made.inputs)
    found = rescreen(archive, made.record.cycle_id, tmp_path, quiet, wording.said)

    assert found.differences == ()


def test_what_a_burn_would_do_to_it_is_called_approximate_twice(
    nearpass: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    """The answer says by which motion it is approximate, and that the delivery was one state."""
    path = prepared(tmp_path)
    made = cycle(path)
    Archive(tmp_path / "archive").add(made.record, made.inputs)
    words = ("whatif", "--config", path, "--object", "LOW", "--at", "2021-03-17T12:00", "--rtn", "0,0.4,0")
    code, out, _ = nearpass(*words)

    assert code == 0
    assert "approximate: after each burn" in out
    assert "LOW itself was not delivered in full: One state of 2021-03-16 22:00 UTC was delivered" in out
    assert "LOW" in json.loads(nearpass(*words, "--json")[1])["approximate_objects"]
