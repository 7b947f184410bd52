"""Delivered files as trajectories: piecewise polynomials with a stored error."""
