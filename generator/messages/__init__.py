"""Messages as text and as facts: OEM, OCM, OMM, TLE and CDM, in keyword-value notation, XML and columns."""
