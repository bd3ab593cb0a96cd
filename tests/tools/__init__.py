"""Tests for the tools."""
