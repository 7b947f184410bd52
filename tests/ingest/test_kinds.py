"""What a delivery is, told by its content; what lies where none is, by name; names that no text can hold."""

import gzip
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from element_texts import json_text
from fleets import CUTOFF, LOW, POLAR, message, segment, write_workspace
from nearpass.config import load_config
from nearpass.cycle.pipeline import setting_of
from nearpass.ephemeris.spk_write import write_spk
from nearpass.ingest import Ingested, ingest_object
from nearpass.messages.encoding import name_in_words
from stub_cycles import quick

TARGET = -905029
BOTH = {"LOW": LOW, "POLAR": POLAR}
AT = CUTOFF.iso(digits=0)
Nearpass = Callable[..., tuple[int, str, str]]


@pytest.fixture
def kernel(tmp_path: Path) -> Path:
    path = tmp_path / "low.bsp"
    write_spk(message(segment(LOW, -3600.0, 90_000.0, 60.0)), path, target=TARGET)
    return path


def read(directory: Path, pattern: str, **files: bytes) -> Ingested:
    """What becomes of an object with these files, by name, and no others."""
    config_path = write_workspace(directory / "space", orbits=BOTH)
    folder = config_path.parent / "ephemerides"
    (folder / "low_1.oem").rename(folder / "low_1.txt")
    (folder / "polar_1.oem").unlink()
    for name, data in files.items():
        (folder / name.replace("__", ".")).write_bytes(data)
    source = f'path = "ephemerides/{pattern}"\ntarget = {TARGET}\n'
    config_path.write_text(config_path.read_text().replace('path = "ephemerides/low_*.oem"\n', source))
    config, _ = load_config(config_path)
    return ingest_object(config.objects[0], setting_of(config, config_path.parent, CUTOFF))


@pytest.mark.parametrize("name", ["x__dat", "x__oem", "x__BSP"])
def test_a_kernel_is_read_under_any_name(tmp_path: Path, kernel: Path, name: str) -> None:
    """Its first bytes say what it is."""
    found = read(tmp_path, "x.*", **{name: kernel.read_bytes()})
    assert found.trajectory is not None
    assert (found.inputs[0].format, found.inputs[0].refusal) == ("SPK type 13", None)


def test_a_message_under_a_kernels_name_is_read(tmp_path: Path) -> None:
    """A text that plainly is one is no kernel, whatever it is called."""
    text = (write_workspace(tmp_path / "other", orbits=BOTH).parent / "ephemerides" / "low_1.oem").read_bytes()
    assert read(tmp_path, "x.bsp", x__bsp=text).inputs[0].format == "OEM 2.0"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda _: b"", "must not be empty"),
        (lambda data: data[:1500], "must be whole: its transfer may have been cut, got '1500 of"),
        (lambda data: data[:900], "must be whole: its transfer may have been cut, got '900 bytes'"),
        (gzip.compress, "must be unpacked first"),
        (lambda data: b"\0" * 200 + data, "must begin with DAF/SPK"),
    ],
)
def test_why_a_kernel_is_none_is_told(
    tmp_path: Path, kernel: Path, change: Callable[[bytes], bytes], words: str
) -> None:
    """Not by the codes of CSPICE."""
    (entry,) = read(tmp_path, "x.bsp", x__bsp=change(kernel.read_bytes())).inputs
    assert words in str(entry.refusal)
    assert "ephemerides/x.bsp (object LOW)" in str(entry.refusal)


def test_files_of_several_kinds_are_each_read_as_their_own(tmp_path: Path, kernel: Path) -> None:
    """What the last name is costs the others nothing: a good message is used beside elements, notes and a kernel."""
    found = read(tmp_path, "*", y__json=json_text().encode(), z__md=b"# read me", a__bsp=kernel.read_bytes()[:1500])
    assert found.inputs[0].file == "ephemerides/low_1.txt"
    assert found.trajectory is not None
    refused = {entry.file: str(entry.refusal) for entry in found.inputs[1:]}
    assert "CCSDS_OEM_VERS" in refused["ephemerides/z.md"]
    assert not any("fault" in refusal or "readable by CSPICE" in refusal for refusal in refused.values())


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (Path.mkdir, "a folder lies there"),
        (os.mkfifo, "what lies there is no file"),
        (lambda path: path.symlink_to("x.oem"), "a link lies there that leads to no file"),
        (lambda path: path.symlink_to("gone"), "a link lies there that leads to no file"),
        (lambda path: path.with_name("X.OEM").write_text(""), "X.OEM is written otherwise"),
        (lambda _: None, "path, got"),
    ],
)
def test_what_lies_in_the_place_of_a_delivery_is_told(
    tmp_path: Path, make: Callable[[Path], object], words: str
) -> None:
    """A folder, a pipe, a link to itself or to nothing, another spelling: none of them stops or holds up the others."""
    (tmp_path / "space" / "ephemerides").mkdir(parents=True)
    path = tmp_path / "space" / "ephemerides" / "x.oem"
    config_path = write_workspace(tmp_path / "made", orbits=BOTH)
    config_path = config_path.rename(path.parents[1] / "nearpass.toml")
    config_path.write_text(config_path.read_text().replace("low_*.oem", "x.oem"))
    make(path)
    config, _ = load_config(config_path)
    (entry,) = ingest_object(config.objects[0], setting_of(config, config_path.parent, CUTOFF)).inputs
    assert words in str(entry.refusal)


def test_names_that_are_no_text_cost_no_cycle(nearpass: Nearpass, tmp_path: Path, kernel: Path) -> None:
    """Bytes that no encoding has, in the name of any kind of file: written out; refused where they name a page."""
    path = write_workspace(tmp_path / "space", orbits=BOTH)
    folder, odd = path.parent, os.fsdecode(b"_\xff")
    (folder / "ephemerides" / "low_1.oem").rename(folder / "ephemerides" / f"low{odd}.oem")
    (folder / "ephemerides" / "polar_1.oem").unlink()
    kernel.rename(folder / "ephemerides" / f"polar{odd}.bsp")
    path.write_text(path.read_text().replace('polar_*.oem"', f'polar_*"\ntarget = {TARGET}'))
    for where, name in (("ephemerides", "stray"), ("log", "note.md"), ("messages", "sent.cdm"), ("site", "page.md")):
        (folder / where).mkdir(exist_ok=True)
        (folder / where / f"{odd}{name}").write_text("x")
    checked = nearpass("check", "--config", path, "--at", AT)
    with quick():
        code, out, err = nearpass("run", "--config", path, "--at", AT, "--jobs", "1")
    assert (checked[0], code) == (4, 4), out + err
    assert "site/_\\xffpage.md: the name of a file must be UTF-8" in err
    assert "unclaimed: ephemerides/_\\xffstray" in checked[1]
    assert "fault of nearpass" not in checked[1] + out + err
    for name, file in (("LOW", "low_\\xff.oem"), ("POLAR", "polar_\\xff.bsp")):
        assert f"ephemerides/{file}" in (path.parent / "public" / "objects" / f"{name}.html").read_text()


def test_a_name_in_words_keeps_what_is_text() -> None:
    """Letters of any script stay, bytes that are none become their number."""
    assert name_in_words("天问/\U0001f680 a.oem") == "天问/\U0001f680 a.oem"
    assert name_in_words(os.fsdecode(b"low_\xff.oem")) == "low_\\xff.oem"
