"""Tests for words from outside, which are data."""
