"""The validation: it holds, it would notice a wrong program, and its page shows what it found."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearpass import validation
from nearpass.astro.epochs import Epoch
from nearpass.encounter.pc_result import NC_3D
from nearpass.errors import InputError
from nearpass.report.pages import validation_part
from nearpass.resources import resource
from nearpass.validation import Validation, dump, load, probability, truth
from nearpass.validation.check import Check, Section, within
from nearpass.validation.cspice import cspice_sections
from nearpass.validation.mars import maven_section
from nearpass.validation.published import published

CUTOFF = Epoch.parse("2026-11-25T00:00:00")
STORED = resource("site") / "validation.json"
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def quick() -> Validation:
    """A validation of its two shortest parts."""
    sections = (*cspice_sections(), maven_section())
    return Validation(
        schema_number=1, version="0", packages=(("python", "3"),), made_utc="2026-11-25T00:00:00Z", sections=sections
    )


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command with the two shortest parts only."""
    monkeypatch.setattr(validation, "PARTS", (cspice_sections, lambda: (maven_section(),)))
    monkeypatch.setattr("nearpass.commands.validation.PARTS", validation.PARTS)


@pytest.mark.parametrize("part", validation.PARTS)
def test_every_section_holds(part: Callable[[], tuple[Section, ...]]) -> None:
    """Each section has checks, as many as it asks for lie within their bounds, and it is what travels with nearpass.

    Stored and found may differ by a tenth of what is allowed: another processor, another order of the same sums. After
    a change of what it shows: nearpass validate --json > site/validation.json
    """
    stored = {section.title: section for section in load(STORED.read_bytes(), STORED.name).sections}
    for section in part():
        assert section.checks
        outside = [check for check in section.checks if not check.passed]
        assert section.holds, outside
        told = stored[section.title]
        for check, one in zip(section.checks, told.checks, strict=True):
            assert check.got == pytest.approx(one.got, rel=0.0, abs=0.1 * (one.upper - one.lower)), check
            assert replace(check, got=None) == replace(one, got=None)
        assert replace(section, checks=()) == replace(told, checks=())


def test_a_site_whose_publisher_did_not_validate_shows_what_travels_with_nearpass(
    nearpass: Command, tmp_path: Path
) -> None:
    """A new workspace's page has every stored check, and the file that it links to."""
    assert nearpass("init", tmp_path / "mars")[0] == 0
    page = _built(tmp_path / "mars")

    assert page.count("✓ within") == sum(section.passed for section in load(STORED.read_bytes(), STORED.name).sections)
    assert (tmp_path / "mars" / ".site" / STORED.name).read_bytes() == STORED.read_bytes()


def test_a_probability_off_by_a_thousandth_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """With one quadrature a thousandth too high, the section on the plane integral does not hold."""
    right = probability.foster_pc
    monkeypatch.setattr(probability, "foster_pc", lambda planes: right(planes) * 1.001)
    cases = published("pc_cases")["plane"]
    checks = [check for case in cases for check in probability._plane(case)]

    assert sum(not check.passed for check in checks) >= len(cases) // 2


def test_a_lost_approach_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """With one approach less in the list, the section on dense truth counts it as missed."""
    right = truth.screen

    def wrong(*arguments: object) -> object:
        found = right(*arguments)
        return replace(found, approaches=found.approaches[1:])

    monkeypatch.setattr(truth, "screen", wrong)
    section = truth.truth_section()

    assert not section.holds
    assert {check.name for check in section.checks if not check.passed} == {"listed", "missed"}


def test_the_cases_are_those_of_their_sources() -> None:
    """Twelve cases of Alfano, twenty of CARA, ten in the plane, each group with its source."""
    figures = published("pc_cases")

    assert [len(figures[group]) for group in ("alfano", "cara", "plane")] == [12, 20, 10]
    assert all(figures["sources"][group] for group in ("alfano", "cara", "plane"))


@given(expected=st.floats(-1e9, 1e9), width=st.floats(0, 1e9), got=st.none() | st.floats())
def test_a_check_passes_exactly_inside_its_bounds(expected: float, width: float, got: float | None) -> None:
    """A check passes if and only if there is a finite answer between both bounds."""
    check = within("a", "b", "km", expected, got, width, "rounding")

    assert check.passed == (got is not None and abs(got) < float("inf") and check.lower <= got <= check.upper)


def test_a_section_forgives_only_as_many_as_it_says() -> None:
    """With one of two checks outside, a section that asks for one holds, and one that asks for two does not."""
    good = within("good", "x", "", 1.0, 1.0, 0.0, "none")
    checks = (good, within("bad", "x", "", 1.0, 2.0, 0.5, "none"))
    section = Section(title="t", text="t", source="s", required=1, checks=checks)

    assert section.holds
    assert not replace(section, required=2).holds


def test_the_stored_result_comes_back_equal(quick: Validation) -> None:
    """What is written is read again as the same validation."""
    assert load(dump(quick), "validation.json") == quick


@pytest.mark.parametrize("text", [b"", b"{}", b"[1]", b'{"schema_number": 1}', b"\xff"])
def test_what_is_no_result_is_refused_by_name(text: bytes) -> None:
    """A file that is no validation is refused with its name."""
    with pytest.raises(InputError, match=r"validation\.json"):
        load(text, "validation.json")


def test_the_page_shows_every_check_and_the_failures(quick: Validation) -> None:
    """The page has a row a check, and says of a check outside its bounds that it is outside."""
    refused = Check(name="<b>x", quantity=NC_3D, unit="", expected=1.0, got=None, lower=0.5, upper=1.5, cause="none")
    broken = Section(title="Broken", text="t", source="s", required=1, checks=(refused,))
    page = validation_part(dump(replace(quick, sections=(*quick.sections, broken))), "validation.json")

    total = sum(len(section.checks) for section in quick.sections) + 1
    assert page.count("✓ within") == total - 1
    assert page.count("✗ outside") == 1
    assert "refused to answer" in page
    assert re.search(r"1 section of \d+ failed", page)
    assert "<b>x" not in page


def _built(workspace: Path) -> str:
    """The validation page of a workspace as plain mkdocs builds it."""
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet"]
    subprocess.run(command, cwd=workspace, env=environment, check=True)
    return (workspace / ".site" / "validation.html").read_text()


@pytest.mark.usefixtures("short")
def test_the_command_fills_the_page_of_a_workspace(nearpass: Command, tmp_path: Path) -> None:
    """In a workspace the result lies in site/validation.json, and plain mkdocs shows it on the validation page."""
    assert nearpass("init", tmp_path / "mars")[0] == 0
    code, out, _ = nearpass("validate", "--config", tmp_path / "mars" / "nearpass.toml")

    assert code == 0
    assert "holds" in out
    stored = load((tmp_path / "mars" / "site" / "validation.json").read_bytes(), "validation.json")
    assert stored.holds
    assert out.count("holds") == len(stored.sections)

    page = _built(tmp_path / "mars")
    assert page.count("✓ within") == sum(len(section.checks) for section in stored.sections)


@pytest.mark.usefixtures("short")
def test_a_section_that_fails_makes_the_command_fail(nearpass: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a section does not hold, the exit code is 1 and the check outside its bounds is printed."""
    bad = within("wrong", "x", "km", 1.0, 2.0, 0.5, "none")
    section = Section(title="Broken", text="t", source="s", required=1, checks=(bad,))
    monkeypatch.setattr(validation, "PARTS", (lambda: (section,),))
    code, out, _ = nearpass("validate")

    assert code == 1
    assert "wrong" in out
