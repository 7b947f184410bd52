"""Parts of a cycle that are made at once by several processes."""

from functools import partial

from nearpass.cycle.net import FEW, Net, Part
from nearpass.errors import InputError
from nearpass.screening.workers import Processes

BAD = FEW // 2


def made(number: int) -> int:
    """The number again; one of them cannot be made."""
    if number == BAD:
        raise InputError("a part must be a good one", value=number)
    return number


def test_what_fails_in_a_worker_is_lost_alone() -> None:
    """Of many parts on two processes the others come back in their order, and what failed is written down as alone."""
    parts = [(Part(stage="crossings", object_ids=(f"{n}",)), partial(made, n)) for n in range(2 * FEW)]
    alone, spread = Net(), Net(Processes(2))
    expected = [n for n in range(2 * FEW) if n != BAD]

    assert alone.each(parts) == expected
    assert spread.spread(parts) == expected
    assert spread.lost == alone.lost
    assert [loss.object_ids for loss in spread.lost] == [(f"{BAD}",)]
