"""Whole cycles around the Earth from mean elements, and published conjunctions reproduced by the screening."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from element_texts import kvn, tle
from nearpass.astro.epochs import DAY_S, Epoch
from nearpass.config import load_config
from nearpass.cycle.pipeline import run_cycle, setting_of
from nearpass.ephemeris.elements_motion import trajectory_from_elements
from nearpass.ingest import ingest_object
from nearpass.messages.elements import read_elements
from nearpass.record.record import CycleRecord, InputRecord
from nearpass.screening.screen import screen
from published import FIGURES
from stub_cycles import broken_links, plain, quick

EARTH = FIGURES / "earth"
CUTOFF = Epoch.parse("2000-06-28T00:00:00")
PRINTED_KM = 0.5e-3  # SOCRATES prints metres and milliseconds
PRINTED_S = 0.5e-3

Nearpass = Callable[..., tuple[int, str, str]]


def workspace(directory: Path, files: dict[str, str], targets: dict[str, str], **cycle: object) -> Path:
    """A configuration around the Earth: files by name, and objects with the lines of their source."""
    (directory / "ephemerides").mkdir(parents=True)
    for name, text in files.items():
        (directory / "ephemerides" / name).write_text(text)
    keys = {"body": '"Earth"', "span_days": 1.0, "limit_km": 20.0, **cycle}
    tables = [
        f'[[object]]\nid = "{name}"\nname = "{name}"\nhbr_m = 5\n[[object.ephemeris]]\noriginator = "TEST"\n{source}\n'
        for name, source in targets.items()
    ]
    settings = "".join(f"{key} = {value}\n" for key, value in keys.items())
    path = directory / "nearpass.toml"
    path.write_text(f"[cycle]\n{settings}[alert.red]\ncad_km = 1\n[alert.yellow]\ncad_km = 5\n{''.join(tables)}")
    return path


def in_file(name: str, number: int | None = None) -> str:
    target = "" if number is None else f"target = {number}\n"
    return f'path = "ephemerides/{name}"\n{target}'


def cycle(path: Path, cutoff: Epoch) -> CycleRecord:
    config, text = load_config(path)
    return run_cycle(config, text, path.parent, cutoff, None, lambda _, __: lambda _: None).record


def inputs_of(path: Path, cutoff: Epoch = CUTOFF) -> tuple[InputRecord, ...]:
    config, _ = load_config(path)
    return ingest_object(config.objects[0], setting_of(config, path.parent, cutoff)).inputs


@pytest.mark.parametrize("pair", range(10))
def test_socrates(pair: int) -> None:
    """Each of the ten SOCRATES pairs has its published miss distance and TCA to the last digit that is printed."""
    published = json.loads((EARTH / "socrates_20260309_top10.json").read_text())["conjunctions"][pair]
    name = published["gp_file"].replace(".txt", ".json")
    sets = read_elements((EARTH / "gp_pairs" / name).read_bytes(), name).sets
    epoch, window_s = Epoch.parse("2026-03-09T14:00:00"), (0.0, 7.5 * DAY_S)
    trajectories = {str(item.number): trajectory_from_elements(item, epoch=epoch, window_s=window_s) for item in sets}
    tca = Epoch.parse(published["tca"])
    nearest = min(screen(trajectories, window_s, 5.0).approaches, key=lambda found: abs(epoch + found.offset_s - tca))

    assert set(trajectories) == {str(published["obj1_norad"]), str(published["obj2_norad"])}
    assert nearest.miss_km == pytest.approx(published["min_range_km"], abs=PRINTED_KM)
    assert epoch + nearest.offset_s - tca == pytest.approx(0.0, abs=PRINTED_S)


def test_iridium_33_and_cosmos_2251(tmp_path: Path) -> None:
    """A cycle on the eve of 2009-02-10 finds the collision as sgp4 has it: 698.0 m, 11.647 km/s, 16:55:59.796 UTC."""
    text = (EARTH / "iridium33_cosmos2251_20090210.tle").read_text()
    targets = {"IRIDIUM33": in_file("both.tle", 24946), "COSMOS2251": in_file("both.tle", 22675)}
    record = cycle(workspace(tmp_path, {"both.tle": text}, targets), Epoch.parse("2009-02-10T00:00:00"))
    event = min(record.events, key=lambda found: found.miss_km)

    assert event.miss_km == pytest.approx(0.6980, abs=5e-5)
    assert event.relative_speed_km_s == pytest.approx(11.647, abs=5e-4)
    assert event.tca - Epoch.parse("2009-02-10T16:55:59.796") == pytest.approx(0.0, abs=5e-4)
    assert [entry.format for entry in record.inputs] == ["TLE", "TLE"]
    assert {item.proof for item in record.objects} == {"sampled"}
    assert [pair.proof for pair in record.pairs] == ["verified"]


def test_a_cycle_of_elements_is_published(nearpass: Nearpass, tmp_path: Path) -> None:
    """Two-line elements and a message side by side become a whole site, and the archived cycle screens again alike."""
    near = kvn(NORAD_CAT_ID="340001", MEAN_ANOMALY="19.3364", RA_OF_ASC_NODE="348.7342")
    files = {"many.tle": tle("00004") + tle("00005", "ONE <b>bold</b>"), "other.omm": near}
    path = workspace(tmp_path, files, {"ONE": in_file("many.tle", 5), "TWO": in_file("other.omm")})
    with quick():
        code, _, err = nearpass("run", "--config", path, "--at", "2000-06-28T04:00:00")
    page = plain(next((tmp_path / "public/cycles").rglob("index.html")).read_text())

    assert (code, err) == (0, "")
    assert "TLE" in page
    assert "OMM KVN" in page
    assert "SGP4 from 2000-06-27T18:50:19.734 UTC" in page
    assert "TEME" in page
    assert broken_links(tmp_path / "public") == []
    again, out, _ = nearpass("verify", "--config", path, "--rescreen", "2000-06-28T0400Z")
    assert (again, "all as archived" in out) == (0, True)


def test_check_lists_elements(nearpass: Nearpass, tmp_path: Path) -> None:
    """The check prints each object's elements with their grade, and the refusal of a shifted set."""
    shifted = tle("00005").replace("1859667", "01859667")
    files = {"a.tle": tle("00004"), "b.tle": shifted}
    path = workspace(tmp_path, files, {"ONE": in_file("a.tle"), "TWO": in_file("b.tle", 5)})
    code, out, err = nearpass("check", "--config", path, "--at", "2000-06-28T00:00:00")

    assert code == 4
    assert "ephemerides/a.tle" in out
    assert "eccentricity must fill columns 27 to 33 of line 2" in out + err


def test_the_newest_known_set_is_used(tmp_path: Path) -> None:
    """Of all sets of an object, over all files, the newest made by the cut-off is used, and none of the future."""
    files = {
        "1.omm": kvn(EPOCH="2000-06-27T12:00:00", CREATION_DATE="2000-06-27T20:00:00"),
        "2.omm": kvn(EPOCH="2000-06-26T12:00:00", CREATION_DATE="2000-06-26T20:00:00"),
        "3.omm": kvn(EPOCH="2000-06-27T18:00:00", CREATION_DATE="2000-06-28T01:00:00"),
    }
    used, *others = inputs_of(workspace(tmp_path, files, {"A": in_file("*.omm"), "B": in_file("1.omm")}))

    assert used.file == "ephemerides/1.omm"
    assert used.age_s == 12 * 3600.0
    assert used.creation == Epoch.parse("2000-06-27T20:00:00")
    assert others == []


@pytest.mark.parametrize(
    ("source", "cycle_keys", "words"),
    [
        (
            in_file("many.tle"),
            {},
            "the source needs target, the catalogue number, since its file holds several objects",
        ),
        (in_file("many.tle", 7), {}, "the file must hold the object with this catalogue number, got 7"),
        (in_file("many.tle", 5) + 'center = "MOON"\n', {}, "can be used about the Earth only, got 'MOON'"),
        (in_file("many.tle", 5), {"body": '"Mars"'}, "can be used about the Earth only, got 'MARS'"),
        (in_file("xp.omm"), {}, "EPHEMERIS_TYPE must be 0"),
        (in_file("late.omm"), {}, "must have been created by the data cut-off, 2000-06-28T00:00:00 UTC; none was"),
    ],
)
def test_what_cannot_be_used_says_why(tmp_path: Path, source: str, cycle_keys: dict[str, object], words: str) -> None:
    """Elements that are ambiguous, absent, elsewhere, of another theory or of the future are refused with a reason."""
    files = {
        "many.tle": tle("00004") + tle("00005"),
        "xp.omm": kvn(EPHEMERIS_TYPE="4"),
        "late.omm": kvn(CREATION_DATE="2000-06-29T00:00:00"),
    }
    (refused,) = inputs_of(workspace(tmp_path, files, {"A": source, "B": in_file("many.tle", 4)}, **cycle_keys))

    assert refused.refusal is not None
    assert words in refused.refusal
    assert "(object A)" in refused.refusal
    assert "ephemerides/" in refused.refusal


def test_a_decay_is_uncovered_time(tmp_path: Path) -> None:
    """An object that decays within the window is screened up to then; the rest of the window is listed as uncovered."""
    decaying = kvn(MEAN_MOTION="16.4", ECCENTRICITY="0.002", BSTAR="0.02", CREATION_DATE=None)
    files = {"a.omm": decaying, "b.omm": kvn(NORAD_CAT_ID="6", CREATION_DATE=None)}
    targets = {"A": in_file("a.omm"), "B": in_file("b.omm")}
    record = cycle(workspace(tmp_path, files, targets), Epoch.parse("2000-06-27T18:51:00"))
    (span,) = next(item for item in record.objects if item.id == "A").coverage
    (pair,) = record.pairs

    assert span.stop < record.window.stop
    assert [uncovered.start for uncovered in pair.uncovered] == [span.stop]
