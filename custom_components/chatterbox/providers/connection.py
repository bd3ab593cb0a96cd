"""Sending requests to one server."""

from collections.abc import Callable

import aiohttp

from .base import ProviderError, ProviderErrorKind as Kind
from .http import connection_error, http_timeout, parse_url


class Connection:
    """One server, its address and the key for it."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        api_key: str,
        headers: Callable[[str], dict[str, str]],
    ) -> None:
        self._session = session
        self._url = url
        self._api_key = api_key
        self._headers_of = headers
        self.server = ""

    async def send(
        self, method: str, path: str, body: bytes | None, silence: float
    ) -> aiohttp.ClientResponse:
        """Send a request and return the response, whatever its status.

        It is sent once more if the server drops it before answering: a connection that
        was kept alive may just have closed. A path with `//` is beside the address's
        `/v1`. Raises ProviderError.
        """
        base = parse_url(self._url)
        path, _, query = path.partition("?")
        below = base.path.rstrip("/")
        if path.startswith("//"):
            below = below.removesuffix("/v1")
        url = base.with_path(below + "/" + path.lstrip("/")).with_query(query)
        for last in (False, True):
            try:
                response = await self._session.request(
                    method,
                    url,
                    data=body,
                    headers=self._headers(),
                    timeout=http_timeout(silence),
                    allow_redirects=False,
                )
            except aiohttp.ClientConnectorError as err:
                raise connection_error(err) from err
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as err:
                if last:
                    raise connection_error(err) from err
            except (aiohttp.ClientError, TimeoutError, ValueError) as err:
                raise connection_error(err) from err
            except RuntimeError as err:
                if not self._session.closed:
                    raise
                raise ProviderError(Kind.CANNOT_CONNECT, "Shutting down") from err
            else:
                self.server = response.headers.get("Server", "")
                return response
        raise AssertionError("unreachable")

    def _headers(self) -> dict[str, str]:
        if not (self._api_key.isascii() and self._api_key.isprintable()):
            raise ProviderError(Kind.INVALID_AUTH, "The key holds odd characters")
        return {
            "Accept": "text/event-stream, application/json",
            "Content-Type": "application/json",
            **self._headers_of(self._api_key),
        }
