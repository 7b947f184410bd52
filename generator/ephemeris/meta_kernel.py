"""Meta-kernels: text kernels that list others. CSPICE parses the list in a child process; nothing on it is loaded here.

CSPICE takes relative names from the working directory, which means nothing for a file that was delivered. Here they
are taken from the meta-kernel's own folder, else from the configuration's, and no name may lead out of the latter.

As for ``furnsh``, a name or a value of PATH_VALUES that ends in ``+`` goes on in the next string. What CSPICE would
drop without a word is read: a string of more than 80 characters, a line of more than 132, a last line without its end.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import spiceypy as spice
from spiceypy.utils.exceptions import SpiceyError

from nearpass.ephemeris.spice_child import in_child
from nearpass.errors import InputError

META_SUFFIXES: Final = (".tm", ".mk")
KERNEL_SUFFIXES: Final = (".bsp", ".spk", *META_SUFFIXES)
"""By which a source's files are told to be kernels."""
TEXT_SUFFIXES: Final = (".tls", ".tpc", ".tf", ".tsc", ".ti")  # by the conventions of NAIF
_MOST: Final = 1_000
_MOST_BYTES: Final = 1_000_000
_MOST_STRING: Final = 80  # characters with their quotes
_MOST_LINE: Final = 120  # of the 132 characters that CSPICE reads of a line
_DATA: Final = "\\begindata"
_TEXT: Final = "\\begintext"
_STRING: Final = re.compile(r"('(?:[^']|'')*')")
_CHUNK: Final = re.compile(r"(?:''|[^']){1,35}")  # a doubled quote stays whole
_ASSIGNMENT: Final = re.compile(r"\s*\w+\s*\+?=\s*")
_LINE: Final = re.compile(r"line (\d+)")


def with_listed(kernels: Sequence[Path], directory: Path) -> list[Path]:
    """The kernels, each meta-kernel replaced by those that it lists, in the order in which CSPICE would load them.

    Args:
        kernels: Kernels of any kind.
        directory: The configuration's folder.

    Raises:
        InputError: for a list that CSPICE cannot parse, a file on it that does not exist, one that lies outside the
            configuration's folder, and a meta-kernel on it.

    """
    found: list[Path] = []
    for kernel in kernels:
        if kernel.suffix.lower() not in META_SUFFIXES:
            found.append(kernel)
            continue
        names = in_child(_listed, (_data_lines(kernel),), 30.0, (str(kernel),), None)
        found += [_placed(name, kernel, directory) for name in names]
    return found


def _data_lines(meta: Path) -> tuple[tuple[int, str], ...]:
    """Numbers and texts of the lines of the data sections, each string short enough for CSPICE.

    Raises:
        InputError: for a file too large to be a list.
    """
    if meta.stat().st_size > _MOST_BYTES:
        raise InputError(f"a meta-kernel must have at most {_MOST_BYTES} bytes", file=meta.name)
    found: list[tuple[int, str]] = []
    inside = False
    for number, line in enumerate(meta.read_bytes().decode("utf-8", errors="replace").splitlines(), start=1):
        mark = line.strip()
        if mark in (_DATA, _TEXT):
            inside = mark == _DATA
        elif inside:
            found += [(number, piece) for piece in _pieces(line)]
    return tuple(found)


def _pieces(line: str) -> list[str]:
    """A line of data as lines that CSPICE can hold: a long string is continued, one that stands alone in brackets."""
    tokens = [token for token in _STRING.split(line) if token.strip()]
    if len(line) <= _MOST_LINE and all(len(token) <= _MOST_STRING for token in tokens if token.startswith("'")):
        return [line]
    alone = len(tokens) == 2 and _ASSIGNMENT.fullmatch(tokens[0]) is not None
    if alone:
        tokens = [f"{tokens[0]} (", tokens[1], ")"]
    pieces: list[str] = []
    for token in tokens:
        if not token.startswith("'") or len(token) <= _MOST_STRING:
            pieces.append(" ".join(token.split()) if not token.startswith("'") else token)
            continue
        parts = _CHUNK.findall(token[1:-1])
        pieces += [f"'{part}+'" for part in parts[:-1]] + [f"'{parts[-1]}'"]
    return pieces


def _placed(name: str, meta: Path, directory: Path) -> Path:
    for folder in (meta.parent, directory):
        path = (folder / name).resolve()
        if not path.is_relative_to(directory.resolve()):
            rule = "a meta-kernel must name files inside the folder of the configuration"
            raise InputError(rule, value=name, file=meta.name)
        if path.suffix.lower() in META_SUFFIXES:
            raise InputError("a meta-kernel must not list another one", value=name, file=meta.name)
        if path.is_file():
            return directory / path.relative_to(directory.resolve())
    if "$" in name:
        rule = "a symbol in a name that a meta-kernel lists must stand in PATH_SYMBOLS, in the same case"
        raise InputError(rule, value=name, file=meta.name)
    raise InputError("a kernel that a meta-kernel lists must exist", value=name, file=meta.name)


def _listed(data: Sequence[tuple[int, str]]) -> list[str]:
    """In the child: KERNELS_TO_LOAD with the symbols of PATH_SYMBOLS replaced, and continued names joined."""
    try:
        if data:
            spice.lmpool([line for _, line in data])
    except SpiceyError as error:
        at = _LINE.search(str(error))
        line = data[min(int(at[1]), len(data)) - 1][0] if at else None
        raise InputError("a meta-kernel must be readable by CSPICE", value=error.short, line=line) from None
    joined = _joined("KERNELS_TO_LOAD")
    if not joined:
        raise InputError("a meta-kernel must set KERNELS_TO_LOAD, in capitals and between \\begindata and \\begintext")
    symbols, values = _words("PATH_SYMBOLS"), _joined("PATH_VALUES")
    if len(symbols) != len(values):
        rule = "each symbol of PATH_SYMBOLS must have its value in PATH_VALUES, where + continues one"
        raise InputError(rule, value=f"{len(symbols)} and {len(values)}")
    for symbol, value in sorted(zip(symbols, values, strict=True), reverse=True):  # the longer of two that begin alike
        joined = [name.replace(f"${symbol}", value) for name in joined]
    return [name for name in joined if name]


def _joined(variable: str) -> list[str]:
    """The strings of a variable, each with those that continue it."""
    joined = [""]
    for word in _words(variable):
        joined[-1] += word.rstrip().removesuffix("+")
        if not word.rstrip().endswith("+"):
            joined.append("")
    return [word for word in joined if word]


def _words(variable: str) -> list[str]:
    try:
        return [str(word) for word in spice.gcpool(variable, 0, _MOST)]
    except SpiceyError:  # a variable that is not set, or holds numbers
        return []
