"""What an edition that must not know of an exchange may still know of the files that came through it."""

from dataclasses import replace

from edition_records import CLEAR, edition, marked_record
from exchange_records import STRICT, exchange, handed, received
from nearpass.publish.readers import Readers
from nearpass.publish.withheld import For, Words, facts


def test_a_delivery_that_all_may_have_is_no_secret_of_the_exchange_it_came_through() -> None:
    """Its name, which the register tells, is not searched for; that of a file under a marking, and the title, are."""
    dossier = exchange(
        title="between two others",
        parties=("NASA", "OTHERS"),
        received=(received(CLEAR, file="open.oem"), received(STRICT, file="closed.oem")),
    )
    record = replace(marked_record({}), exchanges=(dossier,))
    words = Words(said=str, acts=lambda _: ())
    held = {fact.value: fact.held for fact in facts(record, Readers(record, edition()), words, frozenset())}

    assert held["open.oem"] is For.IN_PART
    assert held["closed.oem"] is For.WITHHELD
    assert held["between two others"] is For.WITHHELD


def test_the_hash_of_an_edition_is_no_secret_to_its_own_readers() -> None:
    """Its register gives it, whatever exchange it was released in; that of another edition is searched for."""
    dossier = exchange(
        parties=("NASA", "OTHERS"),
        handed=(handed(("NASA",), edition="public"), handed(("OTHERS",), edition="other", sha256="34" * 32)),
    )
    record = replace(marked_record({}), exchanges=(dossier,))
    words = Words(said=str, acts=lambda _: ())
    held = {fact.value: fact.held for fact in facts(record, Readers(record, edition()), words, frozenset())}

    assert held["12" * 32] is For.IN_PART
    assert held["34" * 32] is For.WITHHELD
