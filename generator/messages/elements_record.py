"""One set of mean elements: the rules that it obeys whatever its notation, and the propagator made of it.

Keywords are those of the Orbit Mean-Elements Message (CCSDS 502.0-B-3, table 4-3); a two-line set is turned into them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from sgp4 import omm
from sgp4.api import Satrec

from nearpass.astro.epochs import Epoch
from nearpass.errors import InputError, TimeError

MOST_NAME_CHARACTERS: Final = 100
_SGP4_TYPES: Final = (0, 2, 3)  # Hoots and Roehrich (1980) number SGP4 2 and SDP4 3; catalogues print 0
_SECRET: Final = frozenset({"S", "SECRET"})
_UNCLASSIFIED: Final = frozenset({"U", "UNCLASSIFIED"})
_MOST_COUNT: Final = 2**31 - 1  # what sgp4 keeps in a C long on every platform
_NOT_USED: Final[Mapping[str, str]] = MappingProxyType({"mean_motion_dot": "SGP", "mean_motion_ddot": "SGP"})
_LARGEST_ALPHA5: Final = 339_999  # what sgp4 can hold; it does not use the number


def _theory(name: str) -> str:
    if name.upper() not in {"SGP4", "SGP/SGP4"}:
        raise ValueError("must be SGP4: elements are good with the theory that they were fitted with only")
    return name


def _sgp4_type(number: int) -> int:
    if number not in _SGP4_TYPES:
        raise ValueError("must be 0, for SGP4; type 4 is SGP4-XP, whose elements SGP4 misreads")
    return number


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("must hold printable characters only")
    return text


def _upper(value: object) -> object:
    return value.strip().upper() if isinstance(value, str) else value


_Text = Annotated[str, Field(max_length=MOST_NAME_CHARACTERS), AfterValidator(_printable)]
_Count = Annotated[int, Field(ge=0, le=_MOST_COUNT)]
_Degrees = Annotated[float, Field(ge=-360.0, le=360.0)]


class MeanElements(BaseModel):
    """The keywords of an OMM that SGP4 needs, each within its range; angles in degrees, rates in revolutions and days.

    The catalogues' JSON and CSV leave out what is always the same; those keywords default to what they then mean. The
    derivatives of the mean motion are asked for with SGP and PPT3 alone (502.0-B-3, table 4-3): SGP4 does not use them.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=str.upper, allow_inf_nan=False)

    object_name: _Text | None = None
    object_id: _Text | None = None
    center_name: Annotated[Literal["EARTH"], BeforeValidator(_upper)] = "EARTH"
    ref_frame: Annotated[Literal["TEME"], BeforeValidator(_upper)] = "TEME"
    time_system: Annotated[Literal["UTC"], BeforeValidator(_upper)] = "UTC"
    mean_element_theory: Annotated[str, AfterValidator(_theory)] = "SGP4"
    creation_date: str | None = None
    originator: _Text | None = None
    classification: _Text | None = None
    epoch: str
    mean_motion: Annotated[float, Field(gt=0.0, lt=20.0)]
    eccentricity: Annotated[float, Field(ge=0.0, lt=1.0)]
    inclination: Annotated[float, Field(ge=0.0, le=180.0)]
    ra_of_asc_node: _Degrees
    arg_of_pericenter: _Degrees
    mean_anomaly: _Degrees
    ephemeris_type: Annotated[int, AfterValidator(_sgp4_type)] = 0
    classification_type: _Text = "U"
    norad_cat_id: Annotated[int, Field(ge=1, le=999_999_999)]
    element_set_no: _Count = 0
    rev_at_epoch: _Count = 0
    bstar: float
    mean_motion_dot: float = 0.0
    mean_motion_ddot: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ElementSet:
    """Mean elements of one object, ready to be propagated.

    ``epoch`` is that of the elements; ``creation``, ``originator`` and ``classification`` are None where the file does
    not say them, the last also where it says unclassified. ``line`` is the one at which the set begins; ``notes`` names
    what is unusual about the set without harm.
    """

    number: int
    name: str | None
    designator: str | None
    epoch: Epoch
    creation: Epoch | None
    originator: str | None
    classification: str | None
    satrec: Satrec
    line: int
    notes: tuple[str, ...] = ()

    @property
    def made(self) -> Epoch:
        """When the set was made: its creation, or its epoch where the file does not say."""
        return self.creation or self.epoch


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementFault:
    """Why a set is not used; ``number`` is None where not even the catalogue number can be read."""

    number: int | None
    error: InputError


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ElementFile:
    """The sets of a file and the faults of the others, each in the file's order."""

    notation: str
    sets: tuple[ElementSet, ...]
    faults: tuple[ElementFault, ...]


def set_from_keywords(
    keywords: Mapping[str, object],
    line: int,
    *,
    required: Sequence[str] = (),
    line_of: Callable[[str], int | None] | None = None,
) -> ElementSet | ElementFault:
    """The set that the keywords of an OMM describe, or what is wrong with it.

    Args:
        keywords: What the file says, by keyword.
        line: Where the set begins.
        required: Keywords that this notation must not leave to their default.
        line_of: The line of a keyword, for the error; None where the notation tells no more than the set's own.
    """
    present = {key: value for key, value in keywords.items() if value not in (None, "")}
    try:
        if missing := next((key for key in required if key not in present), None):
            raise InputError(f"{missing} must be given")
        elements = checked(present, line_of)
        epoch = _epoch("EPOCH", elements.epoch, line_of)
        return element_set(elements, epoch, _propagator(elements, epoch), line, line_of)
    except InputError as error:
        fault = InputError(error.rule, value=error.value, line=error.line or line)
        return ElementFault(number=_number_of(present), error=fault)


def checked(keywords: Mapping[str, object], line_of: Callable[[str], int | None] | None = None) -> MeanElements:
    """The keywords as numbers, each within its range.

    Raises:
        InputError: for the first that is missing or breaks its rule, with its line where ``line_of`` tells it.

    """
    try:
        return MeanElements.model_validate(keywords)
    except ValidationError as error:
        fault = error.errors()[0]
        found = _first_fault(fault)
        line = line_of(str(fault["loc"][0])) if line_of is not None else None
        raise InputError(found.rule, value=found.value, line=line) from None


def element_set(
    elements: MeanElements,
    epoch: Epoch,
    satrec: Satrec,
    line: int,
    line_of: Callable[[str], int | None] | None = None,
) -> ElementSet:
    """A set from its checked keywords and the propagator made of them.

    Raises:
        InputError: for a CREATION_DATE that is none.
    """
    creation = elements.creation_date
    secret = "SECRET" if elements.classification_type.strip().upper() in _SECRET else None
    return ElementSet(
        number=elements.norad_cat_id,
        name=elements.object_name,
        designator=elements.object_id,
        epoch=epoch,
        creation=_epoch("CREATION_DATE", creation, line_of) if creation else None,
        originator=elements.originator,
        classification=elements.classification or secret,
        satrec=satrec,
        line=line,
        notes=tuple(_notes(elements)),
    )


def _notes(elements: MeanElements) -> Iterator[str]:
    """What is unusual about the elements without harm.

    The letter of a two-line set is a code of whoever made it: CelesTrak prints C in its public supplemental sets. Only
    S has one meaning everywhere.
    """
    letter = elements.classification_type.strip().upper()
    if letter not in _SECRET | _UNCLASSIFIED:
        yield f"CLASSIFICATION_TYPE {letter} is a code of the originator; no confidentiality follows from it"
    for name, theory in _NOT_USED.items():
        if name not in elements.model_fields_set:
            yield f"{name.upper()} is not given and counts as 0: the standard asks for it with {theory} alone"


def _epoch(key: str, text: str, line_of: Callable[[str], int | None] | None) -> Epoch:
    try:
        return Epoch.parse(text)
    except TimeError as error:
        line = line_of(key) if line_of is not None else None
        raise InputError(f"{key}: {error.rule}", value=error.value, line=line) from None


def _propagator(elements: MeanElements, epoch: Epoch) -> Satrec:
    satrec = Satrec()
    fields = elements.model_dump(by_alias=True)
    fields["EPOCH"] = epoch.iso(digits=6)
    fields["OBJECT_ID"], fields["CLASSIFICATION_TYPE"] = "", "U"  # sgp4 keeps few characters, and uses none of them
    if elements.norad_cat_id > _LARGEST_ALPHA5:
        fields["NORAD_CAT_ID"] = 0
    try:
        omm.initialize(satrec, fields)
    except ValueError as error:
        raise InputError(f"sgp4 must accept the elements: {error}") from None
    return satrec


def _first_fault(fault: Mapping[str, Any]) -> InputError:
    key = str(fault["loc"][0])
    if fault["type"] == "missing":
        return InputError(f"{key} must be given")
    words = str(fault["msg"]).removeprefix("Value error, ").replace("Input should be", "must be")
    value = fault["input"]
    return InputError(f"{key} {words[:1].lower()}{words[1:]}", value=value if isinstance(value, str) else repr(value))


def _number_of(keywords: Mapping[str, object]) -> int | None:
    text = str(keywords.get("NORAD_CAT_ID", "")).strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
