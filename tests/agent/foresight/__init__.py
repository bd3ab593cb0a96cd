"""Tests of what is foreseen."""
