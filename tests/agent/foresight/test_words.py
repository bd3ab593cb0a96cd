"""Which words of a sentence are learnt."""

import pytest

from custom_components.chatterbox.agent.foresight.words import foretelling_words


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        pytest.param(
            "What's the weather?", ("what", "s", "the", "weather"), id="english"
        ),
        pytest.param(
            "Wie wird das Wetter, das Wetter?",
            ("wie", "wird", "das", "wetter"),
            id="once",
        ),
        pytest.param("今天天气", ("今天", "天天", "天气"), id="no spaces"),
        pytest.param("My code is 4711 or A1", ("my", "code", "is", "or"), id="digits"),
        pytest.param("x" * 31, (), id="a secret"),
        pytest.param(" ".join("abcdefghijklmnopqrstuvwxyz"), (), id="too long"),
        pytest.param("", (), id="nothing"),
    ],
)
def test_words(sentence: str, words: tuple[str, ...]) -> None:
    """Each once; pairs of letters where nothing parts words; nothing with a digit."""
    assert foretelling_words(sentence) == words
