"""The table of parties: names, members of members, and what it must not say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearpass.record.parties import Party, PartyTableError, parties_of

NAMES = st.sampled_from(["A", "B", "C", "D", "E"])


def test_members_of_members_belong_to_a_party() -> None:
    """By any name, in any case, and through a member that has its own members; a whole is not part of its part."""
    known = parties_of(
        [
            Party(id="NASA", includes=("jpl", "NASA/LASP")),
            Party(id="NASA/JPL", aliases=("JPL",), includes=("Navigation  desk",)),
        ]
    )

    assert known.belongs("navigation desk", ["nasa"])
    assert known.belongs("NASA/JPL", ["Jpl"])
    assert not known.belongs("NASA", ["JPL"])
    assert known.members("NASA") == {"nasa", "nasa/jpl", "nasa/lasp", "navigation desk"}
    assert known.belongs("somebody", [" SOMEBODY"])


@pytest.mark.parametrize(
    ("table", "party", "key"),
    [
        ([Party(id="A", includes=("a",))], 0, "includes"),
        ([Party(id="A", includes=("B",)), Party(id="B", includes=("C",)), Party(id="C", includes=("A",))],
         0, "includes"),
        ([Party(id="A", includes=("B",)), Party(id="B", aliases=("X",), includes=("C",)),
          Party(id="C", includes=("x",))], 1, "includes"),
        ([Party(id="A"), Party(id=" a ")], 1, "id"),
        ([Party(id="A", aliases=("X",)), Party(id="B", aliases=("x",))], 1, "aliases"),
        ([Party(id="A"), Party(id="B", aliases=("A",))], 1, "aliases"),
        ([Party(id="A", aliases=("B",)), Party(id="B")], 1, "id"),
    ],
)  # fmt: skip
def test_a_table_that_cannot_hold_is_refused(table: list[Party], party: int, key: str) -> None:
    """A circle of members, also through an alias, and a name of two parties are refused with the party and its key."""
    with pytest.raises(PartyTableError) as caught:
        parties_of(table)

    assert (caught.value.party, caught.value.key) == (party, key)


@given(st.lists(st.tuples(NAMES, st.lists(NAMES, max_size=3)), max_size=5, unique_by=lambda row: row[0]))
def test_belonging_is_what_can_be_walked_to(rows: list[tuple[str, list[str]]]) -> None:
    """A party belongs to another exactly if arrows lead there, and a table with a circle is refused."""
    arrows = {name: set(below) for name, below in rows}

    def reachable(start: str) -> set[str]:
        found, waiting = set(), [start]
        while waiting:
            for other in arrows.get(waiting.pop(), ()):
                if other not in found:
                    found.add(other)
                    waiting.append(other)
        return found

    table = [Party(id=name, includes=tuple(below)) for name, below in rows]
    if any(name in reachable(name) for name in arrows):
        with pytest.raises(PartyTableError):
            parties_of(table)
        return
    known = parties_of(table)
    for one in "ABCDE":
        assert {other for other in "ABCDE" if known.belongs(other, [one])} == {one} | reachable(one)
