"""One suite of behaviours for all wire protocols."""
