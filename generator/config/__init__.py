"""nearpass.toml: what is screened, from which files, with which thresholds.

:mod:`~generator.config.tables` is the whole of it, from the tables of objects, declarations and editions;
:mod:`~generator.config.reading` places each error at the line of its key, and :mod:`~generator.config.checks` holds
the rules that reach across tables.
"""

from generator.config.objects import EphemerisSource, ScreenedObject
from generator.config.reading import load_config, parse_config, resolve
from generator.config.tables import Config, Site

__all__ = ["Config", "EphemerisSource", "ScreenedObject", "Site", "load_config", "parse_config", "resolve"]
