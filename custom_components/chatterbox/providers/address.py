"""Addresses of model servers, as people type them."""

from ipaddress import ip_address
import re
from typing import Final
from urllib.parse import urlsplit

from yarl import URL

from ..const import LOCAL_SUFFIXES
from .base import ProviderError, ProviderErrorKind
from .http import parse_url

# What people paste from a server's documentation behind the address proper.
_ENDPOINTS: Final = ("/chat/completions", "/completions", "/models")


def normalize_url(text: str) -> str:
    """Return a server's address with its scheme, without endpoint and trailing slash.

    Raises ProviderError (INVALID_URL) unless it is http(s) with a host and without
    user, query and fragment: a password would reach the log.
    """
    text = _with_scheme(text.strip())
    url = parse_url(text)
    extras = (url.user, url.password, url.query_string, url.fragment)
    if any(extras) or re.search(r"\s", text):
        raise ProviderError(
            ProviderErrorKind.INVALID_URL, "The address is more than a place"
        )
    address = str(url).rstrip("/")
    for endpoint in _ENDPOINTS:
        address = address.removesuffix(endpoint)
    return address.rstrip("/")


def is_same_server(address: str, url: str) -> bool:
    """Return whether what was typed has the scheme, host and port of an address."""
    try:
        typed, known = URL(_with_scheme(address.strip())), URL(url)
    except ValueError:
        return False
    places = [(place.scheme, place.host, place.port) for place in (typed, known)]
    return places[0] == places[1]


def is_local(url: str) -> bool:
    """Return whether the address is one of the home's network, as far as it shows."""
    host = urlsplit(url).hostname or ""
    try:
        address = ip_address(host)
    except ValueError:
        return "." not in host or host.endswith(LOCAL_SUFFIXES)
    return address.is_private or address.is_loopback or address.is_link_local


def is_this_machine(url: str) -> bool:
    """Return whether an address is that of the machine, or container, that asks."""
    host = (URL(url).host or "").rstrip(".")
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _with_scheme(text: str) -> str:
    """Return an address with a scheme: http for a host of one's own, else https."""
    if "://" in text or not text or text.startswith("/"):
        return text
    try:
        scheme = "http" if is_local(f"http://{text}") else "https"
    except ValueError:
        # It is no address either way.
        return text
    return f"{scheme}://{text}"
