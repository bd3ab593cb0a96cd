"""What a streamed chunk costs, beside the SDK that Home Assistant's own agents use."""

from collections.abc import AsyncIterator, Sequence
from importlib.util import find_spec
import time

from .report import OURS, Line
from .row import Row, Settings
from .stream import event, least, ours

SDK, LEAST = "openai SDK", "least"


def answer(chunks: int) -> list[bytes]:
    """Return an answer in text, a word a chunk."""
    return [event({"content": f" word{number}"}) for number in range(chunks)]


async def sdk(chunks: Sequence[bytes]) -> int:
    """Read with the SDK, its transport replaced; return how many texts came."""
    import httpx  # noqa: PLC0415
    import openai  # noqa: PLC0415

    class Stream(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            for chunk in chunks:
                yield chunk
            yield b"data: [DONE]\n\n"

    def respond(_: httpx.Request) -> httpx.Response:
        headers = {"content-type": "text/event-stream"}
        return httpx.Response(200, headers=headers, stream=Stream())

    async with httpx.AsyncClient(transport=httpx.MockTransport(respond)) as http:
        client = openai.AsyncOpenAI(api_key="k", http_client=http)
        count = 0
        async for chunk in await client.chat.completions.create(
            model="m", messages=[{"role": "user", "content": "."}], stream=True
        ):
            count += bool(chunk.choices and chunk.choices[0].delta.content)
    return count


async def measure(settings: Settings) -> AsyncIterator[Line]:
    """Yield the processor time of a chunk by the length of the answer."""
    for count in settings.sizes(1000, 10_000, 100_000):
        chunks = answer(count)
        found: dict[str, list[float]] = {OURS: [], LEAST: []}
        if find_spec("openai"):
            found[SDK] = []
        for _ in range(settings.rounds(1 if count > 10_000 else 5)):
            for name, read in ((OURS, ours), (LEAST, least)):
                began = time.process_time()
                assert read(chunks) == count
                found[name].append((time.process_time() - began) / count * 1e6)
            if SDK in found:
                began = time.process_time()
                assert await sdk(chunks) == count
                found[SDK].append((time.process_time() - began) / count * 1e6)
        line = Line(f"a chunk of {count:,}", "µs", found)
        ratio = line.ratio(SDK) if SDK in found else None
        yield Line(
            line.what,
            "µs",
            found,
            "a third of the SDK's" if ratio else "",
            ratio < 1 / 3 if ratio else None,
            "the least understands one server's plain text only",
        )


ROWS = {"chunks": Row(title="cost of a streamed chunk", measure=measure)}
