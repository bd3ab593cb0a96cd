"""Fixtures for all tests."""

import pytest

# Imported first, so that this repository's custom_components wins over the plugin's own.
import custom_components.chatterbox  # noqa: F401


@pytest.fixture(autouse=True)
def _enable_custom_integrations(enable_custom_integrations: None) -> None:
    """Let Home Assistant load Chatterbox in every test."""
