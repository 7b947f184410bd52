"""Writing Conjunction Data Messages: keyword-value notation (CCSDS 508.0-B-1, section 3) and XML (section 4, 505.0-B).

JSON, for which there is no standard, has the form of Space-Track (:mod:`nearpass.messages.cdm_json`).
Keywords stand in the order that the standard fixes, numbers have at most the 16 digits that it allows (6.3.2), times
are UTC without a zone letter. Equal messages give equal bytes. :func:`check_written` reads a text back and compares.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from itertools import groupby
from types import MappingProxyType
from typing import Any, Final, TypeVar
from xml.etree import ElementTree as ET  # writing only: nothing is parsed here

from nearpass.astro.epochs import Epoch
from nearpass.errors import InputError, PublicationError
from nearpass.messages.cdm import (
    FIELDS,
    POSITION,
    RELATIVE_POSITION,
    RELATIVE_VELOCITY,
    VELOCITY,
    VERSION,
    Block,
    Cdm,
    CdmObject,
    Value,
    covariance_keywords,
)
from nearpass.messages.cdm_read import parse_cdm
from nearpass.messages.cdm_syntax import DATA, DATA_BLOCKS

SCHEMA_LOCATION: Final = "https://sanaregistry.org/r/ndmxml_unqualified/ndmxml-2.0.0-master-2.0.xsd"
"""Where the schema set of unqualified messages is registered (508.0-B-1, 4.3.3.4)."""

_INSTANCE: Final = "http://www.w3.org/2001/XMLSchema-instance"
_KEYWORD_WIDTH: Final = 28
_MOST_DIGITS: Final = 16
_LEAST_DECIMALS: Final = 3

_JSON_COMMENTS: Final[Mapping[str, str]] = MappingProxyType(
    {Block.RELATIVE: "RELATIVE_COMMENT", Block.METADATA: "METADATA_COMMENT"}
)

_Record = TypeVar("_Record")


def write_cdm_kvn(cdm: Cdm) -> str:
    """The message in keyword-value notation, lines ending in a line feed."""
    lines = [f"{'CCSDS_CDM_VERS':<{_KEYWORD_WIDTH}} = {VERSION}"]
    for _, comments, values in _blocks(cdm):
        lines += [f"COMMENT {comment}" for comment in comments]
        for keyword, value in values:
            unit = FIELDS[keyword].unit
            lines.append(f"{keyword:<{_KEYWORD_WIDTH}} = {_text(value)}" + (f" [{unit}]" if unit else ""))
    return "\n".join(lines) + "\n"


def write_cdm_xml(cdm: Cdm) -> str:
    """The message in XML, elements not qualified by a namespace."""
    root = ET.Element("cdm", {f"{{{_INSTANCE}}}noNamespaceSchemaLocation": SCHEMA_LOCATION})
    root.attrib |= {"id": "CCSDS_CDM_VERS", "version": VERSION}
    body = ET.Element("body")
    segment = data = body
    for block, comments, values in _blocks(cdm):
        if block == Block.HEADER:
            parent = ET.SubElement(root, block)
            root.append(body)
        elif block == Block.RELATIVE:
            parent = ET.SubElement(body, block)
        elif block == Block.METADATA:
            segment = ET.SubElement(body, "segment")
            parent = ET.SubElement(segment, block)
        elif block == DATA:
            parent = data = ET.SubElement(segment, DATA)
        elif values:
            parent = ET.SubElement(data, block)
        _fill(parent, comments, values)
    ET.indent(root, "  ")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def write_cdm_json(cdm: Cdm) -> str:
    """The message as one flat JSON object in the form of Space-Track's class ``cdm``: every value as text."""
    content: dict[str, str | list[str]] = {"CCSDS_CDM_VERS": VERSION}
    number = 0
    for block, comments, values in _blocks(cdm):
        number += block == Block.METADATA
        prefix = f"SAT{number}_" if number else ""
        if comments:
            content[prefix + _JSON_COMMENTS.get(block, "COMMENT")] = list(comments)
        for keyword, value in values:
            content[prefix + keyword] = _text(value)
            if unit := FIELDS[keyword].unit:
                content[f"{prefix}{keyword}_UNIT"] = unit
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def check_written(cdm: Cdm, text: str) -> None:
    """Read back what was written, and compare it field by field.

    Numbers count as equal when they agree in the 16 digits that a message can hold.

    Raises:
        PublicationError: if the text breaks a rule of the standard or does not hold the same message.

    """
    try:
        found = parse_cdm(text.encode(), cdm.header.message_id)
    except InputError as error:
        raise PublicationError(f"a written message must be readable: {error}") from None
    if found.notes:
        raise PublicationError("a written message must follow the standard", value=found.notes[0])
    if difference := _first_difference(_as_written(cdm), _as_written(found), "message"):
        raise PublicationError("a written message must read back equal", value=difference, file=cdm.header.message_id)


def number_text(value: float) -> str:
    """A number in at most 16 digits: fixed point where they suffice, else floating point (6.3.2.2, 6.3.2.3)."""
    text = f"{value + 0.0:.{_MOST_DIGITS}g}"  # the sum makes a negative zero a positive one
    fixed = text if "." in text else f"{text}.0"
    if "e" not in text and sum(character.isdigit() for character in fixed) <= _MOST_DIGITS:
        return fixed
    mantissa, _, exponent = f"{value:.{_MOST_DIGITS - 1}E}".partition("E")
    mantissa = mantissa.rstrip("0")
    return f"{mantissa}0E{exponent}" if mantissa.endswith(".") else f"{mantissa}E{exponent}"


def _text(value: Value) -> str:
    if isinstance(value, Epoch):
        whole, _, decimals = value.iso(digits=9).partition(".")
        return f"{whole}.{decimals.rstrip('0').ljust(_LEAST_DECIMALS, '0')}"
    return number_text(value) if isinstance(value, float) else str(value)


def _fill(parent: ET.Element, comments: tuple[str, ...], values: list[tuple[str, Value]]) -> None:
    """Comments, then an element a value; the relative state vector has an element of its own (table 4-2)."""
    for comment in comments:
        ET.SubElement(parent, "COMMENT").text = comment
    relative_state = {*RELATIVE_POSITION, *RELATIVE_VELOCITY}
    for is_state, group in groupby(values, lambda pair: pair[0] in relative_state):
        holder = ET.SubElement(parent, "relativeStateVector") if is_state else parent
        for keyword, value in group:
            unit = FIELDS[keyword].unit
            ET.SubElement(holder, keyword, {"units": unit} if unit else {}).text = _text(value)


def _blocks(cdm: Cdm) -> Iterator[tuple[str, tuple[str, ...], list[tuple[str, Value]]]]:
    """Name, comments and values of each block, in the order of a message; ``data`` holds comments only."""
    header, relative = cdm.header, cdm.relative
    general: dict[str, Value | None] = {
        "CREATION_DATE": header.creation,
        "ORIGINATOR": header.originator,
        "MESSAGE_FOR": header.message_for,
        "MESSAGE_ID": header.message_id,
        "TCA": relative.tca,
        "MISS_DISTANCE": relative.miss_m,
        "RELATIVE_SPEED": relative.relative_speed_m_s,
        "COLLISION_PROBABILITY": relative.collision_probability,
        "COLLISION_PROBABILITY_METHOD": relative.collision_probability_method,
        **dict(relative.others),
    }
    if relative.relative_position_rtn_m:
        general |= zip(RELATIVE_POSITION, relative.relative_position_rtn_m, strict=True)
    if relative.relative_velocity_rtn_m_s:
        general |= zip(RELATIVE_VELOCITY, relative.relative_velocity_rtn_m_s, strict=True)
    yield Block.HEADER, header.comments, _of_block(Block.HEADER, general)
    yield Block.RELATIVE, relative.comments, _of_block(Block.RELATIVE, general)
    for number, one in enumerate(cdm.objects, start=1):
        values = _object_values(one, f"OBJECT{number}")
        yield Block.METADATA, one.metadata_comments, _of_block(Block.METADATA, values)
        yield DATA, one.data_comments, []
        for block in DATA_BLOCKS:
            yield block, (), _of_block(block, values)


def _object_values(one: CdmObject, label: str) -> dict[str, Value | None]:
    values: dict[str, Value | None] = {
        "OBJECT": label,
        "OBJECT_DESIGNATOR": one.designator,
        "CATALOG_NAME": one.catalog_name,
        "OBJECT_NAME": one.name,
        "INTERNATIONAL_DESIGNATOR": one.international_designator,
        "EPHEMERIS_NAME": one.ephemeris_name,
        "COVARIANCE_METHOD": one.covariance_method,
        "MANEUVERABLE": one.maneuverable,
        "ORBIT_CENTER": one.orbit_center,
        "REF_FRAME": one.ref_frame,
        **dict(one.others),
    }
    values |= zip(POSITION, one.position_km, strict=True)
    values |= zip(VELOCITY, one.velocity_km_s, strict=True)
    for row in range(6):
        for column, keyword in enumerate(covariance_keywords(row)):
            values[keyword] = one.covariance_rtn_m[row][column] if one.covariance_rtn_m else 0.0
    return values


def _of_block(block: Block, values: dict[str, Value | None]) -> list[tuple[str, Value]]:
    """The given values of one block in the order of the standard's tables."""
    return [
        (keyword, value)
        for keyword, one in FIELDS.items()
        if one.block == block and (value := values.get(keyword)) is not None
    ]


def _as_written(record: _Record) -> _Record:
    """The record with each number rounded to what a message can hold."""
    return _rounded(record)  # type: ignore[no-any-return]  # the same type goes in and comes out


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(number_text(value))
    if isinstance(value, tuple):
        return tuple(_rounded(part) for part in value)
    if is_dataclass(value) and not isinstance(value, type | Epoch):
        return replace(value, **{one.name: _rounded(getattr(value, one.name)) for one in fields(value)})
    return value


def _first_difference(ours: Any, theirs: Any, name: str) -> str | None:
    """Where two equal structures differ first, in words."""
    if is_dataclass(ours) and not isinstance(ours, type | Epoch):
        for one in fields(ours):
            if one.compare and (
                found := _first_difference(getattr(ours, one.name), getattr(theirs, one.name), f"{name}.{one.name}")
            ):
                return found
        return None
    return None if ours == theirs else f"{name}: {theirs} for {ours}"
