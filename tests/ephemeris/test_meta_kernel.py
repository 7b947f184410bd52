"""Text kernels and meta-kernels: what they list and define is used, and nothing leads out of the workspace."""

from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import spiceypy as spice
from spiceypy.utils.exceptions import SpiceyError

from fleets import CUTOFF, LOW, write_workspace
from nearpass.astro.bodies import body_named
from nearpass.astro.epochs import DAY_S, Epoch, tdb_s
from nearpass.astro.frames import PlanetaryEphemeris, furnished
from nearpass.config import load_config
from nearpass.cycle.pipeline import setting_of
from nearpass.ephemeris.meta_kernel import with_listed
from nearpass.ephemeris.spk import spk_trajectory
from nearpass.errors import InputError
from nearpass.ingest import ingest_object

MARS = body_named("MARS")
FIT_KM = 1e-5  # what a fit leaves, and the rounding of TDB seconds

CONSTANTS = """KPL/PCK
\\begindata
BODY499_POLE_RA  = ( 317.68143 -0.1061 0. )
BODY499_POLE_DEC = ( 52.88650 -0.0609 0. )
BODY499_PM       = ( 176.630 350.89198226 0. )
\\begintext
"""


def write_spk(path: Path, frame: str, epoch: Epoch = CUTOFF, target: int = -999) -> Path:
    """A day of the low orbit as type 13, its numbers said to be in some frame."""
    offsets_s = np.arange(-600.0, DAY_S + 660.0, 60.0)
    times_s = tdb_s(epoch, offsets_s)
    states = np.ascontiguousarray(np.hstack(LOW.state(offsets_s)))
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = spice.spkopn(str(path), "test", 0)
    spice.spkw13(handle, target, 499, frame, times_s[0], times_s[-1], "test", 7, len(times_s), states, times_s)
    spice.spkcls(handle)
    return path


def write_meta(path: Path, *names: str, symbols: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    listed = "\n".join(f"  '{name}'" for name in names)
    path.write_text(f"KPL/MK\n\\begindata\n{symbols}\nKERNELS_TO_LOAD = (\n{listed}\n)\n\\begintext\n")
    return path


def test_segments_in_rotating_axes_need_the_text_kernel_that_defines_them(tmp_path: Path) -> None:
    """With the constants of Mars a segment in IAU_MARS gives CSPICE's own states; without them its axes are named."""
    kernel = write_spk(tmp_path / "turning.bsp", "IAU_MARS")
    constants = tmp_path / "mars.tpc"
    constants.write_text(CONSTANTS)
    where = {"body": MARS, "epoch": CUTOFF, "window_s": (0.0, 7200.0), "planets": PlanetaryEphemeris.default()}
    with pytest.raises(InputError, match=r"text kernel \(PCK or FK\) in kernels, got 'IAU_MARS'"):
        spk_trajectory([kernel], -999, **where)

    trajectory = spk_trajectory([constants, kernel], -999, **where)
    offsets_s = np.linspace(0.0, 7200.0, 500)
    with furnished([constants, kernel]):
        truth = np.array([spice.spkgeo(-999, t, "J2000", 499)[0] for t in tdb_s(CUTOFF, offsets_s)])
    position_km, velocity_km_s = trajectory.state(offsets_s)
    np.testing.assert_allclose(position_km, truth[:, :3], rtol=0, atol=FIT_KM)
    assert trajectory.arcs[0].error_km < FIT_KM
    assert np.linalg.norm(velocity_km_s - truth[:, 3:], axis=1).max() < 1e-6


def test_a_meta_kernel_stands_for_what_it_lists(tmp_path: Path) -> None:
    """In the order of the list, with path symbols and continued names, from its own folder or the configuration's."""
    for name in ("kernels/a.bsp", "kernels/deep/longname.bsp", "top.tls"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    meta = write_meta(
        tmp_path / "kernels" / "all.tm", "$D/long+", "name.bsp", "a.bsp", "top.tls",
        symbols="PATH_VALUES = ( 'deep' )\nPATH_SYMBOLS = ( 'D' )",
    )  # fmt: skip
    found = with_listed([meta, tmp_path / "last.bsp"], tmp_path)
    assert [path.relative_to(tmp_path).as_posix() for path in found] == [
        "kernels/deep/longname.bsp", "kernels/a.bsp", "top.tls", "last.bsp",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("../outside.bsp",), "inside the folder of the configuration"),
        (("/etc/passwd",), "inside the folder of the configuration"),
        (("missing.bsp",), "must exist"),
        (("other.tm",), "must not list another one"),
    ],
)
def test_a_list_that_leads_astray_is_refused(tmp_path: Path, names: tuple[str, ...], words: str) -> None:
    """Files elsewhere, missing ones and lists of lists are refused with the name as it stands on the list."""
    (tmp_path / "outside.bsp").touch()
    workspace = tmp_path / "workspace"
    write_meta(workspace / "other.tm", "a.bsp")
    with pytest.raises(InputError, match=words) as caught:
        with_listed([write_meta(workspace / "all.tm", *names)], workspace)
    assert names[0] in str(caught.value)


@pytest.mark.parametrize(
    "text", ["", "KPL/MK\n\\begindata\nKERNELS_TO_LOAD = 3\n", "KPL/MK\n\\begindata\n'\n", "\0" * 99]
)
def test_what_is_no_list_is_refused(tmp_path: Path, text: str) -> None:
    """An empty, a broken and a foreign file are one clear error each."""
    meta = tmp_path / "all.tm"
    meta.write_text(text)
    with pytest.raises(InputError):
        with_listed([meta], tmp_path)


LONG = "deep/" * 17 + "a.bsp"


@pytest.mark.parametrize(
    "data",
    [
        "KERNELS_TO_LOAD = 'a.tls'",
        "KERNELS_TO_LOAD = ( 'a.tls', 'K/b.tls' )",
        "KERNELS_TO_LOAD = 'a.tls'\nKERNELS_TO_LOAD += 'K/b.tls'",
        "PATH_SYMBOLS = 'A'\nPATH_VALUES = 'K'\nKERNELS_TO_LOAD = '$A/b.tls'",
        "PATH_SYMBOLS = ('A')\nPATH_VALUES = ('./+'\n 'K')\nKERNELS_TO_LOAD = ('$A/b.tls')",
        "PATH_SYMBOLS = ('A' 'B')\nPATH_VALUES = ('./+' 'K', '.')\nKERNELS_TO_LOAD = ('$A/b.tls' '$B/a.tls')",
        "PATH_SYMBOLS = ('A' 'AB')\nPATH_VALUES = ('.' 'K')\nKERNELS_TO_LOAD = ('$AB/b.tls')",
        "PATH_SYMBOLS = ('A' 'B')\nPATH_VALUES = ('.' 'K')\nKERNELS_TO_LOAD = ('$A/$B/b.tls')",
        "KERNELS_TO_LOAD = ('K/+  ' 'b.tls')",
        "KERNELS_TO_LOAD = ('a.tls+')",
        "\tKERNELS_TO_LOAD\t=\t('a.tls')\t",
        "PATH_SYMBOLS = ('A')\nPATH_VALUES = ('.' 'K')\nKERNELS_TO_LOAD = ('$A/a.tls')",
        "PATH_SYMBOLS = ('A' 'B')\nPATH_VALUES = ('K')\nKERNELS_TO_LOAD = ('$A/b.tls')",
        "PATH_SYMBOLS = ('A+' 'B')\nPATH_VALUES = ('K')\nKERNELS_TO_LOAD = ('$AB/b.tls')",
        "PATH_SYMBOLS = 'a'\nPATH_VALUES = 'K'\nKERNELS_TO_LOAD = '$A/b.tls'",
        "PATH_SYMBOLS = 'A'\nPATH_VALUES = 'K'\nKERNELS_TO_LOAD = '$Z/b.tls'",
        "KERNELS_TO_LOAD = ('' 'a.tls')",
        "KERNELS_TO_LOAD = (1, 2)",
        "KERNELS_TO_LOAD = ('c.tls')",
    ],
)
def test_a_list_is_what_furnsh_makes_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: str) -> None:
    """CSPICE's own loading of the list names the same files in the same order, or fails where we refuse."""
    for name in ("a.tls", "K/b.tls"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("KPL/LSK\n\\begindata\nX = 1\n\\begintext\n")
    meta = tmp_path / "all.tm"
    meta.write_text(f"KPL/MK\n\\begindata\n{data}\n\\begintext\n")
    monkeypatch.chdir(tmp_path)
    expected: list[Path] | None = None
    with suppress(SpiceyError):
        spice.furnsh("all.tm")
        count = spice.ktotal("ALL")
        loaded = [spice.kdata(at, "ALL") for at in range(count)]
        expected = [Path(one[0]) for one in loaded if one[2] == "all.tm"] or None
    spice.unload("all.tm")
    try:
        found = [path.relative_to(tmp_path) for path in with_listed([meta], tmp_path)]
    except InputError:
        assert expected is None
    else:
        assert found == expected


@pytest.mark.parametrize(
    "data",
    [
        f"KERNELS_TO_LOAD = '{LONG}'",
        f"KERNELS_TO_LOAD = ( '{LONG}' )",
        f"KERNELS_TO_LOAD = ( 'deep/+' '{LONG.removeprefix('deep/')}' )",
        f"PATH_SYMBOLS = 'A'\nPATH_VALUES = '{LONG.removesuffix('/a.bsp')}'\nKERNELS_TO_LOAD = ( '$A/a.bsp' )",
        "KERNELS_TO_LOAD = (" + " " * 200 + f"'{LONG}' )",
    ],
)
@pytest.mark.parametrize("end", ["\n\\begintext\n", "\n", ""])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_what_cspice_would_drop_without_a_word_is_read(tmp_path: Path, data: str, end: str, line_end: str) -> None:
    """Strings over 80 characters, lines over 132 and a last line that does not end name the files that they spell."""
    (tmp_path / LONG).parent.mkdir(parents=True)
    (tmp_path / LONG).touch()
    meta = tmp_path / "all.tm"
    meta.write_bytes(f"KPL/MK\n\\begindata\n{data}{end}".replace("\n", line_end).encode())
    assert with_listed([meta], tmp_path) == [tmp_path / LONG]


def test_a_fault_of_a_list_has_its_line(tmp_path: Path) -> None:
    """What CSPICE cannot parse is named at the line of the file."""
    meta = tmp_path / "all.tm"
    meta.write_text("KPL/MK\nwords\n\\begindata\nX = 1\n\\begintext\nmore\n\\begindata\nKERNELS_TO_LOAD 'a'\n")
    with pytest.raises(InputError) as caught:
        with_listed([meta], tmp_path)
    assert (caught.value.file, caught.value.line) == ("all.tm", 8)


def test_a_delivery_may_be_a_meta_kernel(tmp_path: Path) -> None:
    """What it lists is read, and every file of it is recorded with its hash, so that the cycle can be made again."""
    path = write_workspace(tmp_path)
    write_spk(tmp_path / "kernels" / "low.bsp", "IAU_MARS", target=-74)
    (tmp_path / "kernels" / "mars.tpc").write_text(CONSTANTS)
    write_meta(tmp_path / "kernels" / "low_1.tm", "mars.tpc", "low.bsp")
    path.write_text(
        path.read_text().replace('path = "ephemerides/low_*.oem"', 'path = "kernels/low_*.tm"\ntarget = -74', 1)
    )
    config, _ = load_config(path)
    result = ingest_object(config.objects[0], setting_of(config, tmp_path, CUTOFF))
    assert result.trajectory is not None
    assert [(entry.file, entry.format) for entry in result.inputs] == [
        ("kernels/low_1.tm", "SPICE meta-kernel"),
        ("kernels/low.bsp", "SPK type 13"),
        ("kernels/mars.tpc", "SPICE text kernel"),
    ]
    assert {entry.sha256 for entry in result.inputs} == set(result.files)
