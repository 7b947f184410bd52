"""Which pairs come near, found with a proof that none is missed."""
