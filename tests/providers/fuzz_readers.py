"""Coverage-guided fuzzing of what reads a server's answer, for each protocol.

    python -m tests.providers.fuzz_readers CORPUS -max_total_time=600

It needs `atheris` (3.1 or newer). CORPUS is a folder that is made, and filled with the
recorded answers, where it is empty. Whatever a server sends, only `ProviderError` may come
of it, and the same whether it comes at once or in pieces.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
import itertools
from pathlib import Path
import sys
from typing import Any, Final

import atheris  # type: ignore[import-not-found]

with atheris.instrument_imports(include=["custom_components.chatterbox.providers"]):
    from custom_components.chatterbox.providers import events
    from custom_components.chatterbox.providers.additions import Additions
    from custom_components.chatterbox.providers.anthropic import answer as anthropic
    from custom_components.chatterbox.providers.base import (
        ModelEvent,
        ModelRequest,
        ProviderError,
        TextDelta,
        ThinkingDelta,
        ToolCall,
        ToolSpec,
        UserMessage,
    )
    from custom_components.chatterbox.providers.ollama import answer as ollama
    from custom_components.chatterbox.providers.openai import answer as openai
    from custom_components.chatterbox.providers.responses import answer as responses

RECORDINGS: Final = Path(__file__).parent / "recordings"
REQUEST: Final = ModelRequest(
    model="demo",
    messages=(UserMessage("Turn on the lamp"),),
    tools=(ToolSpec("HassTurnOn", "", {"type": "object"}),),
)
READERS: Final[dict[str, Callable[[], Any]]] = {
    "openai": lambda: openai.ChatReader(REQUEST, Additions()),
    "responses": lambda: responses.ResponsesReader(REQUEST, Additions()),
    "anthropic": lambda: anthropic.MessagesReader(REQUEST, Additions()),
    "ollama": lambda: ollama.OllamaReader(REQUEST, Additions()),
}
_loop = asyncio.new_event_loop()


class _Content:
    """Bytes of a body, in pieces of a size."""

    def __init__(self, body: bytes, size: int) -> None:
        self._pieces = map(bytes, itertools.batched(body, size, strict=False))

    async def readany(self) -> bytes:
        return next(self._pieces, b"")


class _Response:
    content_type = "text/event-stream"

    def __init__(self, body: bytes, size: int) -> None:
        self.content = _Content(body, size)


async def _read(protocol: str, body: bytes, size: int) -> tuple[Any, ...]:
    """Return what comes of a body: text, thoughts, calls, and the error's kind."""
    reader = READERS[protocol]()
    read = events.read_lines if protocol == "ollama" else events.read_events
    found: list[ModelEvent] = []
    error = None
    try:
        async for event in _events(read(_Response(body, size), reader), reader):  # type: ignore[arg-type]
            found.append(event)  # noqa: PERF401 - kept where an error follows
    except ProviderError as err:
        error = err.kind
    return (
        "".join(event.text for event in found if isinstance(event, TextDelta)),
        "".join(event.text for event in found if isinstance(event, ThinkingDelta)),
        [
            (event.name, event.arguments, event.error)
            for event in found
            if isinstance(event, ToolCall)
        ],
        error,
    )


async def _events(data: AsyncGenerator[str], reader: Any) -> AsyncGenerator[ModelEvent]:
    async for text in data:
        for event in reader.read(text):
            yield event
    for event in reader.end():
        yield event


def read_one(data: bytes) -> None:
    """Read one body as one protocol's, at once and in pieces of a size."""
    if not data:
        return
    protocol = list(READERS)[data[0] % len(READERS)]
    body, size = data[1:], 1 + data[0] // len(READERS)
    whole = _loop.run_until_complete(_read(protocol, body, len(body) or 1))
    parted = _loop.run_until_complete(_read(protocol, body, size))
    if whole != parted:
        raise AssertionError(
            f"{protocol}: {whole} at once, {parted} in pieces of {size}"
        )


def _fill(corpus: Path) -> None:
    """Put the recorded answers into an empty corpus."""
    corpus.mkdir(parents=True, exist_ok=True)
    for number, protocol in enumerate(READERS):
        for recording in (RECORDINGS / protocol).iterdir():
            if recording.is_file():
                body = bytes([number]) + recording.read_bytes()
                (corpus / f"{protocol}_{recording.name}").write_bytes(body)


if __name__ == "__main__":
    folders = [Path(part) for part in sys.argv[1:] if not part.startswith("-")]
    if folders and not (folders[0].exists() and any(folders[0].iterdir())):
        _fill(folders[0])
    atheris.Setup(sys.argv, read_one)
    atheris.Fuzz()
