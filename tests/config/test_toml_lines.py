"""Where a key or a table of the configuration stands in its text."""

from __future__ import annotations

from nearpass.config.toml_lines import line_of

TEXT = """# a comment
[ground]

# nothing of it yet

[other]
a = [
  1,
]
"""


def test_a_table_stands_at_its_header() -> None:
    """Not at the last line without a key that follows it."""
    assert line_of(TEXT, ("ground",)) == 2
    assert line_of(TEXT, ("other",)) == 6
    assert line_of(TEXT, ("other", "a")) == 7
