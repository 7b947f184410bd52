"""Element sets from CelesTrak (https://celestrak.org/NORAD/documentation/gp-data-formats.php).

Its data change once in two hours, and it asks for no more than one download of a group in that time. Asked too early it
says "GP data has not updated since your last successful download", with status 403 or 200.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from types import MappingProxyType
from typing import BinaryIO, Final

import httpx

from nearpass.config.origins import CelesTrak
from nearpass.errors import RetrievalError
from nearpass.messages.elements import elements_notation
from nearpass.retrieve.errand import Brought, Context, Errand

REST_S: Final = 7200.0
FORMATS: Final = MappingProxyType({".json": "JSON", ".xml": "XML", ".csv": "CSV", ".kvn": "KVN", ".tle": "TLE"})
_CURRENT: Final = "GP data has not updated"


def bring_elements(origin: CelesTrak, errand: Errand, context: Context, sink: BinaryIO) -> Brought:
    """The element sets of a query, in the format that the place is named for.

    Raises:
        RetrievalError: if they cannot be had.
    """
    suffix = PurePosixPath(errand.path).suffix.lower()
    if suffix not in FORMATS:
        raise RetrievalError(f"the path of element sets must end in {', '.join(FORMATS)}", value=errand.path)
    params = {origin.key: origin.value, "FORMAT": FORMATS[suffix]}
    url = str(httpx.URL(context.config.fetch.celestrak, params=params))
    try:
        data, answer = context.transport.read(context.config.fetch.celestrak, params=params)
    except RetrievalError as error:
        if _CURRENT in str(error.value):
            return Brought(origin=url, unchanged=True, rest_s=REST_S)
        raise
    text = data[:2000].decode("utf-8", "replace")
    if _CURRENT in text:
        return Brought(origin=url, unchanged=True, rest_s=REST_S, skew_s=answer.skew_s)
    notation = elements_notation(data)
    if notation is None:
        raise RetrievalError("CelesTrak must answer with element sets", value=" ".join(text.split()) or None, file=url)
    sink.write(data)
    return Brought(origin=url, rest_s=REST_S, skew_s=answer.skew_s, note=f"{notation} from CelesTrak")
