"""The dossier of an exchange, ``exchanges/NAME.toml``: between whom, on what ground, certified how, what came of it.

::

    title = "Safety of flight at Mars, spring 2021"
    parties = ["NASA", "CNSA"]
    purpose = "assess the risk of collision of orbiters at Mars"
    agenda = ["the ephemerides that are exchanged, and their accuracy", "whom to call"]
    channel = "a folder on a server of the project, then telephone"
    first_release = 2021-03-05
    opened = 2021-03-05

    [ground]
    law = "Public Law 116-260, division B, section 526"
    agreement = "exchange of letters of 29 January 2021"

    [certification]
    days_before = 30
    filed = 2021-02-01
    reference = "letter 2021-017"
    submitted_to = "the Committees on Appropriations"
    sha256 = "..."                       # of what nearpass certify --before printed

    [[participant]]
    name = "A. Navigator"
    party = "NASA"
    role = "navigation"

    [[decision]]
    on = 2021-03-18T15:00:00Z
    by = "both parties"
    decided = "MRO moves on 19 March"
"""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator, Field, model_validator

from nearpass.config.editions import PartyName
from nearpass.config.fields import RESERVED, Instant, Table
from nearpass.config.reading import parse_table
from nearpass.errors import ConfigError

Words = Annotated[str, Field(min_length=1, pattern=r"\S")]


def _plain_path(path: str) -> str:
    part = r"[A-Za-z0-9][A-Za-z0-9._-]*"
    if not re.fullmatch(rf"{part}(/{part})*", path):
        raise ValueError("statement must be a path below exchanges/, of letters, digits, dots and hyphens")
    return path


class Ground(Table):
    """What allows the exchange; at least one of both."""

    law: Words | None = None
    agreement: Words | None = None

    @model_validator(mode="after")
    def _one(self) -> Ground:
        if self.law is None and self.agreement is None:
            raise ValueError("a ground needs a law or an agreement")
        return self


class Certification(Table):
    """What must be certified before the first release, and what was filed.

    ``statement`` is the file, below ``exchanges/``, that has the SHA-256 ``sha256``: what ``certify --before`` printed.
    """

    days_before: Annotated[float, Field(ge=0, le=3660, allow_inf_nan=False)] = 30.0
    filed: Instant | None = None
    reference: Words | None = None
    submitted_to: Words | None = None
    statement: Annotated[str, AfterValidator(_plain_path)] | None = None
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None

    @model_validator(mode="after")
    def _hashed(self) -> Certification:
        if self.statement is not None and self.sha256 is None:
            raise ValueError("a statement needs its sha256")
        return self


class Participant(Table):
    """A person who takes part: name, party and role."""

    name: Annotated[str, Field(min_length=3, pattern=r"\S")]
    party: PartyName
    role: Words


class Decision(Table):
    """A decision: when, by whom, and what."""

    on: Instant
    by: Words
    decided: Words


class Dossier(Table):
    """One exchange. ``release`` names further parties who may know of it, ``marking`` the label of its pages."""

    title: Words
    parties: tuple[PartyName, ...] = Field(min_length=2)
    purpose: Words | None = None
    agenda: tuple[Words, ...] = ()
    channel: Words | None = None
    first_release: Instant | None = None
    opened: Instant | None = None
    closed: Instant | None = None
    outcome: Words | None = None
    marking: Words = "TLP:AMBER+STRICT"
    release: tuple[PartyName, ...] = ()
    ground: Ground | None = None
    certification: Certification | None = None
    participants: tuple[Participant, ...] = Field(default=(), alias="participant")
    decisions: tuple[Decision, ...] = Field(default=(), alias="decision")

    @model_validator(mode="after")
    def _ordered(self) -> Dossier:
        if self.closed is not None and (self.opened is None or self.closed < self.opened):
            raise ValueError("closed must not lie before opened")
        if self.outcome is not None and self.closed is None:
            raise ValueError("an outcome needs closed, the day on which it was stated")
        return self


_MODEL_AT: Final[dict[str, type[Table]]] = {
    "": Dossier,
    "ground": Ground,
    "certification": Certification,
    "participant": Participant,
    "decision": Decision,
}
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


def parse_dossier(text: str, name: str, file: str) -> Dossier:
    """Read a dossier.

    Raises:
        ConfigError: with every fault and its line, or where its name cannot name a page.
    """
    if _NAME.fullmatch(name) is None or name in RESERVED or name == "index":
        rule = "the name of an exchange must be 1 to 32 small letters, digits or hyphens: it names a page"
        raise ConfigError(rule, value=name, file=file)
    return parse_table(Dossier, text, file, _MODEL_AT)
