"""What a close approach looks like: geometry, uncertainty, alert level."""
