"""The append-only store of cycles: chain, register, verification, retention, upgrades."""
