"""Objects called by a word of the pages: how what is withheld is told from what every site says.

An object ``LOW`` that an edition withholds is searched for by its own capitals, since the pages say "low" of other
things. One called ``Level``, as the pages themselves write that word, could not be found at all: such a name is refused
where an edition does not show it. A single letter is never looked for.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Final

import nearpass
from nearpass.config import Config
from nearpass.config.objects import delivery_marking, object_marking
from nearpass.errors import ConfigError
from nearpass.record.marking import Edition, Show
from nearpass.release.reduction import shown_as
from nearpass.resources import resource

_PARTS: Final = ("report", "reasons", "record", "config")
"""Whose strings readers see: words of pages, codes, and the keys of the configuration, which the own edition quotes."""
_MARKUP: Final = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<!--.*?-->", re.DOTALL)


@cache
def words_of_pages() -> str:
    """What pages and twins say of themselves, as they spell it: texts of templates, strings of the report."""
    found = [_MARKUP.sub(" ", path.read_text(encoding="utf-8")) for path in sorted(resource("templates").rglob("*.j2"))]
    found += [path.read_text(encoding="utf-8") for path in sorted(resource("templates").rglob("*.html"))]
    package = Path(nearpass.__file__).parent
    for part in _PARTS:
        for path in sorted((package / part).rglob("*.py")):
            found += _strings(ast.parse(path.read_bytes()))
    return "\n".join(found)


def _strings(tree: ast.AST) -> Iterator[str]:
    """Strings of a module but those that say what it is."""
    documenting = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documenting:
            yield node.value


def stands_in(words: str, text: str) -> bool:
    """Whether a text stands in words by itself, in this spelling."""
    return text in words and re.search(rf"(?<![A-Za-z0-9]){re.escape(text)}(?![A-Za-z0-9])", words) is not None


def check_names(config: Config, editions: Sequence[Edition]) -> None:
    """No edition withholds an object that is called by a word of the pages, in their spelling.

    Raises:
        ConfigError: naming the object, the word and the edition.
    """
    mapped = config.mapped_words
    for item in config.objects:
        called = [word for word in (item.id, item.name) if len(word) > 1 and stands_in(words_of_pages(), word)]
        markings = [object_marking(item, mapped), *(delivery_marking(item, one, mapped) for one in item.nominal)]
        kept = [one.id for one in editions if shown_as(item.id, markings, one) not in {Show.FULL, Show.METRICS}]
        if called and kept:
            rule = f"an object whose name edition {kept[0]} withholds must not be called by a word of every page"
            raise ConfigError(rule, value=called[0], object_id=item.id)
