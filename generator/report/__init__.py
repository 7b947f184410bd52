"""From a stored record alone to tables, plots and pages."""
