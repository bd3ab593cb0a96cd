"""Tests for a turn."""
