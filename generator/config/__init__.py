"""nearpass.toml: what is screened, from which files, with which thresholds.

:mod:`~nearpass.config.tables` is the whole of it, from the tables of objects, declarations and editions;
:mod:`~nearpass.config.reading` places each error at the line of its key, and :mod:`~nearpass.config.checks` holds
the rules that reach across tables.
"""

from nearpass.config.objects import EphemerisSource, ScreenedObject
from nearpass.config.reading import instead, load_config, load_rules, parse_config, resolve
from nearpass.config.tables import Config, Site

__all__ = [
    "Config",
    "EphemerisSource",
    "ScreenedObject",
    "Site",
    "instead",
    "load_config",
    "load_rules",
    "parse_config",
    "resolve",
]
