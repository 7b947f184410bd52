"""The one door from reasons to English: :func:`said`, to which each module beside this one adds its kinds."""

from __future__ import annotations

from functools import singledispatch
from typing import Any


@singledispatch
def said(reason: Any) -> str:
    """A reason in English, as the inside of a sentence: no capital, no full stop.

    Several reasons that hold together are given as a tuple and said one after the other, parted by semicolons.

    Args:
        reason: A record of :mod:`nearpass.reasons`, or a tuple of them.

    Raises:
        TypeError: for anything else.
    """
    raise TypeError(f"no English for a {type(reason).__name__}")
