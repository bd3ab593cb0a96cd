"""What things cost, measured side by side in one run."""

# Before anything imports the recorder, which it refuses to patch afterwards.
import pytest_homeassistant_custom_component.patch_recorder  # noqa: F401
