"""The stored cycle: record, history and archive."""
