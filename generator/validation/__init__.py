"""The program held against what others published or computed, number by number.

``nearpass validate`` runs it, and the site's validation page shows what it found: in the workspace, or, where it was
not run there, when this program was made. Nothing here is an expectation of our own making: every expected number is
published, or computed by another program or from first principles.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from importlib.metadata import version
from typing import Final

import nearpass
from nearpass.astro.epochs import Epoch
from nearpass.validation.check import SCHEMA, Section, Validation, dump, load
from nearpass.validation.cspice import cspice_sections
from nearpass.validation.earth import earth_section
from nearpass.validation.mars import maven_section
from nearpass.validation.probability import probability_sections
from nearpass.validation.truth import truth_section

__all__ = ["Validation", "dump", "load", "validate"]

PARTS: Final[tuple[Callable[[], tuple[Section, ...]], ...]] = (
    cspice_sections,
    lambda: (truth_section(),),
    lambda: (maven_section(),),
    lambda: (earth_section(),),
    probability_sections,
)
LIBRARIES: Final = ("numpy", "scipy", "skyfield", "sgp4", "spiceypy")


def validate(at: Epoch, progress: Callable[[int], None]) -> Validation:
    """Run every part.

    Args:
        at: The date that the result bears.
        progress: Counts parts done, of :data:`PARTS`.
    """
    sections: list[Section] = []
    for part in PARTS:
        sections += part()
        progress(1)
    return Validation(
        schema_number=SCHEMA,
        version=nearpass.__version__,
        packages=(("python", platform.python_version()), *((name, version(name)) for name in LIBRARIES)),
        made_utc=f"{at.iso(digits=0)}Z",
        sections=tuple(sections),
    )
