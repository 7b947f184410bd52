"""Pages that are one HTML block, and Markdown without being told so, come to the same."""

import markdown

from nearpass.report import pages
from nearpass.report.html_pages import HTML_PAGE, HtmlPages
from records import sample_record

OURS = ["attr_list", "def_list", "md_in_html", "tables", "toc"]


def test_what_is_not_parsed_is_what_markdown_gives() -> None:
    """Every page of a cycle comes out as it does from Markdown, which takes a block of HTML as it stands."""
    for name, text in pages.cycle_pages(sample_record()).items():
        if name.endswith(".md"):
            told, _, block = text.split("---\n", maxsplit=2)[2].lstrip("\n").partition("\n")
            parsed = markdown.markdown(block, extensions=OURS)
            assert markdown.markdown(f"{told}\n{block}", extensions=[*OURS, HtmlPages()]) == parsed, name


def test_other_pages_stay_markdown() -> None:
    """The mark means HTML on the first line alone; a page without it there is Markdown."""
    text = f"Some *words*.\n\n{HTML_PAGE}\n\nMore *words*."
    assert "<em>words</em>" in markdown.markdown(text, extensions=[HtmlPages()]).splitlines()[-1]
