"""The forms of an agent and of the entry."""
