"""Editions from the command: each in its folder, the own one as without editions, and a leak stops one alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from fleets import write_workspace
from nearpass.config import load_config
from nearpass.publish.naming import check_names
from nearpass.record.marking import Edition, Tlp

EDITIONS = """
[[edition]]
id = "own"
everything = true
[[edition]]
id = "public"
audience = "everybody"
levels = ["CLEAR"]
register = true
"""
Command = Callable[..., tuple[int, str, str]]


def workspace(folder: Path, editions: str) -> Path:
    """Three objects, one of them not for the public; the configuration's path."""
    folder.mkdir()
    config = write_workspace(folder, limit_km=300.0, extra=editions)
    text = config.read_text()
    for name, marking in (("LOW", "CLEAR"), ("ECC", "CLEAR"), ("POLAR", "AMBER")):
        text = text.replace(f'id = "{name}"\n', f'id = "{name}"\nmarking = "{marking}"\n')
    config.write_text(text)
    return config


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_editions_are_published_and_a_leak_stops_one_alone(tmp_path: Path, nearpass: Command) -> None:
    """The publisher's own edition is the site without editions, to the byte but for what quotes the configuration.

    The public one holds no word of the hidden object; when a page of the publisher names it, the next cycle stops
    there with exit code 7, the page and its line, the last good site stays, and the own edition goes on. The object is
    not named: the line shows which it is, and what is said goes on into logs and mails.
    """
    config = workspace(tmp_path / "with", EDITIONS)
    alone = workspace(tmp_path / "without", "")
    public, own = config.parent / "public" / "public", config.parent / "public" / "own"

    assert nearpass("run", "--config", config, "--jobs", 1, "--at", "2021-03-17T00:00")[0] == 0
    assert nearpass("run", "--config", alone, "--jobs", 1, "--at", "2021-03-17T00:00")[0] == 0
    good = contents(public)
    same = [name for name, data in good.items() if name.startswith("cycles/") and contents(own).get(name) == data]
    assert any(name.endswith(".svg") for name in same)
    assert all((public / name).samefile(own / name) for name in same)  # what editions share lies on the disk once
    first, second = contents(own), contents(alone.parent / "public")
    differing = {name for name in first if first[name] != second.get(name)}

    assert first.keys() == second.keys()
    assert {name.rsplit(".", 1)[-1] for name in differing} <= {"html", "json", "sha256", "zip"}
    for name in differing:
        if name.endswith(".html"):
            assert len(first[name]) == len(second[name])  # only the hash of the configuration differs
    assert not any(b"POLAR" in text for name, text in good.items() if not name.endswith((".zip", ".json")))
    assert b"Edition for everybody" in good["index.html"]

    (config.parent / "site" / "about.md").write_text("# About\n\nAsk us about the POLAR orbiter.\n")
    code, _, said = nearpass("run", "--config", config, "--jobs", 1, "--at", "2021-03-17T06:00")
    status = json.loads((config.parent / "status.json").read_text())

    assert code == 7
    assert "site/about.md:3 names a withheld object, got 'public'" in said
    assert "POLAR" not in said
    assert contents(public) == good
    assert (own / "cycles/2021/03/17/T0600Z/index.html").exists()
    assert (status["state"], status["editions_stopped"]) == ("stopped", ["public"])


def test_an_object_that_left_the_configuration_stops_no_edition(tmp_path: Path, nearpass: Command) -> None:
    """What the public edition told of it in earlier cycles is no secret now; the hidden one is as hidden as before."""
    config = workspace(tmp_path / "site", EDITIONS)
    assert nearpass("run", "--config", config, "--jobs", 1, "--at", "2021-03-17T00:00")[0] == 0
    text = config.read_text()
    start = text.index('[[object]]\nid = "LOW"')
    end = text.find("[[object]]", start + 1)
    config.write_text(text[:start] + (text[end:] if end > 0 else ""))

    code, _, err = nearpass("run", "--config", config, "--jobs", 1, "--at", "2021-03-17T06:00")

    assert (code, err) == (0, "")
    public = contents(config.parent / "public" / "public")
    later = {name for name, data in public.items() if b"LOW" in data and "T0000Z" not in name}
    assert {"objects/LOW.html", "feeds/objects/LOW.xml"} <= later
    assert not [name for name, data in public.items() if b"POLAR" in data or "POLAR" in name]


def test_what_an_early_cycle_withheld_and_a_later_one_tells_may_be_rebuilt(tmp_path: Path, nearpass: Command) -> None:
    """A line of a withheld note that a later public note repeats: every cycle is rendered again, to the same bytes.

    The register alone has grown: what went out in the last cycle was entered when it had gone out.
    """
    config = workspace(tmp_path / "site", EDITIONS)
    (config.parent / "log").mkdir()
    for name, time, marking in (("a", "2021-03-16T00:00:00Z", "AMBER"), ("b", "2021-03-17T03:00:00Z", "CLEAR")):
        head = f"time: {time}\nkind: consultation\nparties: [NASA]\noriginator: NASA\nmarking: {marking}\n"
        (config.parent / "log" / f"{name}.md").write_text(f"---\n{head}---\nThis line is said in both of the notes.\n")
    for at in ("2021-03-17T00:00", "2021-03-17T06:00"):
        assert nearpass("run", "--config", config, "--jobs", 1, "--at", at)[0] == 0
    before = contents(config.parent / "public")
    holding = {name for name, data in before.items() if b"said in both" in data and name.startswith("public/")}
    assert "public/cycles/2021/03/17/T0600Z/index.html" in holding
    assert not [name for name in holding if "T0000Z" in name]

    assert nearpass("rebuild", "--config", config, "--jobs", 1)[::2] == (0, "")
    after = contents(config.parent / "public")
    grown = {name for name in after if after[name] != before.get(name)}
    assert after.keys() == before.keys()
    assert all(name.startswith("public/register/") or "manifest" in name for name in grown)


def test_an_object_may_be_called_by_a_word_of_the_pages(tmp_path: Path, nearpass: Command) -> None:
    """LOW is withheld from the public, whose pages say "low" of other things: the edition goes out.

    A page of the publisher's that means the object stops it, with page and line.
    """
    config = workspace(tmp_path / "site", EDITIONS)
    text = config.read_text().replace('id = "LOW"\nmarking = "CLEAR"', 'id = "LOW"\nmarking = "AMBER"')
    config.write_text(text)
    page = config.parent / "site" / "about.md"
    page.parent.mkdir(exist_ok=True)
    page.write_text("# About\n\nA low orbit is a fast one.\n")

    assert nearpass("run", "--config", config, "--jobs", 1, "--at", "2021-03-17T00:00")[::2] == (0, "")
    public = contents(config.parent / "public" / "public")
    places = ("cycles/", "events/", "objects/", "archive/", "feeds/", "index", "latest")  # others are the program's own
    made = {name: data for name, data in public.items() if name.startswith(places)}
    assert [name for name, data in made.items() if b"LOW" in data or "LOW" in name] == []
    assert any(b" low " in data for data in public.values())

    page.write_text("# About\n\nA low orbit is a fast one.\nThat of LOW is.\n")
    code, _, said = nearpass("run", "--config", config, "--jobs", 1, "--at", "2021-03-17T06:00")
    assert (code, contents(config.parent / "public" / "public")) == (7, public)
    assert "site/about.md:4 names a withheld object, got 'public'" in said


@pytest.mark.parametrize("what", ['id = "POLAR"', 'name = "POLAR orbiter"'])
def test_a_withheld_object_is_not_called_as_every_page_says(tmp_path: Path, nearpass: Command, what: str) -> None:
    """Nobody could find an object called Level in a page: refused before anything is written, with object and edition.

    Where every edition names the object it may be called so.
    """
    config = workspace(tmp_path / "site", EDITIONS)
    config.write_text(config.read_text().replace(what, what.partition(" ")[0] + ' = "Level"'))
    code, _, said = nearpass("run", "--config", config, "--jobs", 1, "--at", "2021-03-17T00:00")

    assert code == 3
    assert "edition public withholds" in said
    assert "'Level'" in said
    assert not (config.parent / "archive").exists()
    check_names(load_config(config)[0], [Edition(id="amber", levels=frozenset({Tlp.CLEAR, Tlp.AMBER}))])
