"""A model server beside a program that runs an event loop of its own."""

import asyncio
from threading import Thread
from typing import Self

from scripts.demo_model import ModelServer
from scripts.demo_model.server import Brain


class ServerInThread:
    """A model server in a thread, which a test may let die."""

    def __init__(self, brain: Brain) -> None:
        """Take what answers."""
        self.server = ModelServer(brain)
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever)

    @property
    def url(self) -> str:
        """Its address."""
        return self.server.url

    def __enter__(self) -> Self:
        """Start."""
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self.server.start(), self._loop).result(10)
        return self

    def move_to(self, url: str) -> None:
        """Listen at this address from now on."""
        port = int(url.rpartition(":")[2].partition("/")[0])

        async def move() -> None:
            await self.server.close()
            await self.server.start(port)

        asyncio.run_coroutine_threadsafe(move(), self._loop).result(10)

    def die(self) -> None:
        """Answer nobody any more, at once and without a word. From the loop itself."""
        task = self._loop.create_task(self.server.close())
        self._dying = task

    def __exit__(self, *_: object) -> None:
        """Stop."""
        asyncio.run_coroutine_threadsafe(self.server.close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()
