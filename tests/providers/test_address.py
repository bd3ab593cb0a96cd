"""Tests for a model server's address."""

import pytest

from custom_components.chatterbox.providers.address import (
    is_same_server,
    is_this_machine,
    normalize_url,
)
from custom_components.chatterbox.providers.base import ProviderError, ProviderErrorKind


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
    "text",
    [
        "",
        "/v1",
        "host:port",
        "host:99999",
        "me@host",
        "[::1",
        "a b",
        "file:///v1",
        "http:///v1",
        "http://a b/",
        "//h",
    ],
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
    ("text", "url"),
    [
        ("192.168.1.20:11434", "http://192.168.1.20:11434"),
        ("ollama", "http://ollama"),
        ("localhost:8080/v1/", "http://localhost:8080/v1"),
        ("[fd00::1]:8080", "http://[fd00::1]:8080"),
        ("gpu.local:8000/v1", "http://gpu.local:8000/v1"),
        ("api.openai.com/v1", "https://api.openai.com/v1"),
        ("8.8.8.8:8080", "https://8.8.8.8:8080"),
        ("models.example.com:443/v1", "https://models.example.com/v1"),
    ],
)
def test_scheme_that_is_left_out(text: str, url: str) -> None:
    """A key is sent over the internet in no other way than encrypted."""
    assert normalize_url(text) == url


@pytest.mark.parametrize(
    ("url", "this"),
    [
        ("http://localhost:11434/v1", True),
        ("http://localhost.:11434/v1", True),
        ("http://127.0.0.2/v1", True),
        ("http://[::1]:8080/v1", True),
        ("http://localhost.example.com/v1", False),
        ("http://192.168.1.20/v1", False),
    ],
)
def test_address_of_this_machine(url: str, this: bool) -> None:
    """In a container it is the container's."""
    assert is_this_machine(url) is this


@pytest.mark.parametrize(
    ("typed", "same"),
    [
        ("https://host", True),
        (" HTTPS://Host:443/other/path ", True),
        ("host:443/v1", False),
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
