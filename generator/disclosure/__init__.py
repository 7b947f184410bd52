"""How much editions give away of an object's orbit: decoys that would have given the same editions."""
