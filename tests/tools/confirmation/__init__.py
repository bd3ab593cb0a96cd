"""Tests for what needs a person."""
