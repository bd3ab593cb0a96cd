"""What things cost, measured side by side in one run."""

# Before anything imports the recorder, which the test tools refuse to patch afterwards.
from tests import newer_home_assistant  # noqa: F401
