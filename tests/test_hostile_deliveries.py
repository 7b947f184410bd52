"""Deliveries that try to break out: from the files through a whole cycle to the built pages."""

import re
from collections.abc import Callable
from pathlib import Path

import html5lib

from element_texts import kvn
from nearpass.ephemeris.convert import message_from_trajectory
from nearpass.ephemeris.elements_motion import trajectory_from_elements
from nearpass.messages.elements import read_elements
from nearpass.messages.oem_write import write_oem
from stub_cycles import broken_links, quick, tree

Nearpass = Callable[..., tuple[int, str, str]]
SCRIPT = "<script>alert(1)</script>"
WORDS = f"{SCRIPT}</td> *x* [a](javascript:alert(1)) `c` {{{{ 7*7 }}}} \"'&amp;"
PATH = "../../../etc/passwd"
BOMB = '<!DOCTYPE b [<!ENTITY a "aaaaaaaaaa"><!ENTITY c "&a;&a;&a;&a;&a;&a;&a;&a;">]><oem id="CCSDS_OEM_VERS">&c;</oem>'
FETCH = '<!DOCTYPE oem SYSTEM "file:///etc/passwd"><oem id="CCSDS_OEM_VERS" version="2.0"/>'


def ephemeris() -> str:
    """An OEM of good states with hostile names and comments."""
    (item,) = read_elements(kvn().encode(), "elements").sets
    trajectory = trajectory_from_elements(item, epoch=item.epoch, window_s=(0.0, 100_000.0))
    message, _ = message_from_trajectory(
        trajectory,
        object_name=WORDS,
        object_id=PATH,
        center_name="EARTH",
        originator=WORDS,
        creation=item.epoch,
        step_s=60.0,
    )
    return write_oem(message).replace("META_STOP", f"META_STOP\nCOMMENT {WORDS}")


def deliveries() -> dict[str, bytes]:
    """By object: what is delivered for it. The first three are good but for their words."""
    good = ephemeris()
    return {
        "ELEMENTS": kvn(ORIGINATOR=WORDS, OBJECT_NAME=PATH, NORAD_CAT_ID="6", INCLINATION="51.6").encode(),
        "EPHEMERIS": good.encode(),
        "PLAIN": kvn(NORAD_CAT_ID="7", RA_OF_ASC_NODE="20.1", MEAN_ANOMALY="7").encode(),
        "FRAME": good.replace("REF_FRAME = ICRF", f"REF_FRAME = {SCRIPT}").encode(),
        "BOMB": BOMB.encode(),
        "FETCH": FETCH.encode(),
        "ZEROS": good.encode()[:2_000] + b"\0" + good.encode()[2_000:],
        "SHIFTED": kvn(MEAN_MOTION=SCRIPT).encode(),
    }


def workspace(directory: Path) -> Path:
    tables = []
    for name, data in deliveries().items():
        folder = directory / "ephemerides" / name
        folder.mkdir(parents=True)
        (folder / "<img src=x onerror=alert(1)> *x* [a](b).txt").write_bytes(data)
        tables.append(
            f'[[object]]\nid = "{name}"\nname = "{name}"\nhbr_m = 5\n'
            f'[[object.ephemeris]]\npath = "ephemerides/{name}/*"\noriginator = "TEST"\n'
        )
    path = directory / "nearpass.toml"
    path.write_text(
        '[cycle]\nbody = "EARTH"\nspan_days = 0.5\nlimit_km = 20\n'
        f"[alert.red]\ncad_km = 1\n[alert.yellow]\ncad_km = 5\n{''.join(tables)}"
    )
    return path


def faults(page: str) -> list[str]:
    """Elements of a page that no template of ours makes."""
    found = []
    for element in html5lib.parse(page, namespaceHTMLElements=False).iter():
        if not isinstance(element.tag, str):
            continue
        found += [f"<{element.tag} {name}>" for name in element.attrib if name.startswith("on")]
        addresses = [element.attrib.get(name, "") for name in ("href", "src")]
        found += [address for address in addresses if address == "x" or address.startswith("javascript:")]
        if element.tag == "script" and "src" not in element.attrib:
            found.append("<script>")
    return found


def test_hostile_deliveries_are_harmless(nearpass: Nearpass, tmp_path: Path) -> None:
    """Names, comments and values are shown as written, damaged files are refused, and nothing is written elsewhere."""
    home = tmp_path / "home" / "work"
    path = workspace(home)
    with quick():
        code, _, err = nearpass("run", "--config", path, "--at", "2000-06-28T04:00:00")
    pages = {page: page.read_text() for page in (home / "public").rglob("*.html")}
    shown = "".join(re.sub(r"\s+", " ", "".join(html5lib.parse(page).itertext())) for page in pages.values())

    assert code == 4, err
    assert [name for name in deliveries() if f"(object {name})" in err] == [
        "FRAME",
        "BOMB",
        "FETCH",
        "ZEROS",
        "SHIFTED",
    ]
    assert {page: found for page, text in pages.items() if (found := faults(text))} == {}
    assert f"got '{SCRIPT}'" in shown
    assert WORDS in shown
    assert "<img src=x onerror=alert(1)> *x* [a](b).txt" in shown
    assert "root:" not in shown
    assert broken_links(home / "public") == []
    assert [entry.name for entry in tmp_path.rglob("*") if home not in entry.parents] == ["home", "work"]
    assert all(not name.startswith(("..", "/")) for name in tree(home))
