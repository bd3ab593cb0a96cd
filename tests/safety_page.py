"""The tables of docs/safety.md: what was tried, and how often it worked.

``python -m tests.safety_page`` writes them anew.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

PAGE: Final = Path(__file__).parents[1] / "docs" / "safety.md"


def cases(test: object) -> int:
    """Return how many cases a test is run for."""
    number = 1
    for mark in getattr(test, "pytestmark", ()):
        if mark.name == "parametrize":
            number *= len(mark.args[1])
    return number


def page_with_table(
    page: str, name: str, rows: Mapping[str, int], *outcomes: str
) -> str:
    """Return the page with the present table in its place.

    A case that has one of the outcomes fails its test, so that all of them are 0.
    """
    begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->\n"
    before, _, rest = page.partition(begin)
    _, _, after = rest.partition(end)
    lines = [
        f"| what was tried | cases | {' | '.join(outcomes)} |",
        f"|---|---:|{'---:|' * len(outcomes)}",
        *(
            f"| {what} | {number} |{' 0 |' * len(outcomes)}"
            for what, number in rows.items()
        ),
        f"| **all** | **{sum(rows.values())}** |{' **0** |' * len(outcomes)}",
    ]
    return "\n".join([before + begin + lines[0], *lines[1:], end + after])


if __name__ == "__main__":
    from tests.tools.exposure import reach_table
    from tests.words import words_table

    PAGE.write_text(
        words_table.page_with_words(reach_table.page_with_attacks(PAGE.read_text()))
    )
