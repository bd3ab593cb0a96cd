"""Tests for a model server's address."""

import pytest

from custom_components.chatterbox.providers.base import ProviderError, ProviderErrorKind
from custom_components.chatterbox.providers.discovery import (
    is_same_server,
    normalize_url,
)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://host", "http://host"),
        (" https://host/ ", "https://host"),
        ("http://host:8080/v1//", "http://host:8080/v1"),
        ("http://[::1]:8080/v1", "http://[::1]:8080/v1"),
        ("HTTP://Host/V1", "http://host/V1"),
        ("https://host/openai/v1/chat/completions", "https://host/openai/v1"),
        ("https://host/v1/models/", "https://host/v1"),
        ("https://host/my-models", "https://host/my-models"),
    ],
)
def test_address_has_one_form(text: str, url: str) -> None:
    """The same server is recognised however it is written."""
    assert normalize_url(text) == url
    assert normalize_url(url) == url


@pytest.mark.parametrize(
    "text", ["", "host", "host:8080", "file:///v1", "http:///v1", "http://a b/", "//h"]
)
def test_no_address(text: str) -> None:
    """What is not http(s) with a host is refused."""
    with pytest.raises(ProviderError) as caught:
        normalize_url(text)
    assert caught.value.kind is ProviderErrorKind.INVALID_URL


@pytest.mark.parametrize("text", ["http://me:sesame@host", "http://h/?key=sesame"])
def test_secret_in_an_address_is_not_repeated(text: str) -> None:
    """The error's message goes to the log."""
    with pytest.raises(ProviderError) as caught:
        normalize_url(text)
    assert "sesame" not in str(caught.value)


@pytest.mark.parametrize(
    ("typed", "same"),
    [
        ("https://host", True),
        (" HTTPS://Host:443/other/path ", True),
        ("http://host", False),
        ("https://host:8443/v1", False),
        ("https://host.evil.example/v1", False),
        ("https://host@evil.example/v1", False),
        ("nonsense", False),
        ("https://host:port", False),
        ("", False),
    ],
)
def test_a_key_stays_where_it_belongs(typed: str, same: bool) -> None:
    """Another scheme, host or port is another server."""
    assert is_same_server(typed, "https://host/v1") is same
