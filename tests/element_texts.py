"""One set of mean elements in every notation: satellite 00005, the first of SGP4-VER.TLE (Vallado et al. 2006)."""

import json

from sgp4.io import fix_checksum

LINE_1 = "1 00005U 58002B   00179.78495062  .00000023  00000-0  28098-4 0  4753"
LINE_2 = "2 00005  34.2682 348.7242 1859667 331.7664  19.3264 10.82419157413667"
TLE = f"{LINE_1}\n{LINE_2}\n"
NAME = "VANGUARD 1 [V-1]"
HEADER = {"CREATION_DATE": "2000-06-28T03:00:00", "ORIGINATOR": "TEST"}
METADATA = {
    "OBJECT_NAME": NAME,
    "OBJECT_ID": "1958-002B",
    "CENTER_NAME": "EARTH",
    "REF_FRAME": "TEME",
    "TIME_SYSTEM": "UTC",
    "MEAN_ELEMENT_THEORY": "SGP4",
}
MEAN = {
    "EPOCH": "2000-06-27T18:50:19.733568",
    "MEAN_MOTION": "10.82419157",
    "ECCENTRICITY": "0.1859667",
    "INCLINATION": "34.2682",
    "RA_OF_ASC_NODE": "348.7242",
    "ARG_OF_PERICENTER": "331.7664",
    "MEAN_ANOMALY": "19.3264",
}
TLE_PARAMETERS = {
    "EPHEMERIS_TYPE": "0",
    "CLASSIFICATION_TYPE": "U",
    "NORAD_CAT_ID": "5",
    "ELEMENT_SET_NO": "475",
    "REV_AT_EPOCH": "41366",
    "BSTAR": "2.8098E-5",
    "MEAN_MOTION_DOT": "2.3E-7",
    "MEAN_MOTION_DDOT": "0",
}
KEYWORDS = {**HEADER, **METADATA, **MEAN, **TLE_PARAMETERS}
UNITS = {"INCLINATION": "deg", "MEAN_MOTION": "rev/day", "BSTAR": "1/ER"}


def tle(number: str = "00005", name: str | None = None) -> str:
    """Two-line elements with another number, and a line for the name if there is one."""
    lines = [fix_checksum(f"{line[:2]}{number}{line[7:]}") for line in (LINE_1, LINE_2)]
    return "\n".join([*([name] if name else []), *lines, ""])


def kvn(**changes: str | None) -> str:
    """The message in keyword-value notation; a keyword changed to None is left out."""
    lines = [f"{key} = {value}" for key, value in {**KEYWORDS, **changes}.items() if value is not None]
    return "\n".join(["CCSDS_OMM_VERS = 3.0", "COMMENT made for a test", *lines, ""])


def xml(**changes: str) -> str:
    """The message in XML, with units."""

    def elements(keywords: dict[str, str]) -> str:
        both = {key: changes.get(key, value) for key, value in keywords.items()}
        units = {key: f' units="{UNITS[key]}"' if key in UNITS else "" for key in both}
        return "\n".join(f"<{key}{units[key]}>{value}</{key}>" for key, value in both.items())

    return f"""<?xml version="1.0" encoding="UTF-8"?>
<ndm><omm id="CCSDS_OMM_VERS" version="3.0">
<header>{elements(HEADER)}</header>
<body><segment><metadata>{elements(METADATA)}</metadata><data>
<meanElements>{elements(MEAN)}</meanElements><tleParameters>{elements(TLE_PARAMETERS)}</tleParameters>
</data></segment></body></omm></ndm>
"""


def json_text(*changes: dict[str, object]) -> str:
    """An array of sets without the keywords that the catalogues leave out, one for each mapping of changes."""
    short = {key: value for key, value in KEYWORDS.items() if key not in {"CENTER_NAME", "REF_FRAME", "TIME_SYSTEM"}}
    return json.dumps([{**short, **change} for change in changes or ({},)], indent=1)


def csv_text(**changes: str) -> str:
    """A table of one set."""
    row = {**METADATA, **MEAN, **TLE_PARAMETERS, **changes}
    return "\n".join([",".join(row), ",".join(f'"{value}"' for value in row.values()), ""])
