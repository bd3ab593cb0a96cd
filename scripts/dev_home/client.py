"""A client of Home Assistant's REST and websocket APIs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self

import aiohttp

USER = "demo"
PASSWORD = "demo"  # noqa: S105 - it listens on 127.0.0.1 only
POLL = 0.2
"""Seconds between two looks at a Home Assistant that is starting."""


class HomeError(Exception):
    """Home Assistant did not do what it was asked; says what and why."""


class HomeClient:
    """A logged-in connection to one Home Assistant.

    Commands go one at a time: a command's answer is read before the next is sent.
    """

    def __init__(
        self,
        url: str,
        session: aiohttp.ClientSession,
        websocket: aiohttp.ClientWebSocketResponse,
        token: str,
    ) -> None:
        """Take an authenticated websocket and the access token for REST."""
        self.url = url
        self._session = session
        self._websocket = websocket
        self.token = token
        """For REST, and for a browser."""
        self._headers = {"Authorization": f"Bearer {token}"}
        self._last_id = 0

    @classmethod
    @asynccontextmanager
    async def connected(cls, url: str) -> AsyncIterator[Self]:
        """Log in to the Home Assistant at the url, as the demo user."""
        async with aiohttp.ClientSession() as session:
            token = await _log_in(session, url)
            async with session.ws_connect(
                f"{url}/api/websocket", max_msg_size=0
            ) as websocket:
                await websocket.receive_json()
                await websocket.send_json({"type": "auth", "access_token": token})
                if (await websocket.receive_json())["type"] != "auth_ok":
                    raise HomeError("Home Assistant refused its own token")
                yield cls(url, session, websocket, token)

    async def get(self, path: str) -> Any:
        """Return the JSON at a REST path."""
        return await self._rest("GET", path)

    async def post(self, path: str, data: dict[str, Any]) -> Any:
        """Post JSON to a REST path and return the JSON that comes back."""
        return await self._rest("POST", path, json=data)

    async def delete(self, path: str) -> Any:
        """Delete what is at a REST path."""
        return await self._rest("DELETE", path)

    async def download(self, path: str) -> bytes:
        """Return the bytes at a path."""
        async with self._session.get(self.url + path, headers=self._headers) as answer:
            answer.raise_for_status()
            return await answer.read()

    async def command(self, kind: str, **data: Any) -> Any:
        """Send a websocket command and return its result."""
        number = await self._send(kind, data)
        while True:
            message = await self._websocket.receive_json()
            if message["id"] == number and message["type"] == "result":
                return _result(kind, message)

    async def events(self, kind: str, **data: Any) -> AsyncIterator[dict[str, Any]]:
        """Send a websocket command and yield its events; the caller knows the last."""
        number = await self._send(kind, data)
        while True:
            message = await self._websocket.receive_json()
            if message["id"] != number:
                continue
            if message["type"] == "result":
                _result(kind, message)
            else:
                yield message["event"]

    async def states(self) -> dict[str, str]:
        """Return each entity's state by its entity id."""
        states = await self.command("get_states")
        return {state["entity_id"]: state["state"] for state in states}

    async def call_service(self, domain: str, service: str, **data: Any) -> None:
        """Call a service and wait until it is done."""
        await self.command(
            "call_service", domain=domain, service=service, service_data=data
        )

    async def ask_service(self, domain: str, service: str, **data: Any) -> Any:
        """Call a service and return its response."""
        result = await self.command(
            "call_service",
            domain=domain,
            service=service,
            service_data=data,
            return_response=True,
        )
        return result["response"]

    async def wait_until_running(self) -> None:
        """Wait until Home Assistant has set up everything."""
        # Another process: there is nothing to wait for but its answer.
        while (await self.get("/api/config"))["state"] != "RUNNING":  # noqa: ASYNC110
            await asyncio.sleep(POLL)

    async def _rest(self, method: str, path: str, **data: Any) -> Any:
        async with self._session.request(
            method, self.url + path, headers=self._headers, **data
        ) as answer:
            if answer.status >= 400:
                raise HomeError(
                    f"{method} {path}: {answer.status} {await answer.text()}"
                )
            return await answer.json()

    async def _send(self, kind: str, data: dict[str, Any]) -> int:
        self._last_id += 1
        await self._websocket.send_json({"id": self._last_id, "type": kind, **data})
        return self._last_id


def _result(kind: str, message: dict[str, Any]) -> Any:
    if not message["success"]:
        raise HomeError(f"{kind}: {message['error']['message']}")
    return message["result"]


async def answers(url: str) -> bool:
    """Return whether a Home Assistant answers at the url."""
    limit = aiohttp.ClientTimeout(total=5)
    try:
        async with (
            aiohttp.ClientSession(timeout=limit) as session,
            session.get(f"{url}/auth/providers") as answer,
        ):
            # Before there is a user, it is a bad request.
            return answer.status in (200, 400)
    except aiohttp.ClientError, TimeoutError:
        return False


async def _log_in(session: aiohttp.ClientSession, url: str) -> str:
    """Return an access token of the demo user, whom the first log-in makes."""
    async with session.get(f"{url}/auth/providers") as answer:
        has_user = answer.status == 200
    ask_for_code = _authorization_code if has_user else _make_user
    code = await ask_for_code(session, url)
    grant = {"client_id": f"{url}/", "grant_type": "authorization_code", "code": code}
    async with session.post(f"{url}/auth/token", data=grant) as answer:
        tokens: dict[str, str] = await answer.json()
    if "access_token" not in tokens:
        raise HomeError(f"Could not log in: {tokens}")
    return tokens["access_token"]


async def _make_user(session: aiohttp.ClientSession, url: str) -> str:
    user = {
        "client_id": f"{url}/",
        "name": "Demo",
        "username": USER,
        "password": PASSWORD,
        "language": "en",
    }
    async with session.post(f"{url}/api/onboarding/users", json=user) as answer:
        return str((await answer.json())["auth_code"])


async def _authorization_code(session: aiohttp.ClientSession, url: str) -> str:
    wanted = {
        "client_id": f"{url}/",
        "handler": ["homeassistant", None],
        "redirect_uri": f"{url}/?auth_callback=1",
    }
    async with session.post(f"{url}/auth/login_flow", json=wanted) as answer:
        flow = (await answer.json())["flow_id"]
    user = {"client_id": f"{url}/", "username": USER, "password": PASSWORD}
    async with session.post(f"{url}/auth/login_flow/{flow}", json=user) as answer:
        outcome = await answer.json()
    if outcome.get("type") != "create_entry":
        raise HomeError(f"Home Assistant does not know user {USER}: {outcome}")
    return str(outcome["result"])
