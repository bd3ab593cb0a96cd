"""Which words foretell which calls."""

from hypothesis import given, strategies as st
import pytest

from custom_components.chatterbox.agent.foresight.table import (
    AGES_AFTER,
    MAX_CALLS,
    MAX_WORDS,
    LearntCall,
    LearntTable,
)
from custom_components.chatterbox.agent.foresight.words import foretelling_words

WEATHER = LearntCall("weather__get_forecasts", '{"type": "daily"}')
EVENTS = LearntCall("calendar__get_events", "{}")
ITEMS = LearntCall("todo__get_items", "{}")


class Learner:
    """A table that hears sentences."""

    def __init__(self) -> None:
        """Start knowing nothing."""
        self.table = LearntTable()

    def hear(self, sentence: str, *calls: LearntCall, now: float = 1.0) -> None:
        """Learn a sentence, at eight o'clock."""
        self.table.learn(foretelling_words(sentence), calls, 8, now)

    def foretold(self, sentence: str) -> list[LearntCall]:
        """Return what is foretold."""
        return self.table.foretold(foretelling_words(sentence), 2)


@pytest.fixture
def learner() -> Learner:
    """Give one that knows nothing."""
    return Learner()


def test_a_call_is_foretold_from_the_third_time_on(learner: Learner) -> None:
    """Once is chance."""
    assert learner.foretold("What's the weather?") == []
    learner.hear("What's the weather?", WEATHER)
    assert learner.foretold("What's the weather?") == []
    learner.hear("What's the weather?", WEATHER)
    assert learner.foretold("what is the weather like") == [WEATHER]


def test_what_is_in_every_sentence_foretells_nothing(learner: Learner) -> None:
    """Only what goes with one call more often than not."""
    for _ in range(3):
        learner.hear("What's the weather?", WEATHER)
        learner.hear("What's on my calendar?", EVENTS)
        learner.hear("What's on the list?", ITEMS)
        learner.hear("Turn on the light")
    assert learner.foretold("What's the weather?") == [WEATHER]
    assert learner.foretold("What's on my calendar?") == [EVENTS]
    assert learner.foretold("What's on the list?") == [ITEMS]
    assert learner.foretold("What's the time?") == []
    assert learner.foretold("What's the weather and what's on my calendar?") == [
        WEATHER,
        EVENTS,
    ]


def test_a_sentence_of_mostly_new_words_foretells_nothing(learner: Learner) -> None:
    """It is another sentence, though it begins alike."""
    for _ in range(2):
        learner.hear("What's the weather?", WEATHER)
    assert learner.foretold("What's on my calendar?") == []


def test_a_wrong_guess_is_unlearnt(learner: Learner) -> None:
    """As soon as the words lead elsewhere more often."""
    for _ in range(2):
        learner.hear("What's the weather?", WEATHER)
    assert learner.foretold("What's the time?") == [WEATHER]
    for _ in range(2):
        learner.hear("What's the time?")
    assert learner.foretold("What's the time?") == []
    assert learner.foretold("What's the weather?") == [WEATHER]


def test_old_habits_are_forgotten(learner: Learner) -> None:
    """Counts are halved after a month, and again."""
    for _ in range(2):
        learner.hear("What's the weather?", WEATHER)
    learner.hear("Good night", now=2 * AGES_AFTER)
    assert learner.foretold("What's the weather?") == []
    assert learner.table.usual(8, 2) == []
    for month in range(4, 10, 2):
        learner.hear("Good night", now=month * AGES_AFTER)
    assert len(learner.table) == 0


def test_new_habits_show_soon(learner: Learner) -> None:
    """However long the old one has lasted."""
    for _ in range(500):
        learner.hear("news", WEATHER)
    heard = 0
    while learner.foretold("news") != [EVENTS]:
        learner.hear("news", EVENTS)
        heard += 1
    assert heard < 50


def test_what_is_usual_at_an_hour(learner: Learner) -> None:
    """An hour to each side counts too; once is chance."""
    learner.hear("weather", WEATHER)
    assert learner.table.usual(8, 2) == []
    for _ in range(2):
        learner.hear("weather", WEATHER)
        learner.hear("calendar", EVENTS)
        learner.hear("list", ITEMS)
    assert learner.table.usual(8, 2) == [WEATHER, EVENTS]
    assert learner.table.usual(9, 1) == [WEATHER]
    assert learner.table.usual(7, 1) == [WEATHER]
    assert learner.table.usual(10, 1) == []


CALLS = st.builds(LearntCall, st.text(max_size=3), st.text(max_size=3))


@given(
    st.lists(
        st.tuples(
            st.lists(st.text(max_size=2), max_size=6),
            st.lists(CALLS, max_size=12, unique=True),
        ),
        max_size=80,
    )
)
def test_a_table_keeps_to_its_bounds_and_survives_storage(
    heard: list[tuple[list[str], list[LearntCall]]],
) -> None:
    """Whatever it hears."""
    table = LearntTable()
    for number, (words, calls) in enumerate(heard):
        table.learn(words, calls, number % 24, float(number + 1))
    stored = table.as_dict()
    assert LearntTable.from_dict(stored) == table
    assert len(table) <= MAX_WORDS
    assert len(stored["calls"]) <= MAX_WORDS * MAX_CALLS
    assert all(len(word["calls"]) <= MAX_CALLS for word in stored["words"].values())


def test_the_words_heard_last_are_kept() -> None:
    """There is room for so many."""
    learner = Learner()
    for number in range(MAX_WORDS + 20):
        learner.table.learn([f"w{number}"], [WEATHER], 8, 1.0)
    assert len(learner.table) == MAX_WORDS
    words = learner.table.as_dict()["words"]
    assert "w19" not in words
    assert "w20" in words


def test_a_call_with_a_novel_for_an_argument_is_not_learnt() -> None:
    """Nor one whose arguments are no JSON."""
    assert LearntCall.of("search", {"query": "x" * 600}) is None
    assert LearntCall.of("search", {"query": {1, 2}}) is None
