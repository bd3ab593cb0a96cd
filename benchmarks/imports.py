"""What it takes to load an integration into a Home Assistant that runs, a process each."""

import asyncio
from collections.abc import AsyncIterator
from importlib.util import find_spec
import json
from pathlib import Path
import sys

from .report import OURS, Line
from .row import Row, Settings

LOADED = (
    "homeassistant.components.conversation homeassistant.helpers.llm aiohttp"
    " homeassistant.helpers.aiohttp_client homeassistant.components.sensor"
    " homeassistant.components.binary_sensor homeassistant.components.ai_task"
    " homeassistant.components.websocket_api homeassistant.helpers.template"
    " homeassistant.helpers.httpx_client homeassistant.components.weather"
    " homeassistant.components.todo homeassistant.components.calendar"
    " homeassistant.components.intent homeassistant.components.llm"
)
"""What a home with an assistant has loaded before: conversation depends on the last two."""
MODULES = {
    OURS: "custom_components.chatterbox custom_components.chatterbox.config_flow"
    " custom_components.chatterbox.conversation custom_components.chatterbox.sensor"
    " custom_components.chatterbox.binary_sensor",
    "llama_cpp": "homeassistant.components.llama_cpp"
    " homeassistant.components.llama_cpp.config_flow"
    " homeassistant.components.llama_cpp.conversation",
    "ollama": "homeassistant.components.ollama homeassistant.components.ollama.config_flow"
    " homeassistant.components.ollama.conversation",
}
PACKAGES = {"llama_cpp": "openai", "ollama": "ollama"}
PROGRAM = """
import importlib, json, sys, time
import homeassistant
before, after = (text.split() for text in sys.argv[1:])
for name in before:
    importlib.import_module(name)
def rss():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 / 2**20
memory, began = rss(), time.process_time()
for name in after:
    importlib.import_module(name)
print(json.dumps([(time.process_time() - began) * 1000, rss() - memory]))
"""


async def load(modules: str) -> tuple[float, float]:
    """Return the milliseconds and MiB that importing takes, in a new process."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PROGRAM, LOADED, modules),
        cwd=Path(__file__).parents[1],
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    time, memory = json.loads(out)
    return time, memory


async def measure(settings: Settings) -> AsyncIterator[Line]:
    """Yield processor time and memory."""
    names = [n for n in MODULES if n not in PACKAGES or find_spec(PACKAGES[n])]
    if settings.smoke:
        names = names[:1]
    times: dict[str, list[float]] = {name: [] for name in names}
    memory: dict[str, list[float]] = {name: [] for name in names}
    for number in range(1 if settings.smoke else 6):
        for name in names:
            taken, added = await load(MODULES[name])
            # The first run writes byte code.
            if number or settings.smoke:
                times[name].append(taken)
                memory[name].append(added)
    for what, unit, found in (
        ("to import all of it", "ms", times),
        ("memory that this adds", "MiB", memory),
    ):
        line = Line(what, unit, found)
        ratios = [r for name in found if (r := line.ratio(name)) is not None]
        met = max(ratios) < 0.1 if ratios else None
        yield Line(what, unit, found, "a tenth of core's" if ratios else "", met)


ROWS = {"imports": Row(title="loading the integration", measure=measure)}
