"""Who may see a field: the rule for its release, which stands on the field itself.

Each field of a stored record is annotated with one of :class:`Release`, the most with :data:`Open`. A field without one
is withheld from every reader but the publisher, and a test fails. What each rule does is in
:mod:`nearpass.release.rules`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, TypeVar

T = TypeVar("T")


class Release(StrEnum):
    """What becomes of a field in an edition that shows the object, pair or event that it belongs to.

    ``OPEN``: it stays as it is; records in it follow their own rules. ``SIGMA`` and ``SIGMAS``: it is shown only where
    the covariances of all objects concerned may be seen, else None or nothing. ``WHOLE``: only where the edition
    withholds nothing of the cycle. The others are rules for the one field that each is named after.
    """

    OPEN = "open"
    SIGMA = "sigma"
    SIGMAS = "sigmas"
    WHOLE = "whole"
    FIGURES = "figures"
    UNCERTAINTIES = "uncertainties"
    PC_REASONS = "pc_reasons"
    CHANGE_REASON = "change_reason"
    HISTORY = "history"
    EARLIER_CYCLE = "earlier_cycle"
    COMMAND = "command"
    CONTACTS = "contacts"
    WITHHELD = "withheld"
    FINDINGS = "findings"
    OBJECTS = "objects"
    DELIVERIES = "deliveries"
    FULL_PAIRS = "full_pairs"
    SOLUTIONS = "solutions"
    SWEEP = "sweep"
    CHANGES = "changes"
    NOTES = "notes"
    LOSSES = "losses"
    DESK = "desk"
    MESSAGES = "messages"
    THEIR_APPROACHES = "their_approaches"
    LATENESS = "lateness"
    EXCHANGES = "exchanges"
    HANDED = "handed"
    RECEIVED = "received"
    EXCHANGE_NOTES = "exchange_notes"
    RULES = "rules"
    SHIFT = "shift"


Open = Annotated[T, Release.OPEN]
Sigma = Annotated[T, Release.SIGMA]
Sigmas = Annotated[T, Release.SIGMAS]
