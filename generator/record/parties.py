"""Who is meant by the name of a party: its other names, and who belongs to it.

One table holds for originators, operators, editions, release lists and notes. Names are compared without regard to
case and blanks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final


def plain_name(name: str) -> str:
    """A party's name as it is compared."""
    return " ".join(name.split()).casefold()


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A party by its ``id``: ``aliases`` are other names of it, ``includes`` the parties that belong to it."""

    id: str
    aliases: tuple[str, ...] = ()
    includes: tuple[str, ...] = ()


class PartyTableError(ValueError):
    """A party table that cannot hold, with the party at fault and the key of it."""

    def __init__(self, rule: str, party: int, key: str) -> None:
        super().__init__(rule)
        self.party = party
        self.key = key


@dataclass(frozen=True, slots=True)
class Parties:
    """The table: by plain name the party that it names, and for each of these all that belong to it, itself too."""

    named: Mapping[str, str] = field(default_factory=dict)
    reach: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def same(self, name: str) -> str:
        """One name for all names of a party."""
        plain = plain_name(name)
        return self.named.get(plain, plain)

    def members(self, name: str) -> frozenset[str]:
        """A party and all that belong to it, each by its one name."""
        own = self.same(name)
        return self.reach.get(own, frozenset({own}))

    def belongs(self, name: str, parties: Iterable[str]) -> bool:
        """Whether a party is one of these or belongs to one of them; a whole does not belong to its part."""
        own = self.same(name)
        return any(own in self.members(other) for other in parties)


NO_TABLE: Final = Parties()
"""Every name means one party, and none belongs to another."""


def parties_of(table: Sequence[Party]) -> Parties:
    """The table of parties.

    Raises:
        PartyTableError: where a name means two parties, or a party belongs to itself.
    """
    named: dict[str, str] = {}
    for place, party in enumerate(table):
        for key, name in (("id", party.id), *(("aliases", alias) for alias in party.aliases)):
            if named.setdefault(plain_name(name), plain_name(party.id)) != plain_name(party.id) or (
                key == "id" and any(plain_name(other.id) == plain_name(name) for other in table[:place])
            ):
                raise PartyTableError(f"a name must mean one party: {name}", place, key)
    direct = {
        plain_name(party.id): [named.get(plain_name(name), plain_name(name)) for name in party.includes]
        for party in table
    }
    for place, party in enumerate(table):
        if plain_name(party.id) in _below(plain_name(party.id), direct):
            raise PartyTableError("a party must not belong to itself", place, "includes")
    return Parties(named, {own: frozenset({own, *_below(own, direct)}) for own in direct})


def _below(own: str, direct: Mapping[str, Sequence[str]]) -> set[str]:
    """All that belong to a party; itself only where the table goes round in a circle."""
    found: set[str] = set()
    waiting = list(direct[own])
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += direct.get(name, ())
    return found
