"""Tests of `providers/openai`."""
