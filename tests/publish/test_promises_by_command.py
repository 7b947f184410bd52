"""What becomes of a promise of protection when ``nearpass run`` publishes: kept, kept in coarser cells, or broken."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from close_orbits import SECRET, fleet
from command_line import called
from fleets import write_workspace
from stub_cycles import plain, quick, tree

ORBITS = {"VISTA": fleet(meeting=1)["A"], "LANTERN": SECRET}
EDITIONS = """
[[edition]]
id = "own"
everything = true
[[edition]]
id = "public"
audience = "everybody"
levels = ["CLEAR"]
protects_km = 20
among = 5
[[edition.object]]
id = "LANTERN"
show = "metrics"
decided_by = "T"
decided_on = 2021-03-01
"""


@pytest.fixture(autouse=True)
def _few_batches(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Where two batches of decoys do not keep a promise of these orbits, eight do not; pictures are left blank."""
    monkeypatch.setattr("nearpass.disclosure.decoys.MOST_BATCHES", 2)
    with quick():
        yield


def workspace(directory: Path) -> Path:
    """Two spacecraft that meet after six hours, the second told in part to the public; its configuration."""
    config = write_workspace(directory, orbits=ORBITS, limit_km=400.0, extra=EDITIONS)
    text = config.read_text()
    for name, marking in (("VISTA", "CLEAR"), ("LANTERN", "AMBER")):
        text = text.replace(f'[[object]]\nid = "{name}"\n', f'[[object]]\nid = "{name}"\nmarking = "{marking}"\n')
    config.write_text(text)
    return config


def promising(config: Path, protects_km: float) -> None:
    """The configuration with another promise."""
    config.write_text(re.sub(r"protects_km = \d+", f"protects_km = {protects_km:g}", config.read_text()))


def run(config: Path, at: str) -> tuple[int, str]:
    """A cycle: exit code and what was said of it."""
    code, _, said = called("run", "--config", config, "--jobs", 1, "--at", at, "--quiet")
    return code, said


def front(config: Path) -> str:
    """The words of the public front page."""
    return " ".join(plain((config.parent / "public/public/index.html").read_text()).split())


def test_a_promise_that_the_cells_keep_is_published_and_one_that_nothing_keeps_stops_its_edition(
    tmp_path: Path,
) -> None:
    """Ten minutes keep 20 km among five. What went out so cannot be taken back: 1,000 km are promised in vain.

    That edition stays to the byte, with one line that says which, of what object and why; the other one goes on.
    """
    config = workspace(tmp_path / "w")
    public, own = (config.parent / "public" / name for name in ("public", "own"))

    assert run(config, "2021-03-17T00:00") == (0, "")
    assert "Of LANTERN orbiter only red and yellow approaches are told" in front(config)
    assert "a span of 10 min, a range of 5 km and the power of ten of the probability." in front(config)
    assert "At least 5 orbits of LANTERN orbiter, 20 km apart, would have given this same edition." in front(config)

    good = tree(public)
    promising(config, 1000.0)
    code, said = run(config, "2021-03-17T01:00")
    (line,) = said.splitlines()
    assert code == 7
    assert re.search(
        r"must keep what it promises of LANTERN: 5 orbits 1000 km apart must be possible, and only \d+ km are, "
        r"got 'public'", line
    )  # fmt: skip
    assert tree(public) == good
    assert (own / "cycles/2021/03/17/T0100Z/index.html").exists()


def test_a_promise_that_only_coarser_cells_keep_is_published_in_these(tmp_path: Path) -> None:
    """The day keeps 1,000 km where ten minutes do not: the front page says by which cells it tells, and why."""
    config = workspace(tmp_path / "w")
    promising(config, 1000.0)

    assert run(config, "2021-03-17T00:00") == (0, "")
    assert (
        "the level, the day, a range of 5 km, and no more, since finer cells would not keep what is promised."
        in front(config)
    )
    assert "At least 5 orbits of LANTERN orbiter, 1 000 km apart" in front(config).replace("\u202f", " ")
    assert "a span of 10 min" not in front(config)
