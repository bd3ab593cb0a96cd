"""Tests of what an answer is taken to say."""

from datetime import datetime

import pytest

from scripts.evaluation.spoken import claims_done, has_markup, missing_words, says

NOW = datetime(2026, 3, 8, 21, 5)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("OK.", "en"),
        ("Done! The hall is lit.", "en"),
        ("I've turned off the lamp.", "en"),
        ("The blind has been closed.", "en"),
        ("Opening the awning.", "en"),
        ("The lamp is on.", "en"),
        ("I\u2019ll turn it off at nine.", "en"),
        ("Ich habe die Lampe eingeschaltet.", "de"),
        ("C'est fait.", "fr"),
        ("He encendido la luz.", "es"),
        ("Ik heb de lamp aangezet.", "nl"),
        ("Ho acceso la luce.", "it"),
        ("Włączyłem lampę.", "pl"),
        ("I turned it on.", "pl"),
    ],
)
def test_answers_that_say_it_is_done(text: str, language: str) -> None:
    assert claims_done(text, language)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("", "en"),
        ("Which lamp should be turned off?", "en"),
        ("I found two locks that are unlocked. Which one do you mean?", "en"),
        ("Sorry, I could not find a lava lamp.", "en"),
        ("OK. I can't do things later.", "en"),
        ("The fan was not turned off.", "en"),
        ("There are no lights that can be turned on.", "en"),
        ("Das kann ich leider nicht.", "de"),
        ("Je n'ai pas trouvé cette lampe.", "fr"),
        ("Lo siento, no hay ningún horno.", "es"),
        ("Welke lamp bedoel je?", "nl"),
        ("Non ho trovato il camino.", "it"),
        ("Nie znalazłem piekarnika.", "pl"),
    ],
)
def test_answers_that_do_not(text: str, language: str) -> None:
    assert not claims_done(text, language)


def test_a_state_that_was_asked_for_is_no_claim() -> None:
    assert not claims_done("The lamp is on.", "en", told=False)


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "intent__HassTurnOn", "arguments": {}}',
        "**Done**",
        "<tool_call>",
        "I called HassTurnOn.",
        "light.sofa is on",
        "[Home Assistant: Sunday]",
        "```json",
    ],
)
def test_what_is_not_for_the_ear_is_markup(text: str) -> None:
    assert has_markup(text)


@pytest.mark.parametrize(
    "text", ["It is 11.5 degrees.", "Half past ten, that's 10:30.", "A - B is on", ""]
)
def test_plain_speech_is_none(text: str) -> None:
    assert not has_markup(text)


@pytest.mark.parametrize(
    ("text", "word", "said"),
    [
        ("It is 11,5 degrees", "11.5", True),
        ("It is 11.5 degrees.", "11.5", True),
        ("It is 111.5 degrees", "11.5", False),
        ("It is 35.", "35", True),
        ("It is 35.5", "35", False),
        ("I know", "no", False),
        ("No, it is off", "no", True),
        ("unlocked", "locked", False),
    ],
)
def test_words_are_looked_for_whole(text: str, word: str, said: bool) -> None:
    assert says(text, word) is said


@pytest.mark.parametrize("text", ["It's 9:05 PM.", "Es ist 21:06 Uhr."])
def test_the_time_may_be_told_in_either_way(text: str) -> None:
    assert not missing_words(text, [("{time}",)], NOW)


def test_another_time_is_missed() -> None:
    assert missing_words("It's 9:15.", [("{time}",)], NOW)
    assert not missing_words("Sunday, March 8th", [("{weekday}",), ("{day}",)], NOW)
