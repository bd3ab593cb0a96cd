"""Tests of the demo home's rules."""
