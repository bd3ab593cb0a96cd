"""Exposed services as tools."""
