"""A Markdown extension for pages that are one HTML block: what Markdown would give back unchanged, it need not parse.

The pages that nearpass writes are such; parsing one as Markdown takes longer than making it.
"""

from __future__ import annotations

from typing import Final

from markdown.core import Markdown
from markdown.extensions import Extension
from markdown.preprocessors import Preprocessor

HTML_PAGE: Final = "<!-- the rest of this page is HTML -->"
"""The first line below the front matter of a page that holds no Markdown."""
_AFTER_WHITE_SPACE: Final = 25  # priority: white space is made regular at 30, HTML is looked for at 21 and 20


class HtmlPages(Extension):
    """Takes a page that begins with :data:`HTML_PAGE` as it stands."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - named by the base class
        """Look for such pages before anything else does."""
        md.preprocessors.register(_Whole(md), "nearpass_html_page", _AFTER_WHITE_SPACE)


class _Whole(Preprocessor):
    def __init__(self, md: Markdown) -> None:
        super().__init__(md)
        self._stash = md.htmlStash

    def run(self, lines: list[str]) -> list[str]:
        """The place where the block comes back when the rest is done; lines of any other page as they are."""
        if not lines or lines[0] != HTML_PAGE:
            return lines
        return [self._stash.store("\n".join(lines[1:]).strip("\n"))]
