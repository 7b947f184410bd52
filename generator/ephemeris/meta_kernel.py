"""Meta-kernels: text kernels that list others. CSPICE parses the list in a child process; nothing on it is loaded here.

CSPICE takes relative names from the working directory, which means nothing for a file that was delivered. Here they
are taken from the meta-kernel's own folder, else from the configuration's, and no name may lead out of the latter.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import spiceypy as spice
from spiceypy.utils.exceptions import SpiceyError

from nearpass.ephemeris.spk import in_child
from nearpass.errors import InputError

META_SUFFIXES: Final = (".tm", ".mk")
TEXT_SUFFIXES: Final = (".tls", ".tpc", ".tf", ".tsc", ".ti")  # by the conventions of NAIF
_MOST: Final = 1_000


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
        names = in_child(_listed, (str(kernel),), 30.0, (str(kernel),), None)
        found += [_placed(name, kernel, directory) for name in names]
    return found


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
    raise InputError("a kernel that a meta-kernel lists must exist", value=name, file=meta.name)


def _listed(meta: str) -> list[str]:
    """In the child: KERNELS_TO_LOAD with the symbols of PATH_SYMBOLS replaced, and continued names joined."""
    spice.ldpool(meta)
    names = _words("KERNELS_TO_LOAD")
    if not names:
        raise InputError("a meta-kernel must set KERNELS_TO_LOAD")
    symbols, values = _words("PATH_SYMBOLS"), _words("PATH_VALUES")
    if len(symbols) != len(values):
        raise InputError("PATH_SYMBOLS and PATH_VALUES must go together", value=f"{len(symbols)} and {len(values)}")
    joined = [""]
    for word in names:
        joined[-1] += word.removesuffix("+")
        if not word.endswith("+"):
            joined.append("")
    for symbol, value in sorted(zip(symbols, values, strict=True), reverse=True):  # the longer of two that begin alike
        joined = [name.replace(f"${symbol}", value) for name in joined]
    return [name for name in joined if name]


def _words(variable: str) -> list[str]:
    try:
        return [str(word) for word in spice.gcpool(variable, 0, _MOST)]
    except SpiceyError:  # a variable that is not set, or holds numbers
        return []
