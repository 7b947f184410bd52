"""Time, axes, centres and bodies: the words in which states are given."""
