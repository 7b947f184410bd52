"""What becomes of any bytes that are delivered: read, turned into a trajectory, graded; or one error that says why."""

import re

from nearpass.astro.bodies import body_named
from nearpass.astro.epochs import DAY_S
from nearpass.astro.frames import PlanetaryEphemeris
from nearpass.cycle.cdm_compare import encounter_from_cdm
from nearpass.ephemeris.elements_motion import trajectory_from_elements
from nearpass.ephemeris.interpolation import trajectory_from_oem
from nearpass.ephemeris.lint import Finding, lint_elements, lint_oem
from nearpass.ephemeris.reframe import in_fixed_axes
from nearpass.errors import InputError, NearpassError
from nearpass.ingest.delivery import check_plausible, period_s_of
from nearpass.messages.cdm_read import MOST_BYTES, parse_cdm
from nearpass.messages.compression import decompressed
from nearpass.messages.elements import START_BYTES, elements_notation, read_elements
from nearpass.messages.oem import parse_oem, peek_header

FILE = "delivered"
MOST_CHARACTERS = 600
_CDM = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:[{\"\s]*CCSDS_CDM_VERS|(?:<\?xml[^>]*>\s*)?<cdm\b)")
WINDOW_S = (0.0, DAY_S / 8)


def read_delivery(data: bytes) -> tuple[Finding, ...] | NearpassError:
    """The findings on a delivery, or the error that refuses it, which a reader gives a file and a line.

    Raises:
        Exception: whatever is no NearpassError; that is a defect.

    """
    try:
        content = decompressed(data, FILE)
    except InputError as error:
        return error
    try:
        if _CDM.match(content) is not None:
            return _conjunction(content)
        return _elements(content) if elements_notation(content[:START_BYTES]) else _message(content)
    except NearpassError as error:
        if not str(error).isprintable() or len(str(error)) > MOST_CHARACTERS:
            raise AssertionError(f"a refusal must be one short printable line: {error}") from error
        return error


def _conjunction(content: bytes) -> tuple[Finding, ...]:
    try:
        message = parse_cdm(content, FILE)
    except InputError as error:
        _located(error, needs_line=len(content) <= MOST_BYTES)
        raise
    encounter_from_cdm(message)
    return ()


def _located(error: InputError, *, needs_line: bool = True) -> None:
    if error.file != FILE or (error.line is None and needs_line):
        raise AssertionError(f"a refusal must name file and line: {error}")


def _message(content: bytes) -> tuple[Finding, ...]:
    try:
        peek_header(content, FILE)
        message = parse_oem(content, FILE)
    except InputError as error:
        _located(error)
        raise
    mars, epoch = body_named("MARS"), message.segments[0].start
    message = in_fixed_axes(message)
    planets = PlanetaryEphemeris.default()
    trajectory = trajectory_from_oem(message, body=mars, epoch=epoch, window_s=WINDOW_S, planets=planets)
    check_plausible(trajectory, mars)
    period_s = period_s_of(trajectory, mars)
    return lint_oem(message, body=mars, cutoff=epoch, window_s=WINDOW_S[1], period_s=period_s)


def _elements(content: bytes) -> tuple[Finding, ...]:
    try:
        found = read_elements(content, FILE)
    except InputError as error:
        _located(error)
        raise
    for fault in found.faults:
        _located(fault.error)
    if not found.sets:
        return ()
    earth, item = body_named("EARTH"), found.sets[0]
    trajectory = trajectory_from_elements(item, epoch=item.epoch, window_s=WINDOW_S)
    check_plausible(trajectory, earth)
    period_s = period_s_of(trajectory, earth)
    return lint_elements(item, trajectory, body=earth, cutoff=item.epoch, window_s=WINDOW_S[1], period_s=period_s)
