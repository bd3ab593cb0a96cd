"""What a fault of HTTP means, for every model server that speaks it."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
import json
import re
from typing import Any

import aiohttp
from yarl import URL

from .base import ProviderError, ProviderErrorKind as Kind

CONNECT_TIMEOUT = 10.0
"""Seconds for name, connection and TLS together."""

ERROR_BODY_BYTES = 16 * 2**10
"""Bytes of an error's body that are read: its message stands at the beginning."""

ERROR_BODY_TIMEOUT = 5.0
"""Seconds for all of an error's body; what has come by then has to do."""

MAX_RESPONSE_BYTES = 2 * 2**20
"""Bytes of an answer: ten times what its longest sensible text takes as events."""

MAX_LIST_BYTES = 8 * 2**20
"""Bytes of a list of models: the longest, OpenRouter's, is below 1 MiB."""

_KEY_HEADERS = ("Authorization", "x-api-key", "api-key")

_STATUS_KINDS = {
    401: Kind.INVALID_AUTH,
    402: Kind.NO_CREDIT,
    403: Kind.INVALID_AUTH,
    404: Kind.NOT_A_MODEL_SERVER,
    405: Kind.NOT_A_MODEL_SERVER,
    408: Kind.TIMEOUT,
    429: Kind.RATE_LIMITED,
    # Anthropic is overloaded.
    529: Kind.RATE_LIMITED,
}

_IN_STREAM = {
    **{str(code): _STATUS_KINDS[code] for code in (401, 402, 403, 429, 529)},
    "insufficient_quota": Kind.NO_CREDIT,
    # OpenAI's codes, Anthropic's types.
    "rate_limit_exceeded": Kind.RATE_LIMITED,
    "rate_limit_error": Kind.RATE_LIMITED,
    "overloaded_error": Kind.RATE_LIMITED,
    "invalid_api_key": Kind.INVALID_AUTH,
    "authentication_error": Kind.INVALID_AUTH,
    "permission_error": Kind.INVALID_AUTH,
    "model_not_found": Kind.MODEL_NOT_FOUND,
    "not_found_error": Kind.MODEL_NOT_FOUND,
}

_CODE_KEYS = ("code", "type", "status_code")

# Some servers answer 400 to a bad key (Gemini, xAI) or to an unknown model (Mistral,
# OpenRouter); and a 404 is either an unknown model or not a model server at all.
_BAD_KEY = re.compile(
    r"\bapi[ _-]?key\b.{0,40}\b(valid|invalid|incorrect)|"
    r"(invalid|incorrect)\b.{0,20}\bapi[ _-]?key",
    re.IGNORECASE,
)
# OpenAI and those that do as it does; Gemini calls its limits per minute a quota too.
_NO_CREDIT = re.compile(
    r"insufficient[ _](quota|credit|balance|funds)|credit balance|out of credit|"
    r"billing_hard_limit",
    re.IGNORECASE,
)
_NO_MODEL = re.compile(
    r"model_not_found|invalid_?model|(invalid|unknown|not a valid|no such) model|"
    r"model.{0,200}?(not found|does not exist|is not available)",
    re.IGNORECASE | re.DOTALL,
)
_NO_TOOLS = re.compile(r"does not support (tools|function calling)", re.IGNORECASE)
_REFUSALS = (
    ((400, 422), _NO_TOOLS, Kind.NO_TOOLS),
    ((400, 422), _BAD_KEY, Kind.INVALID_AUTH),
    ((400, 422), _NO_MODEL, Kind.MODEL_NOT_FOUND),
    ((400, 403, 429), _NO_CREDIT, Kind.NO_CREDIT),
)
# OpenRouter has no endpoints for a model that cannot call tools.
_MODEL = re.compile(r"model|no endpoints", re.IGNORECASE)


def http_timeout(silence: float) -> aiohttp.ClientTimeout:
    """Return the limits of one request: `silence` is seconds without a byte."""
    return aiohttp.ClientTimeout(total=None, connect=CONNECT_TIMEOUT, sock_read=silence)


def parse_url(url: str) -> URL:
    """Return an absolute http(s) address. Raises ProviderError (INVALID_URL)."""
    try:
        parsed = URL(url.strip())
    except ValueError as err:
        raise ProviderError(Kind.INVALID_URL, "The address cannot be read") from err
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise ProviderError(Kind.INVALID_URL, "The address is not http:// or https://")
    return parsed


def connection_error(err: BaseException) -> ProviderError:
    """Return what a failure before the first byte of an answer means."""
    cause = f"{type(err).__name__}: {err}" if str(err) else type(err).__name__
    if isinstance(err, TimeoutError):
        return ProviderError(Kind.TIMEOUT, cause)
    if isinstance(err, aiohttp.ClientSSLError):
        return ProviderError(Kind.NO_TLS, cause)
    if isinstance(err, ValueError):
        # InvalidURL is one; so is a host name that cannot be written in ASCII.
        return ProviderError(Kind.INVALID_URL, cause)
    if isinstance(err, aiohttp.ClientConnectorError):
        return ProviderError(Kind.CANNOT_CONNECT, cause)
    if isinstance(err, aiohttp.ClientResponseError):
        # What came back is not HTTP.
        return ProviderError(Kind.NOT_A_MODEL_SERVER, cause)
    return ProviderError(Kind.STREAM_BROKEN, cause)


def read_error(err: BaseException) -> ProviderError:
    """Return what a failure after the first byte of an answer means."""
    cause = f"{type(err).__name__}: {err}" if str(err) else type(err).__name__
    if isinstance(err, TimeoutError):
        return ProviderError(Kind.TIMEOUT, f"The answer stalled ({cause})")
    return ProviderError(Kind.STREAM_BROKEN, f"The answer broke off ({cause})")


async def status_error(
    response: aiohttp.ClientResponse,
) -> tuple[ProviderError, str]:
    """Return what an answer other than 200 means, and the text of its body."""
    body = await _error_body(response)
    body = _without_key(body, response.request_info.headers)
    status = response.status
    message = f"Status {status}: {error_message(body)}"[:500]
    if 300 <= status < 400:
        message = f"Status {status}: redirects to {response.headers.get('Location')}"
    wait = retry_after(response.headers)
    return ProviderError(_kind(status, body), message, retry_after=wait), body


async def _error_body(response: aiohttp.ClientResponse) -> str:
    held = bytearray()
    with suppress(aiohttp.ClientError, TimeoutError):
        async with asyncio.timeout(ERROR_BODY_TIMEOUT):
            while len(held) < ERROR_BODY_BYTES:
                if not (chunk := await response.content.readany()):
                    break
                held += chunk
    return held[:ERROR_BODY_BYTES].decode("utf-8", "replace")


async def read_whole(response: aiohttp.ClientResponse, limit: int) -> bytes:
    """Return a body of at most `limit` bytes. Raises ProviderError."""
    held = bytearray()
    try:
        while chunk := await response.content.readany():
            held += chunk
            if len(held) > limit:
                raise ProviderError(
                    Kind.NOT_A_MODEL_SERVER, f"It is longer than {limit} bytes"
                )
    except (aiohttp.ClientError, TimeoutError) as err:
        raise read_error(err) from err
    return bytes(held)


def in_stream_error(error: Any) -> ProviderError:
    """Return what an error object means that a server put in its answer."""
    told = [error.get(key) for key in _CODE_KEYS] if isinstance(error, dict) else []
    kinds = (_IN_STREAM[str(code)] for code in told if str(code) in _IN_STREAM)
    kind = next(kinds, Kind.SERVER_ERROR)
    message = error_message(json.dumps({"error": error}))
    return ProviderError(kind, f"The server says: {message}"[:500])


def error_message(body: str) -> str:
    """Return the message in an error's body, or the body itself on one line."""
    try:
        found = json.loads(body)
    except ValueError:
        return " ".join(body.split())
    # Gemini wraps its error in a list.
    if isinstance(found, list) and found:
        found = found[0]
    for key in ("error", "message", "detail"):
        while isinstance(found, dict) and key in found:
            found = found[key]
    if isinstance(found, list):
        # FastAPI's complaints, which repeat the request and so what people said.
        told = [f["msg"] for f in found if isinstance(f, dict) and "msg" in f]
        found = "; ".join(map(str, told)) if told else found
    return found if isinstance(found, str) else json.dumps(found)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that `Retry-After` asks to wait (RFC 9110, 10.2.3)."""
    value = headers.get("Retry-After", "").strip()
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())


def _without_key(text: str, headers: Mapping[str, str]) -> str:
    for name in _KEY_HEADERS:
        if key := headers.get(name, "").removeprefix("Bearer ").strip():
            text = text.replace(key, "***")
    return text


def _kind(status: int, body: str) -> Kind:
    for statuses, says, kind in _REFUSALS:
        if status in statuses and says.search(body):
            return kind
    if status == 404 and _MODEL.search(error_message(body)):
        return Kind.MODEL_NOT_FOUND
    if status < 400:
        return Kind.NOT_A_MODEL_SERVER
    default = Kind.SERVER_ERROR if status >= 500 else Kind.REQUEST_REFUSED
    return _STATUS_KINDS.get(status, default)
