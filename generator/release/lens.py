"""Through what a record is seen when an edition is made of it, and what a rule for one of its fields is."""

from __future__ import annotations

import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cache
from typing import Any

from nearpass.errors import PublicationError
from nearpass.record import record as records
from nearpass.record.marking import REACH, Edition, Show
from nearpass.release.names import Names
from nearpass.release.told import Telling


@dataclass(frozen=True, slots=True, kw_only=True)
class Lens:
    """Through what a part of a record is seen: how much of it, whether its covariances, and the part itself.

    ``whole`` says that the edition withholds nothing of the cycle; ``undelivered`` are objects of whose deliveries it
    withholds one; ``telling`` is how it tells of the rest, and ``reports``
    collects fields without a rule.
    """

    edition: Edition
    names: Names
    show: Show
    sigma: bool
    whole: bool
    covariances: frozenset[str]
    undelivered: frozenset[str]
    telling: Telling
    rules: Rules
    reports: list[str]
    item: Any = None

    def on(self, *object_ids: str) -> Lens:
        """A lens for what is derived from several objects: as restricted as the most restricted of them."""
        show = max((self.names.show(object_id) for object_id in object_ids), key=REACH.__getitem__)
        return replace(self, show=show, sigma=self.covariances.issuperset(object_ids))

    def of(self, value: Any) -> Any:
        """A value with every record in it reduced by its rules."""
        if is_dataclass(value) and is_record(type(value)):
            return self._reduced(value)
        return tuple(self.of(entry) for entry in value) if isinstance(value, tuple) else value

    def _reduced(self, item: Any) -> Any:
        kind = type(item)
        table = self.rules.get(kind, {})
        lens = replace(self, item=item)
        values = {}
        for field in fields(item):
            rule = table.get(field.name)
            if rule is None:
                self.reports.append(f"{kind.__name__}.{field.name} has no rule: it is withheld")
                values[field.name] = absent(kind, field.name)
            else:
                values[field.name] = rule(getattr(item, field.name), lens)
        return kind(**values)


Reduce = Callable[[Any, Lens], Any]


Rules = Mapping[type, Mapping[str, Reduce]]
"""What becomes of each field of what an edition shows in full, by record class and field."""


def is_record(kind: type) -> bool:
    """Whether the fields of a class have rules of their own; others are shown whole or not at all."""
    return kind.__module__.startswith(records.__name__.rsplit(".", 1)[0])


class UnruledFieldError(PublicationError):
    """A field without a rule whose type has no way to be absent: what holds it cannot be shown."""


@cache
def absent_of(kind: type) -> Mapping[str, object]:
    """For each field of a record class that can be absent, what it is then: None, or an empty tuple."""
    found: dict[str, object] = {}
    for name, hint in typing.get_type_hints(kind).items():
        if type(None) in typing.get_args(hint):
            found[name] = None
        elif typing.get_origin(hint) is tuple and typing.get_args(hint)[-1] is Ellipsis:
            found[name] = ()
    return found


def absent(kind: type, name: str) -> object:
    """The value that stands for a withheld one in a field of this type: None, an empty tuple or the like.

    Raises:
        UnruledFieldError: if its type knows no absence.
    """
    try:
        return absent_of(kind)[name]
    except KeyError:
        rule = "each field of a record needs a rule (nearpass.record.releasing), and this one cannot be absent"
        raise UnruledFieldError(rule, value=f"{kind.__name__}.{name}") from None
