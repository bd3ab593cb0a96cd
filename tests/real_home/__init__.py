"""Tests on a real Home Assistant."""
