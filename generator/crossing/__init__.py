"""Where orbits come near, whenever each object passes there; the seasons in which they do."""
