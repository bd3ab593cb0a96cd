"""A headless Chromium, by its DevTools protocol over aiohttp."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
import json
import os
from pathlib import Path
import shutil
import signal
from typing import Any

import aiohttp

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
)
POLL = 0.1
"""Seconds between two looks at a page or a starting browser."""
START_LIMIT = 60.0
"""Seconds for the browser to start, on a machine that is busy."""


ANSWER_LIMIT = 5.0
"""Seconds for one look at a page that is being loaded."""
PAGE_LIMIT = 150.0
"""Seconds for a page to come to what is waited for, the same."""


class BrowserError(Exception):
    """The browser or a script in its page did not do what it was asked."""


def find_browser() -> str | None:
    """Return the path of a Chromium, None if the machine has none."""
    return next((path for name in PROGRAMS if (path := shutil.which(name))), None)


class Page:
    """The one tab of a browser."""

    def __init__(self, websocket: aiohttp.ClientWebSocketResponse) -> None:
        """Take the tab's DevTools websocket."""
        self._websocket = websocket
        self._last_id = 0
        self._loaded = False
        self._held: list[str] = []
        self.errors: list[str] = []
        """What scripts threw and nobody caught."""

    async def send(self, method: str, **params: Any) -> Any:
        """Call a method of the protocol and return its result. Raises BrowserError."""
        self._last_id += 1
        number = self._last_id
        await self._websocket.send_json(
            {"id": number, "method": method, "params": params}
        )
        while True:
            message = await self._read()
            if message.get("id") == number:
                if "error" in message:
                    raise BrowserError(f"{method}: {message['error']['message']}")
                return message["result"]

    async def _read(self) -> Any:
        """Return the next message, and note what it tells of the page."""
        message = json.loads(await self._websocket.receive_str())
        match message.get("method"):
            case "Runtime.exceptionThrown":
                self.errors.append(_said(message["params"]["exceptionDetails"]))
            case "Page.loadEventFired":
                self._loaded = True
            case "Fetch.requestPaused":
                self._held.append(message["params"]["requestId"])
        return message

    async def run(self, script: str) -> Any:
        """Run an expression, wait for its promise, and return its value as JSON has it.

        Raises BrowserError with what the script throws.
        """
        answer = await self.send(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        if details := answer.get("exceptionDetails"):
            raise BrowserError(_said(details))
        return answer["result"].get("value")

    async def wait_for(self, script: str, seconds: float = PAGE_LIMIT) -> Any:
        """Return the first value of an expression that is true. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while True:
                # A page that is left answers nothing any more.
                with suppress(BrowserError, TimeoutError):
                    async with asyncio.timeout(ANSWER_LIMIT):
                        if value := await self.run(script):
                            return value
                await asyncio.sleep(POLL)

    async def before_each_page(self, script: str) -> None:
        """Have a script run in every page before its own."""
        await self.send("Page.addScriptToEvaluateOnNewDocument", source=script)

    async def hold(self, pattern: str) -> None:
        """Keep what has such an address (`*` for any part) from arriving until `let_go`."""
        await self.send("Fetch.enable", patterns=[{"urlPattern": pattern}])

    async def let_go(self) -> None:
        """Let what was held arrive, and hold nothing any more. Raises BrowserError if none was."""
        if not self._held:
            raise BrowserError("nothing was held")
        self._held.clear()
        await self.send("Fetch.disable")

    async def open(self, url: str) -> None:
        """Go to an address and wait until it is loaded; what it does then is not waited for.

        A page that is being left answers no script, so nothing is asked before.
        """
        self._loaded = False
        await self.send("Page.navigate", url=url)
        async with asyncio.timeout(PAGE_LIMIT):
            while not self._loaded:
                await self._read()

    async def press(self, key: str) -> None:
        """Press a key, named as `KeyboardEvent.key` has it."""
        codes = {"Enter": 13, "Escape": 27, "ArrowDown": 40, "ArrowUp": 38, "Tab": 9}
        event = {"key": key, "code": key, "windowsVirtualKeyCode": codes[key]}
        text = {"text": "\r"} if key == "Enter" else {}
        await self.send("Input.dispatchKeyEvent", type="keyDown", **event, **text)
        await self.send("Input.dispatchKeyEvent", type="keyUp", **event)

    async def looks(
        self, *, width: int, height: int, scale: float = 1.0, dark: bool = False
    ) -> None:
        """Take a size in CSS pixels, and light or dark."""
        await self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=scale,
            mobile=width < 600,
        )
        scheme = {
            "name": "prefers-color-scheme",
            "value": "dark" if dark else "light",
        }
        await self.send("Emulation.setEmulatedMedia", features=[scheme])

    async def picture(self, box: dict[str, float] | None = None) -> bytes:
        """Return a PNG of the page, or of a box `{x, y, width, height}` of it."""
        clip = {"clip": {**box, "scale": 1}} if box else {}
        answer = await self.send("Page.captureScreenshot", format="png", **clip)
        return base64.b64decode(answer["data"])


@asynccontextmanager
async def browsing(folder: Path) -> AsyncIterator[Page]:
    """Start a browser with a new profile in the folder; it stops with the block.

    Raises BrowserError if there is none.
    """
    if (program := find_browser()) is None:
        raise BrowserError("There is no Chromium on this machine")
    process = await asyncio.create_subprocess_exec(
        program,
        *FLAGS,
        f"--user-data-dir={folder}",
        "about:blank",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        port = await _port(folder)
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://127.0.0.1:{port}/json/list") as answer,
        ):
            targets = json.loads(await answer.text())
            (url,) = (
                target["webSocketDebuggerUrl"]
                for target in targets
                if target["type"] == "page"
            )
            async with session.ws_connect(url, max_msg_size=0) as websocket:
                page = Page(websocket)
                await page.send("Page.enable")
                await page.send("Runtime.enable")
                yield page
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            async with asyncio.timeout(10):
                await process.wait()
        except TimeoutError:
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


async def _port(folder: Path) -> int:
    """Return the port that the browser notes in its profile once it listens."""
    note = folder / "DevToolsActivePort"
    async with asyncio.timeout(START_LIMIT):
        # Another program writes it: there is nothing to wait for but the file.
        while not note.exists() or not note.read_text().strip():  # noqa: ASYNC110
            await asyncio.sleep(POLL)
    return int(note.read_text().split()[0])


def _said(details: dict[str, Any]) -> str:
    exception = details.get("exception", {})
    return str(exception.get("description") or details.get("text"))
