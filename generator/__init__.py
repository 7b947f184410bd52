"""nearpass: close approaches of spacecraft and moons, screened with proof and published as a site."""

__version__ = "0.1.0"
