"""The last decision that ends in a useful burn, against a search through every minute."""

import numpy as np
import pytest

from nearpass.encounter.commanding import Closure, Commanding, Limit, last_decision

MINUTE_S = 60.0
DAY = 1440


def minutes(rng: np.random.Generator, count: int, longest: int) -> list[tuple[int, int]]:
    """Spans of whole minutes in twenty days that may overlap, sorted."""
    starts = np.sort(rng.integers(0, 20 * DAY, count))
    return [(int(start), int(start + rng.integers(1, longest))) for start in starts]


def separate(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Those that do not touch the one before."""
    found: list[tuple[int, int]] = []
    for span in spans:
        if not found or span[0] > found[-1][1]:
            found.append(span)
    return found


def searched(
    tca: int, lead: int, uplink: int, last_burn: int, light: int, open_: np.ndarray, working: np.ndarray
) -> int | None:
    """The last minute from which the work and then the uplink can be done in time, counted minute by minute.

    ``open_`` and ``working`` say of each minute whether a command can be sent in it and whether work goes on in it.
    """
    worked = np.concatenate([[0], np.cumsum(working)])
    sent = np.concatenate([[0], np.cumsum(open_)])
    starts = np.arange(tca - last_burn - light - uplink + 1)
    possible = starts[sent[starts + uplink] - sent[starts] == uplink]
    if not len(possible):
        return None
    last_start = int(possible[-1])
    decides = np.arange(last_start + 1)
    ready = decides[worked[last_start] - worked[decides] >= lead - uplink]
    return int(ready[-1]) if len(ready) else None


@pytest.mark.parametrize("hundred", range(10))
def test_the_last_decision_is_the_one_that_a_search_finds(hundred: int) -> None:
    """For a thousand random approaches, contacts, closures and hours no later minute ends in a useful burn."""
    for case in range(100 * hundred, 100 * hundred + 100):
        compare(case)


def compare(case: int) -> None:
    """One random approach."""
    rng = np.random.default_rng(case)
    tca = int(rng.integers(12 * DAY, 18 * DAY))
    uplink = int(rng.integers(1, 90))
    lead, last_burn, light = uplink + int(rng.integers(0, 2 * DAY)), int(rng.integers(0, 300)), int(rng.integers(0, 25))
    passes = separate(minutes(rng, 40, 600)) if case % 3 else None
    closures = minutes(rng, int(rng.integers(0, 4)), 4 * DAY)
    working = separate(minutes(rng, 60, 700)) if case % 2 else None
    open_ = np.ones(30 * DAY, dtype=bool)
    if passes is not None:
        open_[:] = False
        for start, stop in passes:
            open_[start:stop] = True
    for start, stop in closures:
        open_[start:stop] = False
    hours = np.ones(30 * DAY, dtype=bool)
    if working is not None:
        hours[:] = False
        for start, stop in working:
            hours[start:stop] = True
    found = last_decision(
        tca * MINUTE_S,
        Commanding(
            lead_time_s=lead * MINUTE_S,
            uplink_s=uplink * MINUTE_S,
            last_burn_s=last_burn * MINUTE_S,
            closures=tuple(
                Closure(start_s=start * MINUTE_S, stop_s=stop * MINUTE_S, limit=Limit.NO_COMMANDS)
                for start, stop in closures
            ),
            passes_s=None if passes is None else tuple((a * MINUTE_S, b * MINUTE_S) for a, b in passes),
            working_s=None if working is None else tuple((a * MINUTE_S, b * MINUTE_S) for a, b in working),
        ),
        half_revolution_s=0.0,
        light_time_s=light * MINUTE_S,
    )
    expected = searched(tca, lead, uplink, last_burn, light, open_, hours)

    if expected is None:
        assert found is None or found.decide_s < 0.0  # before the time that the search looks through
    else:
        assert found is not None
        assert found.decide_s == expected * MINUTE_S
        assert found.burn_s == (tca - last_burn) * MINUTE_S


def test_without_any_limit_the_deadline_is_the_lead_time_before_the_last_burn() -> None:
    """Half a revolution before the approach, less the light time, less the lead time."""
    found = last_decision(1e6, Commanding(lead_time_s=86_400.0), half_revolution_s=3600.0, light_time_s=1200.0)

    assert found is not None
    assert found.decide_s == 1e6 - 3600.0 - 1200.0 - 86_400.0
    assert (found.limit, found.closed_until_s) == (Limit.BURN, None)


def test_a_conjunction_before_the_burn_is_named_with_its_end() -> None:
    """Where the link closes before the last burn, the decision is due a lead time before that, and it is said why."""
    closed = Closure(start_s=5e5, stop_s=2e6, limit=Limit.CONJUNCTION)
    found = last_decision(
        1e6, Commanding(lead_time_s=86_400.0, closures=(closed,)), half_revolution_s=3600.0, light_time_s=1200.0
    )

    assert found is not None
    assert found.decide_s == 5e5 - 86_400.0
    assert (found.limit, found.uplink_s, found.closed_until_s) == (Limit.CONJUNCTION, 5e5, 2e6)


def test_no_contact_before_the_burn_gives_no_deadline() -> None:
    """Contacts that all come after the last useful burn leave nothing to decide."""
    late = Commanding(lead_time_s=60.0, passes_s=((2e6, 3e6),))

    assert last_decision(1e6, late, half_revolution_s=0.0, light_time_s=0.0) is None


def test_the_next_contact_is_named_where_one_ends_before_the_burn() -> None:
    """Between two contacts the last uplink is due at the end of the first; the link opens again with the very next."""
    passes = ((0.0, 100.0), (500.0, 600.0), (900.0, 1000.0))
    found = last_decision(
        400.0, Commanding(lead_time_s=60.0, last_burn_s=0.0, passes_s=passes), half_revolution_s=9.0, light_time_s=0.0
    )

    assert found is not None
    assert (found.decide_s, found.uplink_s, found.burn_s) == (40.0, 100.0, 400.0)
    assert (found.limit, found.closed_until_s, found.note) == (Limit.CONTACT, 500.0, None)


def test_after_the_last_known_contact_no_opening_is_known() -> None:
    """Where no contact is known to follow, nothing is said of when the link opens again."""
    last = Commanding(lead_time_s=60.0, last_burn_s=0.0, passes_s=((0.0, 100.0),))
    found = last_decision(400.0, last, half_revolution_s=0.0, light_time_s=0.0)

    assert found is not None
    assert (found.limit, found.closed_until_s) == (Limit.CONTACT, None)


@pytest.mark.parametrize("closed", [(100.0, 300.0), (50.0, 200.0), (100.0, 200.0)])
def test_a_contact_that_is_closed_from_end_to_end_is_none(closed: tuple[float, float]) -> None:
    """Not even an uplink of no length fits into a contact of which nothing is left."""
    shut = Closure(start_s=closed[0], stop_s=closed[1], limit=Limit.NO_COMMANDS)
    only = Commanding(lead_time_s=60.0, last_burn_s=0.0, closures=(shut,), passes_s=((100.0, 200.0),))

    assert last_decision(400.0, only, half_revolution_s=0.0, light_time_s=0.0) is None


def test_without_a_declared_length_the_uplink_takes_no_time() -> None:
    """Any contact is long enough then, and the work before it ends with it and not later."""
    short = Commanding(lead_time_s=50.0, last_burn_s=0.0, passes_s=((100.0, 100.5),), working_s=((0.0, 101.0),))
    found = last_decision(400.0, short, half_revolution_s=0.0, light_time_s=0.0)

    assert found is not None
    assert (found.decide_s, found.uplink_s) == (50.5, 100.5)


def test_work_that_fills_its_hours_begins_with_them() -> None:
    """A hundred seconds of work in hours of a hundred seconds need none of the day before."""
    hours = Commanding(lead_time_s=100.0, last_burn_s=0.0, working_s=((0.0, 50.0), (100.0, 200.0)))
    found = last_decision(200.0, hours, half_revolution_s=0.0, light_time_s=0.0)

    assert found is not None
    assert found.decide_s == 100.0
