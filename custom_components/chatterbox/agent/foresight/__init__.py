"""Reads that a sentence foreshadows, looked up before the model asks for them."""
