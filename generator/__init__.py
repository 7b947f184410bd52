"""nearpass: close approaches of spacecraft and moons, screened with proof and published as a site.

The map. Data flows down this list, and a module imports only from modules above it (``tests/test_architecture.py``
holds the table and fails on a module without a place)::

    errors, resources        the tree of errors; where templates and pages lie
    astro/                   epochs (integer TAI), axes that stand and that move, centres, bodies, drift by J2
    ephemeris/               OEM, OCM, SPK, mean elements and theories of moons into trajectories: Chebyshev series
                             on knots, with a stored error; lint
    screening/               which pairs come near: bounds that exclude, bisection, roots, refinement, counters;
                             a broad phase for catalogues, slab by slab on any number of workers;
                             orbit crossings and their seasons
    encounter/               what a close approach looks like: geometry, uncertainty, probability, manoeuvre, level
    cycle/                   the record of a cycle, events, history, predictions, messages, the archive and its checks;
                             release*: the record as an edition may hold it; secrets: what it must not hold
    validation/              all of the above against published and independent numbers
    report/                  from a stored record alone: tables, views, plots, pages, mkdocs hooks
    config/                  nearpass.toml: its tables by subject, reading them, rules across them
    origins, ledger          sources that it may name; what was retrieved from them
    ingest, publish, sample  deliveries in; pages out; the fleet of 2021 for the demo
    retrieve                 current deliveries from services, addresses and folders into the workspace
    sweep                    a catalogue's part of a cycle: every approach, and which are told in full
    encounters               every approach of the cycle assessed, on any number of workers
    assemble, pipeline       one cycle: ingest -> screen -> encounters -> record
    commands, __main__       the command; only the last reads the clock

``pipeline.run_cycle`` makes a :class:`~generator.cycle.record.CycleRecord`; ``Archive.add`` stores it;
``publish.publish`` turns it into a site. The record is the only joint: the report never sees an ephemeris, the
physics never sees a page, and a page made from a loaded record equals the one made from the fresh record, byte for
byte. From Python::

    config, text = load_config(Path("nearpass.toml"))
    result = run_cycle(config, text, Path(), Epoch.parse("2021-03-17"), None, progress)
    result.record.events
"""

__version__ = "0.1.0"
