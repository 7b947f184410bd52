"""One cycle: ingest, screen, assess, record; catalogues and rescreening."""
