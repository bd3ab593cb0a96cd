"""The page on safety says what the tests try."""

from tests.safety_page import PAGE

from .words_table import page_with_words, tried


def test_the_table_is_current() -> None:
    """Each case in it is a test."""
    page = PAGE.read_text()
    assert page_with_words(page) == page


def test_enough_is_tried() -> None:
    """At least sixty whole turns with a model that obeys, and no kind is empty."""
    assert sum(list(tried().values())[:3]) >= 60
    assert all(tried().values())
