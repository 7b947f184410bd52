"""nearpass: close approaches of spacecraft and moons, screened with proof and published as a site.

The map. Data flows down this list, and a module imports only from folders above its own
(``tests/test_architecture.py`` holds the list and fails on a module without a place)::

    errors, resources   what can go wrong; where templates and pages lie
    astro/              time, axes that stand and that move, centres, bodies, drift by J2
    reasons/            why something is so: codes with numbers and units, a closed set
    messages/           OEM, OCM, OMM, TLE, CDM: text <-> facts
    ephemeris/          facts -> trajectories with a stored error: Chebyshev series on knots; kernels; lint
    screening/          which pairs come near, with proof: bounds that exclude, bisection, roots, refinement;
                        a broad phase for catalogues, slab by slab on any number of workers
    crossing/           where orbits come near, whenever each object passes; the seasons in which they do
    encounter/          what a close approach looks like: geometry, uncertainty, probability, manoeuvre, level
    record/             what a cycle stores: facts, markings, the history of events
    validation/         all of the above against published and independent numbers
    config/             nearpass.toml: its tables by subject, reading them, rules across them; sources that it names
    release/            who may see what: the record as an edition may hold it, and what that must not hold
    archive/            the append-only store: chain, register, verification, retention, upgrades
    ingest/             delivered files -> trajectories
    retrieve/           current deliveries from services, addresses and folders into the workspace
    cycle/              ingest -> screen -> encounters -> record; catalogues; screening an archived cycle again
    disclosure/         how much editions give away of an orbit: decoys that give the same editions
    report/             from a stored record alone: tables, views, plots, pages, mkdocs hooks
    publish/            pages -> site, editions, search for leaks, packages, certificates
    api                 the door for programs: what ``import nearpass`` offers
    status, watch       what the last run did; running when a delivery arrives
    notify/             who is told what was not told yet, and the channels that carry it
    sample/             the fleet of 2021 for the demo
    commands, __main__  the command; only the last reads the clock

``cycle.pipeline.run_cycle`` makes a :class:`~nearpass.record.record.CycleRecord`; ``Archive.add`` stores it;
``publish.publish`` turns it into a site. The record is the only joint: the report never sees an ephemeris, the
physics never sees a page, and a page made from a loaded record equals the one made from the fresh record, byte for
byte.

The names below are the door; each is loaded when it is first asked for, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nearpass.api import (
        CloseApproach,
        Conjunction,
        Ephemeris,
        Epoch,
        Screening,
        conjunction,
        cross,
        open_archive,
        probability,
        read,
        read_all,
        read_cdm,
        screen,
    )
    from nearpass.errors import NearpassError

__version__ = "0.1.0"

__all__ = [
    "CloseApproach",
    "Conjunction",
    "Ephemeris",
    "Epoch",
    "NearpassError",
    "Screening",
    "__version__",
    "conjunction",
    "cross",
    "open_archive",
    "probability",
    "read",
    "read_all",
    "read_cdm",
    "screen",
]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module 'nearpass' has no attribute {name!r}")
    return getattr(import_module("nearpass.errors" if name == "NearpassError" else "nearpass.api"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
