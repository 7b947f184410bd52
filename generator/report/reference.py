"""The reference of the door, made from its docstrings: what a program may import, in Markdown."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Final

import nearpass

_SECTION: Final = re.compile(r"^(Args|Raises|Returns):$", re.MULTILINE)
_ENTRY: Final = re.compile(r"^    ([A-Za-z_]+): ", re.MULTILINE)
_TITLES: Final = {"Args": "Arguments", "Raises": "Raises", "Returns": "Returns"}


def reference() -> str:
    """A section for each public name: its signature, its docstring, and the same for its members."""
    return "\n".join(line for name in sorted(nearpass.__all__, key=str.lower) for line in _of_name(name))


def _of_name(name: str) -> Iterator[str]:
    thing = getattr(nearpass, name)
    if inspect.isclass(thing):
        yield f"## `{name}` {{ #{name.lower()} }}\n"
        yield _prose(thing)
        if is_dataclass(thing):
            told = (f"`{field.name}`: `{field.type}`" for field in fields(thing) if not field.name.startswith("_"))
            yield f"Fields: {', '.join(told)}.\n"
        for member, value in sorted(vars(thing).items()):
            if not member.startswith("_") and (inspect.isfunction(value) or isinstance(value, property | classmethod)):
                called = "" if isinstance(value, property) else _signature(getattr(thing, member))
                yield f"### `{name}.{member}{called}` {{ #{name.lower()}-{member.lower()} }}\n"
                yield _prose(value)
    elif inspect.isfunction(thing):
        yield f"## `{name}` {{ #{name.lower()}-function }}\n"
        yield f"`{name}{_signature(thing)}`\n"
        yield _prose(thing)


def _signature(thing: object) -> str:
    """Parameters and result as written, without the quotes and the module of a name."""
    if not callable(thing):
        return ""
    text = str(inspect.signature(thing)).replace("self, ", "").replace("(self)", "()")
    return re.sub(
        r"\b(?:[a-z_]+\.)+([A-Z])", r"\1", text.replace("'", "").replace("<TimeSystem.UTC: UTC>", "TimeSystem.UTC")
    )


def _prose(thing: object) -> str:
    """A docstring in Markdown; its sections of arguments and errors as lists of definitions."""
    text = re.sub(r":[a-z]+:`~?(?:[a-z_]+\.)*([A-Za-z_]+)`", r"`\1`", inspect.getdoc(thing) or "").replace("``", "`")
    first, *rest = _SECTION.split(text)
    parts = [first.strip(), ""]
    for title, body in zip(rest[::2], rest[1::2], strict=True):
        parts += [f"**{_TITLES[title]}**", ""]
        _, *entries = _ENTRY.split(body)
        for name, said in zip(entries[::2], entries[1::2], strict=True):
            parts += [f"`{name}`", f": {' '.join(said.split())}", ""]
    return "\n".join([*parts, ""])
