"""The slots of a llama.cpp server, each of which keeps one prompt that it has read.

Each agent gets its own, if there are enough. With `--slot-save-path` a primed prompt is
saved, and brought back after a restart or another agent.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
import hashlib
import logging
from typing import Any, Final

from ..base import ModelRequest, ProviderError, SystemMessage
from ..body import encode
from ..json_shape import as_count, as_object, as_objects

_LOGGER = logging.getLogger(__name__)

SERVER: Final = "llama.cpp"
"""What the server calls itself in its answers' headers."""

FRESH_FOR: Final = 30.0
"""Seconds after an answer for which the server is taken not to have been restarted."""

MOVE_TIMEOUT: Final = 10.0
"""Seconds to save a slot or to bring it back: some hundred megabytes of disk."""

type GetJson = Callable[[str, bytes | None, float], Awaitable[Any]]
"""Gets a path of the server, or posts to it."""


class Slots:
    """Which agent has which slot, and what is in it."""

    def __init__(self, get_json: GetJson) -> None:
        self._get_json = get_json
        self._count: int | None = None
        self._of: dict[str, int] = {}
        self._in: dict[int, str] = {}
        self._files: dict[str, str] = {}
        self._busy: set[int] = set()
        self._saved: dict[str, bytes] = {}
        self._saves = True
        self._fresh_until = 0.0

    @property
    def count(self) -> int:
        """How many there are; 0 where that is not known."""
        return self._count or 0

    @asynccontextmanager
    async def hold(self, request: ModelRequest) -> AsyncGenerator[int | None]:
        """Give the slot with the agent's prompt, None if the server shall choose."""
        if self._count is None:
            self._count = await self._ask_count()
        slot = self._slot_of(request) if self._count else None
        if slot is None or slot in self._busy:
            yield None
            return
        self._busy.add(slot)
        try:
            await self._bring_back(slot, self._files[request.cache_key or ""], request)
            yield slot
            self._now_fresh()
            if request.prime:
                await self._save(slot, request)
        except ProviderError:
            # Whatever it is, it may have been a restart.
            self._fresh_until = 0.0
            raise
        finally:
            self._busy.discard(slot)

    async def bring_back_all(self) -> None:
        """Bring back what a restart of the server has lost."""
        for key, slot in tuple(self._of.items()):
            if slot not in self._busy and self._in.get(slot) == self._files[key]:
                await self._bring_back(slot, self._files[key])

    def _slot_of(self, request: ModelRequest) -> int | None:
        """Return the agent's slot; with too few, whoever spoke longest ago loses his."""
        if (key := request.cache_key) is None:
            return None
        slot = self._of.pop(key, None)
        if slot is None:
            free = set(range(self.count)) - set(self._of.values())
            slot = min(free) if free else self._of.pop(next(iter(self._of)))
        self._of[key] = slot
        name = hashlib.sha256(f"{key} {request.model}".encode()).hexdigest()[:16]
        self._files[key] = f"chatterbox-{name}.bin"
        return slot

    async def _ask_count(self) -> int:
        try:
            props = as_object(await self._get_json("//props", None, MOVE_TIMEOUT))
        except ProviderError:
            return 0
        return as_count(props.get("total_slots"))

    async def _bring_back(
        self, slot: int, file: str, request: ModelRequest | None = None
    ) -> None:
        """Restore a saved prompt. A server without the file would empty the slot."""
        empty = await self._is_empty(slot)
        if self._in.get(slot) == file and not empty:
            return
        self._in[slot] = file
        primes = request is None or request.prime
        if self._saves and (empty or primes or file in self._saved):
            await self._move("restore", slot, file)

    async def _is_empty(self, slot: int) -> bool:
        if asyncio.get_running_loop().time() < self._fresh_until:
            return False
        try:
            slots = as_objects(await self._get_json("//slots", None, MOVE_TIMEOUT))
        except ProviderError:
            return False
        self._now_fresh()
        return any(s.get("id") == slot and "id_task" not in s for s in slots)

    def _now_fresh(self) -> None:
        self._fresh_until = asyncio.get_running_loop().time() + FRESH_FOR

    async def _save(self, slot: int, request: ModelRequest) -> None:
        system = [m.text for m in request.messages if isinstance(m, SystemMessage)]
        tools = [[t.name, t.description, t.parameters] for t in request.tools]
        prefix = hashlib.sha256(encode([request.model, system, tools])).digest()
        file = self._in[slot]
        if self._saves and self._saved.get(file) != prefix:
            self._saves = await self._move("save", slot, file)
            self._saved[file] = prefix

    async def _move(self, action: str, slot: int, file: str) -> bool:
        path = f"//slots/{slot}?action={action}"
        body = encode({"filename": file})
        try:
            moved = as_object(await self._get_json(path, body, MOVE_TIMEOUT))
        except ProviderError as err:
            _LOGGER.debug("Slot %d: no %s: %s", slot, action, err)
            return False
        _LOGGER.debug(
            "Slot %d: %s of %d tokens",
            slot,
            action,
            as_count(moved.get("n_saved")) or as_count(moved.get("n_restored")),
        )
        return True
