"""Where inputs may lie: in the folder of the configuration, and in folders outside that it names for that."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from nearpass.config.tables import Config
from nearpass.config.toml_lines import line_of
from nearpass.errors import ConfigError

Place = tuple[int | str, ...]


def check_paths(config: Config, text: str, file: str) -> Iterator[ConfigError]:
    """Each path of an input leads into the workspace, or into a folder that ``inputs.allow_outside`` names."""
    for place, pattern, object_id in _patterns(config):
        if not _is_named_inside(pattern, config.inputs.allow_outside):
            rule = "a path must lie in the folder of the configuration, or in a folder that inputs.allow_outside names"
            yield ConfigError(rule, value=pattern, file=file, line=line_of(text, place), object_id=object_id)


def leads_outside(path: Path, directory: Path, allowed: Sequence[str]) -> bool:
    """Whether a file lies elsewhere than its name says: a link that leads out of the workspace.

    Args:
        path: The file.
        directory: Folder of the configuration.
        allowed: Folders outside that inputs may lie in, as the configuration names them.
    """
    real = path.resolve()
    homes = [directory, *(directory / folder for folder in allowed)]
    return not any(real.is_relative_to(home.resolve()) for home in homes)


def _is_named_inside(pattern: str, allowed: Sequence[str]) -> bool:
    plain = PurePosixPath(posixpath.normpath(pattern))
    if not plain.is_absolute() and ".." not in plain.parts:
        return True
    return any(plain.is_relative_to(posixpath.normpath(folder)) for folder in allowed)


def _patterns(config: Config) -> Iterator[tuple[Place, str, str | None]]:
    """Every path of an input with its place in the configuration, and the object that it belongs to."""
    for pattern in config.cycle.kernels:
        yield ("cycle", "kernels"), pattern, None
    for index, item in enumerate(config.objects):
        for number, source in enumerate(item.ephemeris):
            place = ("object", index, "ephemeris", number)
            if source.path:
                yield (*place, "path"), source.path, item.id
            for pattern in source.kernels:
                yield (*place, "kernels"), pattern, item.id
    for index, table in enumerate(config.catalogues):
        yield ("catalogue", index, "path"), table.path, None
