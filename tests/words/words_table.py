"""The table of docs/safety.md: what words and servers were tried with.

``python -m tests.words.words_table`` writes it anew.
"""

from collections.abc import Mapping
from typing import Final

from tests import test_faults, test_turn_ends
from tests.agent import test_frames
from tests.providers import test_untrusted_text
from tests.tools.exposure.reach_table import PAGE, cases

from . import test_words

BEGIN: Final = "<!-- words: begin -->\n"
END: Final = "<!-- words: end -->\n"


def tried() -> Mapping[str, int]:
    """Return the number of cases by what they try."""
    return {
        "orders to write a call, read by a model that obeys": cases(
            test_words.test_written
        ),
        "orders to make a call that is hidden, dangerous or for administrators": (
            cases(test_words.test_called)
            + cases(test_words.test_called_in_a_later_turn)
        ),
        "orders to say markup, links, JSON": cases(test_words.test_spoken),
        "names of tools in other letters, escapes and parts": (
            cases(test_untrusted_text.test_named_tool_is_not_called)
            + cases(test_untrusted_text.test_name_in_parts_is_a_name)
        ),
        "ends of a frame, by protocol and by where they stand": (
            cases(test_frames.test_no_result_ends_its_frame)
            + cases(test_frames.test_nothing_that_others_wrote_ends_its_frame)
            + cases(test_frames.test_no_description_of_a_tool_ends_its_frame)
        ),
        "streams without end": (
            len(test_turn_ends.ENDLESS)
            + cases(test_turn_ends.test_words_without_end_end_with_the_turn)
        ),
        "faults of a server, by name": len(test_faults.FAULTS),
    }


def table() -> str:
    """Return the table. A case that does anything of this fails its test, so that all are 0."""
    rows = tried()
    lines = [
        "| what was tried | cases | reached | silences | tracebacks | hangs |",
        "|---|---:|---:|---:|---:|---:|",
        *(f"| {what} | {number} | 0 | 0 | 0 | 0 |" for what, number in rows.items()),
        f"| **all** | **{sum(rows.values())}** | **0** | **0** | **0** | **0** |",
    ]
    return "\n".join(lines) + "\n"


def page_with_table(page: str) -> str:
    """Return the page with the present table in its place."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + table() + END + after


if __name__ == "__main__":
    PAGE.write_text(page_with_table(PAGE.read_text()))
