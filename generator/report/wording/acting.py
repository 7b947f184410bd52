"""English for who acts on an event, and for what does not fit in what the parties said."""

from __future__ import annotations

from typing import Final

from nearpass.record.coordination import Answer, Coordination, Flag, Mover
from nearpass.report.wording import listing, moment_to_minute

_ANSWERS: Final[dict[Answer, str]] = {
    "stand-by": "stands by", "decline": "does not move", "acknowledgement": "has seen the request",
}  # fmt: skip


def clauses(state: Coordination) -> tuple[str, ...]:
    """What each party does, one clause each: ``NASA will move MRO, burn Fri 19 March 2021 12:00 UTC``."""
    found = [_mover(mover) for mover in state.movers]
    found += [f"{party} {_ANSWERS[answer]}" for party, answer in state.answers]
    if state.asked:
        found.append(f"{listing(state.asked)} {'was' if len(state.asked) == 1 else 'were'} asked, no answer yet")
    if state.closed_by is not None:
        found.append(f"closed by {state.closed_by}")
    return tuple(found)


def _mover(mover: Mover) -> str:
    what = f" {mover.object_id}" if mover.object_id else ""
    if mover.flown:
        return f"{mover.party} has moved{what}" + (f", burn {moment_to_minute(mover.burn)}" if mover.burn else "")
    when = f"burn {moment_to_minute(mover.burn)}" if mover.burn else "time of the burn not told"
    return f"{mover.party} will move{what}, {when}"


def warnings(state: Coordination) -> tuple[str, ...]:
    """What does not fit, one sentence each."""
    return tuple(_warning(flag, state) for flag in state.flags)


def _warning(flag: Flag, state: Coordination) -> str:
    if flag == "two claims":
        return f"{len(state.movers)} parties say that they will move: {listing([one.party for one in state.movers])}."
    if flag == "unclaimed":
        return "Who will move is not known here."  # true also where an edition may not hold the claim
    return "A burn does not lie before the approach."


def who_acts(state: Coordination) -> str:
    """The state as one sentence, empty where nothing was said."""
    found = clauses(state)
    return f"{'; '.join(found)}." if found else ""


def all_said(state: Coordination) -> str:
    """The sentence and the warnings, for a feed or a calendar."""
    return " ".join(part for part in (who_acts(state), *warnings(state)) if part)
