"""Calls at once where they can run at once, in the model's order where they must."""
