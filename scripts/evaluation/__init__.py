"""Does the home do what was said? Speaks sentences to fresh homes and scores them.

`scripts/evaluate --help` tells how to run it, `docs/evaluation.md` how it scores.
"""

# What Home Assistant's test tools lack for a newer Home Assistant, before they are imported.
from tests import newer_home_assistant  # noqa: F401
