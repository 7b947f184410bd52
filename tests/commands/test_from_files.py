"""A minute as a new user: files, one command, a page; and a configuration to go on with."""

from collections.abc import Callable
from pathlib import Path

import pytest

from fleets import CUTOFF, FLEET, LOW, Kepler, message, segment
from nearpass.config import load_config
from nearpass.messages.oem_write import write_oem
from stub_cycles import quick

Nearpass = Callable[..., tuple[int, str, str]]


def oem(
    directory: Path, name: str, orbit: Kepler, *, start_s: float = 0.0, center: str = "MARS", made: str = ""
) -> Path:
    """An OEM of a day, whose object is called like its file."""
    text = write_oem(message(segment(orbit, start_s, 86_400.0, 60.0)))
    lines = []
    for line in text.splitlines():
        key = line.partition("=")[0].strip()
        values = {"OBJECT_NAME": name, "OBJECT_ID": f"2021-{len(name):03d}{name[0]}", "CENTER_NAME": center}
        if made:
            values["CREATION_DATE"] = made
        lines.append(f"{key} = {values[key]}" if key in values else line)
    path = directory / f"{name.lower()}.oem"
    directory.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")
    return path


def test_three_files_and_one_command_make_a_page(
    nearpass: Nearpass, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In an empty folder: a site with the files' objects, a configuration that runs again, assumptions said as such."""
    home = tmp_path / "empty"
    home.mkdir()
    monkeypatch.chdir(home)
    files = [oem(tmp_path / "given", name, orbit) for name, orbit in FLEET.items()]
    with quick():
        code, out, err = nearpass("run", *files, "--jobs", 1)
        again, _, _ = nearpass("run", "--at", (CUTOFF + 3600.0).iso(digits=0), "--jobs", 1)
    config, text = load_config(home / "nearpass.toml")
    page = (home / "public" / "objects" / "LOW.html").read_text()
    assert (code, again) == (0, 0)
    assert out.strip().endswith("index.html")
    assert {item.id for item in config.objects} == set(FLEET)
    assert config.cycle.body == "MARS"
    assert config.cycle.limit_km == 100.0
    assert text.count("# assumed") == 2 + len(FLEET)
    assert "assumed: LOW: hard-body radius 5 m" in err
    assert "A hard-body radius of 5 m is assumed" in page
    assert all((home / "ephemerides" / path.name).read_bytes() == path.read_bytes() for path in files)


def test_a_moon_has_its_radius(nearpass: Nearpass, tmp_path: Path) -> None:
    """Phobos by its name: no spacecraft of 5 m, but a body within the IAU's ellipsoid; nothing is assumed."""
    kernel = (Path(__file__).parents[1] / "data" / "spice" / "iau2009.tpc").read_text()
    axes_km = [float(value) for value in kernel.split("BODY401_RADII = (")[1].split(")")[0].split()]
    files = [oem(tmp_path, "LOW", LOW), oem(tmp_path, "PHOBOS", Kepler(9378.0, 0.015, 0.6))]
    with quick():
        code, _, err = nearpass("run", *files, "--jobs", 1, "--out", tmp_path / "w")
    phobos = next(item for item in load_config(tmp_path / "w" / "nearpass.toml")[0].objects if item.id == "PHOBOS")

    assert code == 0
    assert phobos.hbr_m is None
    assert min(axes_km) < phobos.radius_km < max(axes_km)
    assert "PHOBOS" not in err


def test_cut_off_limit_and_folder_can_be_given(nearpass: Nearpass, tmp_path: Path) -> None:
    """--at, --limit-km and --out say when, how near and where."""
    files = [oem(tmp_path / "given", name, orbit) for name, orbit in FLEET.items()]
    at = (CUTOFF + 7200.0).iso(digits=0)
    with quick():
        code, _, _ = nearpass("run", *files, "--at", at, "--limit-km", 20, "--out", tmp_path / "w", "--jobs", 1)
    config, _ = load_config(tmp_path / "w" / "nearpass.toml")
    assert code == 0
    assert config.cycle.limit_km == 20.0
    assert config.cycle.span_days == pytest.approx((86_400.0 - 7200.0) / 86_400.0, abs=1e-3)
    assert (tmp_path / "w" / "public" / "index.html").exists()
    refused, _, err = nearpass("run", *files, "--out", tmp_path / "w")
    assert refused == 3
    assert "nearpass.toml" in err


def test_two_deliveries_of_one_object_are_one_object(nearpass: Nearpass, tmp_path: Path) -> None:
    """Of an object given twice the newer file is in use and the older one its fallback."""
    given = tmp_path / "given"
    old = oem(given / "old", "LOW", LOW, made="2021-01-01T00:00:00")
    files = [old, oem(given, "LOW", LOW), oem(given, "POLAR", FLEET["POLAR"])]
    with quick():
        code, _, _ = nearpass("run", *files, "--out", tmp_path / "w", "--jobs", 1)
    config, _ = load_config(tmp_path / "w" / "nearpass.toml")
    assert code == 0
    low = next(item for item in config.objects if item.id == "LOW")
    assert [source.path for source in low.ephemeris] == ["ephemerides/2-low.oem", "ephemerides/low.oem"]


@pytest.mark.parametrize(
    ("orbits", "words"),
    [({"LOW": "MARS"}, "between 2 and"), ({"LOW": "MARS", "POLAR": "MOON"}, "one body"), ({}, "must be readable")],
)
def test_files_that_make_no_fleet_are_refused(
    nearpass: Nearpass, tmp_path: Path, orbits: dict[str, str], words: str
) -> None:
    """One object, two bodies, a file that is not there: one line, and nothing is written."""
    files = [oem(tmp_path / "given", name, FLEET[name], center=center) for name, center in orbits.items()]
    code, _, err = nearpass("run", *(files or [tmp_path / "none.oem"]), "--out", tmp_path / "w")
    assert code in {3, 8}
    assert words in err
    assert not (tmp_path / "w").exists()
