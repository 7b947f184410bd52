"""Who may see what: a record as an edition may hold it, and what that must not hold."""
