"""Tests for numbers that are spelled."""

import pytest

from custom_components.chatterbox.tools.number_words import (
    load_number_words,
    with_digits,
)
from custom_components.chatterbox.tools.selectors.coerce import as_number


@pytest.fixture(autouse=True)
def words() -> None:
    """Load the words, as setting up does."""
    load_number_words()


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("fifty", "50"),
        ("Fifty percent", "50%"),
        ("seventy-five per cent", "75%"),
        ("twenty one", "21"),
        ("fünfzig Prozent", "50%"),
        ("Dreißig", "30"),
        ("einundzwanzig Grad", "21"),
        ("quatre-vingt-dix pour cent", "90%"),
        ("vingt et un degrés", "21"),
        ("treinta y cinco por ciento", "35%"),
        ("veintidós grados", "22"),
        ("zevenentwintig", "27"),
        ("vijftig procent", "50%"),
        ("ventidue gradi", "22"),
        ("cinquanta per cento", "50%"),
        ("pięćdziesiąt procent", "50%"),
        ("30 Prozent", "30%"),
        ("30%", "30%"),
        ("-5", "-5"),
    ],
)
def test_a_spelled_number_is_read(text: str, digits: str) -> None:
    assert with_digits(text) == digits


@pytest.mark.parametrize(
    "text",
    ["", "percent", "warm", "fifty lamps", "up", "12:30", "kitchen", "about ten"],
)
def test_nothing_else_is_a_number(text: str) -> None:
    assert with_digits(text) == text


def test_a_share_in_words_is_a_share() -> None:
    assert as_number("fifty percent", 0, 1) == 0.5
    assert as_number("twenty", 0, 100) == 20
