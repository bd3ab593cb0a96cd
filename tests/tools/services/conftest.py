"""What the tests of services share."""

import pytest

from .test_every_service import _descriptions


@pytest.fixture(scope="package")
def shipped() -> set[str]:
    """Return all services that Home Assistant ships."""
    return {name for name, _ in _descriptions()}
