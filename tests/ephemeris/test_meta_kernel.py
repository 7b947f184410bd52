"""Text kernels and meta-kernels: what they list and define is used, and nothing leads out of the workspace."""

from pathlib import Path

import numpy as np
import pytest
import spiceypy as spice

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
