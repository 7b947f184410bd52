"""Forms of words that readers stumbled over stand on no page and in no script of the site."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Final

import pytest

from nearpass.report import pages, verdicts
from nearpass.resources import resource
from records import quiet_record, sample_record

BAD: Final = {
    "a bound that looks like a tag": r"(<|&lt;)1e-20",
    "a sigma of it": r"(?i)\b(one|1) sigma of it\b",
    "the past, which a page cannot know": r"in the past",
    "withheld by nobody": r"Something (more )?is withheld",
    "passing at a distance": r"pass each other at \d",
    "a level that says or, not which": r"came nearer or its level rose|moved away or its level fell",
    "sigmas of a cycle": r"of (the|its) sigmas (that the previous cycle gave|away)",
    "what stands": r"What stands here|stand here without a name",
    "ages of a site": r"No cycle for",
    "ephemerides that are polynomials": r"whose ephemerides are their polynomials",
    "headings that ask": r"<h2>(How sure|How probable|Whom to tell|Do the orbits cross|Take it with you)\b",
    "nearest passages": r"nearest passages|This cycle for good",
    "a solution that wanders": r"wanders inside|promised too much",
    "counts that begin with of": r"Of the approaches:",
    "axes that are turned": r"axes are turned exactly|about 1/100 is asked",
    "a section that holds": r"Every section holds|Why so much",
    "any of them is a collision": r"That any of \d",
    "no part of": r"no part of the verdict",
    "a bound of a bound": r"at most (<b>)?below",
    "a distance that is not zero as zero": r"(?<![\d.,])0\.000\u00a0km",
    "an object without its name": r"(?i)objects? without a name",
    "apsides that are low and high": r"\b(low|high) (\{\}|[\d ]+) ?km",
    "an unknown person": r"(?i)\bnobody\b",
    "texts that stand": r"\b(stands?|standing) (here|there|beside|below|above|under|(on|in) (the|its|each|their))\b",
    "a statement about nothing": r"[Nn]othing is said",
    "an approach that gets": r"\bgets? (worse|better)\b",
    "data that mind": r"but mind:",
    "a power of ten in the style of a program": r"\de-0\d(?=[ .;:<)&])",
}
SOURCES: Final = Path(__file__).parents[2]
ELSEWHERE: Final = frozenset({"an unknown person", "texts that stand", "a statement about nothing"})
"""Forms that hand-written prose and comments of templates may have, where a whole paragraph explains them."""


def _strings(path: Path) -> str:
    """Every text of a module that is no docstring, one a line; what is put into it is ``{}``."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            found.append("".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            found.append(node.value)
    return "\n".join(found)


@pytest.fixture(scope="module")
def sources() -> dict[str, str]:
    """Everything that can become words of a page: texts of the report's modules, templates, scripts, prose."""
    found = {path.name: _strings(path) for path in (SOURCES / "generator" / "report").rglob("*.py")}
    templates = SOURCES / "templates"
    found |= {
        path.name: re.sub(r"(?s)\{#.*?#\}", "", path.read_text(encoding="utf-8")) for path in templates.rglob("*.j2")
    }
    return found | {path.name: path.read_text(encoding="utf-8") for path in (SOURCES / "site").glob("*.md")}


@pytest.mark.parametrize("what", BAD)
def test_no_sentence_that_could_be_printed_has_such_a_form(sources: dict[str, str], what: str) -> None:
    """The forms are in no text that any record could bring onto a page, not only in those that the sample brings."""
    pattern = re.compile(BAD[what])
    searched = {name: text for name, text in sources.items() if what not in ELSEWHERE or not name.endswith(".md")}
    assert {name: hit[0] for name, text in searched.items() if (hit := pattern.search(text))} == {}


def _texts() -> dict[str, str]:
    """Every page of the sample cycle and of a quiet one, and the scripts."""
    made = {}
    for name, record in (("sample", sample_record()), ("quiet", quiet_record())):
        live = pages.live_pages(record, [verdicts.summarise(record)], [2021])
        for kind, found in (("cycle", pages.cycle_pages(record)), ("live", live)):
            made |= {f"{name} {kind} {path}": text for path, text in found.items() if path.endswith(".md")}
    for path in sorted((resource("templates") / "theme" / "assets").glob("*.js")):
        made[path.name] = path.read_text(encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    """By name of the page."""
    return _texts()


@pytest.mark.parametrize("what", BAD)
def test_no_page_has_a_form_that_readers_stumbled_over(texts: dict[str, str], what: str) -> None:
    """None of the forms that were replaced comes back, on any page or in a script."""
    pattern = re.compile(BAD[what])
    assert {name: hit[0] for name, text in texts.items() if (hit := pattern.search(text))} == {}


def test_the_better_forms_are_there(texts: dict[str, str]) -> None:
    """The pages that these tests search are the real ones: the forms that took their place are found."""
    whole = " ".join(texts.values())
    for form in ("will pass within", "Uncertainty (1 sigma along the miss)", "Closest: ", "nothing nearer than",
                 "Overdue: the next cycle was due on", "Planned, not flown; excluded from verdict and tables",
                 "Closest approaches", "Permanent link"):  # fmt: skip
        assert form in whole, form
