"""Does the home do what was said? Speaks sentences to fresh homes and scores them.

`scripts/evaluate --help` tells how to run it, `docs/evaluation.md` how it scores.
"""
