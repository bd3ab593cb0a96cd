"""What reading a streamed answer costs, beside doing the least, in the same run.

Run with ``python -m benchmarks.stream``. The least is to cut lines, parse the JSON and
take the text: it understands one server's plain answers.
"""

from collections.abc import Callable
import json
from statistics import median
import time

from custom_components.chatterbox.providers.additions import Additions
from custom_components.chatterbox.providers.base import (
    ModelRequest,
    TextDelta,
    ToolCall,
    ToolSpec,
)
from custom_components.chatterbox.providers.openai.answer import ChatReader
from custom_components.chatterbox.providers.sse import EventParser

CHUNKS = 2000
ROUNDS = 15
REQUEST = ModelRequest("model", (), (ToolSpec("HassTurnOn", "", {}),))


def event(delta: dict[str, object]) -> bytes:
    """Return a chunk as OpenAI sends it."""
    chunk = {
        "id": "chatcmpl-AbCdEfGhIjKlMnOpQrStUvWxYz",
        "object": "chat.completion.chunk",
        "created": 1760000000,
        "model": "gpt-4o-mini-2024-07-18",
        "system_fingerprint": "fp_0123456789",
        "choices": [
            {"index": 0, "delta": delta, "logprobs": None, "finish_reason": None}
        ],
        "usage": None,
    }
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


def text_stream() -> list[bytes]:
    """Return an answer in text, a word a chunk."""
    return [event({"content": f" word{number}"}) for number in range(CHUNKS)]


def call_stream() -> list[bytes]:
    """Return tool calls, each of twenty pieces."""
    chunks = []
    for index in range(CHUNKS // 20):
        function = {"name": "HassTurnOn", "arguments": ""}
        piece = {"index": index, "id": f"call_{index}", "function": function}
        chunks.append(event({"tool_calls": [piece]}))
        text = json.dumps({"name": "Kitchen Lights", "area": "Kitchen", "n": index})
        width = len(text) // 19 + 1
        for start in range(0, len(text), width):
            function = {"arguments": text[start : start + width]}
            chunks.append(
                event({"tool_calls": [{"index": index, "function": function}]})
            )
    return chunks


def ours(chunks: list[bytes]) -> int:
    """Read as the provider does; return how much was understood."""
    parser = EventParser()
    reader = ChatReader(REQUEST, Additions())
    count = 0
    for chunk in chunks:
        for data in parser.feed(chunk):
            for found in reader.read(data):
                count += isinstance(found, TextDelta | ToolCall)
    return count + sum(isinstance(found, ToolCall) for found in reader.end())


def least(chunks: list[bytes]) -> int:
    """Read with no regard for anything but plain answers; return the same."""
    count = 0
    pieces: dict[int, str] = {}
    for chunk in chunks:
        for line in chunk.split(b"\n"):
            if line.startswith(b"data: "):
                delta = json.loads(line[6:])["choices"][0]["delta"]
                count += "content" in delta
                for piece in delta.get("tool_calls", ()):
                    index = piece["index"]
                    text = piece["function"]["arguments"]
                    pieces[index] = pieces.get(index, "") + text
    return count + sum(1 for text in pieces.values() if json.loads(text))


def microseconds(read: Callable[[list[bytes]], int], chunks: list[bytes]) -> float:
    """Return the time per chunk of one reading."""
    start = time.perf_counter()
    read(chunks)
    return (time.perf_counter() - start) / len(chunks) * 1e6


def main() -> None:
    """Measure both, in turns, and print the medians."""
    print(f"{'answer':<12}{'ours':>10}{'least':>10}{'ratio':>8}   µs per chunk")
    for name, chunks in (("text", text_stream()), ("tool calls", call_stream())):
        if ours(chunks) != least(chunks):
            raise RuntimeError("They do not understand the same")
        rounds = [
            (microseconds(ours, chunks), microseconds(least, chunks))
            for _ in range(ROUNDS)
        ]
        mine, theirs = (median(times) for times in zip(*rounds, strict=True))
        print(f"{name:<12}{mine:>10.1f}{theirs:>10.1f}{mine / theirs:>8.2f}")


if __name__ == "__main__":
    main()
