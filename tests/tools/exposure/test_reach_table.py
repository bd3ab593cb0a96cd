"""The page on safety says what the tests try."""

from tests.safety_page import PAGE

from .reach_table import page_with_attacks, tried


def test_the_table_is_current() -> None:
    """Each attack in it is a test, and all of them pass or the suite does not."""
    page = PAGE.read_text()
    assert page_with_attacks(page) == page


def test_enough_is_tried() -> None:
    """As many as were asked for, and none of a kind that is empty."""
    assert sum(tried().values()) >= 150
    assert all(tried().values())
