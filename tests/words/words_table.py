"""The table of docs/safety.md: what words and servers were tried with."""

from collections.abc import Mapping

from tests import test_faults, test_turn_ends
from tests.agent import test_before_question, test_frames
from tests.providers import test_untrusted_text
from tests.safety_page import cases, page_with_table
from tests.tools.confirmation import test_ways_round, test_ways_round_agents as agents

from . import test_words


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
        "words before a question that say it is done": cases(
            test_before_question.test_only_the_question_is_heard
        ),
        "a yes of another, to another question, in outside text, in arguments": (
            len(test_ways_round.BETWEEN)
            + cases(test_ways_round.test_a_yes_among_the_arguments)
            + cases(test_ways_round.test_a_yes_inside_outside_text)
            + cases(agents.test_a_stand_in_that_answers)
        ),
        "orders in titles and errors, where all is allowed": len(
            test_ways_round.ALLOWED
        ),
        "scripts that unlock inside": cases(
            test_ways_round.test_a_script_that_unlocks_inside
        ),
        "other agents and tasks with a lock": (
            len(test_ways_round.OTHERS) + len(agents.TASKS) - 1
        ),
        "names that change in the middle of a turn": cases(
            agents.test_renamed_in_the_middle_of_a_turn
        ),
        "streams without end": (
            len(test_turn_ends.ENDLESS)
            + cases(test_turn_ends.test_words_without_end_end_with_the_turn)
        ),
        "faults of a server, by name": len(test_faults.FAULTS),
    }


def page_with_words(page: str) -> str:
    """Return the page with the present table in its place."""
    return page_with_table(
        page, "words", tried(), "reached", "silences", "tracebacks", "hangs"
    )
