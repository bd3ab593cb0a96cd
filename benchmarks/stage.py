"""One home in which our agent and Home Assistant's own are asked the same."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
import time
from typing import Any, Final

from homeassistant import loader
from homeassistant.components import conversation
from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import (
    Context,
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
)
from homeassistant.helpers import chat_session
from pytest_homeassistant_custom_component.common import MockConfigEntry

# Imported first, so that it wins over the custom components of the test tools.
import custom_components.chatterbox  # noqa: F401
from tests.home import open_session
from tests.house import House

from .homes import empty_home, make_home
from .model_process import ModelProcess, Seen, model_process
from .report import OURS
from .scripted_model import Case

CORE: Final = {"llama_cpp": "openai", "ollama": "ollama"}
"""Home Assistant's own agents, and the package that each needs."""
READS: Final = ("weather.get_forecasts", "calendar.get_events", "todo.get_items")
"""Actions that only read, with which a new agent of ours starts."""
LAMP: Final = Case(
    "lamp",
    "one lamp",
    "Turn on the kitchen ceiling light.",
    "The kitchen light is on.",
    actions=(("HassTurnOn", {"name": "Kitchen Ceiling Light"}),),
)
HELLO: Final = Case("hello", "no tool", "Tell me a joke.", "A horse enters a bar.")
FORECAST: Final = [
    {
        "condition": "sunny",
        "datetime": f"2026-11-{day}T12:00:00+00:00",
        "precipitation": 0.4,
        "temperature": 11.5,
        "templow": 4.0,
        "wind_speed": 17.3,
    }
    for day in range(23, 30)
]


@dataclass(frozen=True, slots=True)
class Cost:
    """What one turn took; times in seconds."""

    wall: float
    processor: float
    """Of this process, which the server's is not."""
    first_word: float
    """From the sentence's end to the first spoken character."""
    seen: Sequence[Seen]
    """The requests."""

    @property
    def overhead(self) -> float:
        """Return the time that was not the server's."""
        return self.wall - sum(each.seconds for each in self.seen)


@dataclass(slots=True)
class Stage:
    """The home, the server, and the agents that ask it."""

    hass: HomeAssistant
    house: House
    model: ModelProcess
    agents: dict[str, str] = field(default_factory=dict)
    """Entity id by contender; ours first."""

    async def say(
        self, agent: str, case: Case, conversation_id: str | None = None, **more: Any
    ) -> tuple[float, float]:
        """Say a sentence; return the seconds to the first word and to the end."""
        heard: list[float] = []

        def listen(_: Any, delta: dict[str, Any]) -> None:
            if delta.get("role", "assistant") == "assistant" and delta.get("content"):
                heard.append(time.perf_counter())

        started = time.perf_counter()
        with (
            open_session(self.hass, conversation_id) as session,
            conversation.async_get_chat_log(
                self.hass, session, chat_log_delta_listener=listen
            ),
        ):
            await conversation.async_converse(
                self.hass,
                case.sentence,
                session.conversation_id,
                Context(),
                "en",
                self.agents[agent],
                **more,
            )
        ended = time.perf_counter()
        return (heard[0] if heard else ended) - started, ended - started

    async def turn(self, agent: str, case: Case, **more: Any) -> Cost:
        """Say a sentence and return what it took. The case must be playing."""
        await self.model.play()
        began = time.process_time()
        first, wall = await self.say(agent, case, **more)
        processor = time.process_time() - began
        await self.hass.async_block_till_done()
        return Cost(wall, processor, first, await self.model.play())

    async def costs(
        self, case: Case, rounds: int, warm_up: int = 2, *, pace: float = 0.0
    ) -> dict[str, list[Cost]]:
        """Return what turns of all agents took, alternating, the first ones left out."""
        await self.model.play(case, ttft=pace, token=pace / 50)
        costs: dict[str, list[Cost]] = {agent: [] for agent in self.agents}
        for number in range(warm_up + rounds):
            for agent in self.agents:
                cost = await self.turn(agent, case)
                if number >= warm_up:
                    costs[agent].append(cost)
            forget_sessions(self.hass)
        return costs


def forget_sessions(hass: HomeAssistant) -> None:
    """End all conversations, as Home Assistant does after five minutes."""
    sessions = hass.data.get(chat_session.DATA_CHAT_SESSION, {})
    for session in list(sessions.values()):
        session.async_cleanup()
        sessions.pop(session.conversation_id, None)


@asynccontextmanager
async def stage(
    entities: int, *, services: Sequence[str] = READS, core: bool = True, **options: Any
) -> AsyncIterator[Stage]:
    """Give a home with so many exposed entities, and the agents that are installed."""
    async with model_process() as model, empty_home() as hass:
        # Else Home Assistant's test tools let it find no custom integration.
        hass.data.pop(loader.DATA_CUSTOM_COMPONENTS)
        house = await make_home(hass, entities)
        await _readable(hass, house)
        home = Stage(hass, house, model)
        home.agents[OURS] = await add_agent(
            hass,
            entry(
                "chatterbox",
                {"provider": "openai", "url": f"{model.address}/v1", "api_key": "k"},
                {
                    "model": "m",
                    "llm_hass_api": ["assist"],
                    "services": list(services),
                    "priming": "off",
                    **options,
                },
            ),
        )
        for name, package in CORE.items() if core else ():
            if find_spec(package):
                home.agents[name] = await add_agent(hass, _core(name, model))
        yield home
        forget_sessions(hass)


def _core(name: str, model: ModelProcess) -> MockConfigEntry:
    apis = ["assist"]
    if name == "ollama":
        return entry(
            name,
            {"url": model.address},
            {"model": "m", "llm_hass_api": apis},
            version=3,
            minor_version=3,
        )
    url = f"{model.address}/v1"
    return entry(
        name,
        {"base_url": url, "api_key": "x", "streaming": True},
        {"chat_model": "m", "llm_hass_api": apis},
    )


def entry(
    domain: str, data: dict[str, Any], agent: dict[str, Any], **more: Any
) -> MockConfigEntry:
    """Return an entry with one agent."""
    return MockConfigEntry(
        domain=domain,
        data=data,
        subentries_data=[
            ConfigSubentryData(
                subentry_type="conversation", title="Agent", unique_id=None, data=agent
            )
        ],
        **more,
    )


async def add_agent(hass: HomeAssistant, config: MockConfigEntry) -> str:
    """Set up an entry and return the entity id of its agent."""
    before = set(hass.states.async_entity_ids("conversation"))
    config.add_to_hass(hass)
    assert await hass.config_entries.async_setup(config.entry_id), config.reason
    await hass.async_block_till_done()
    (entity_id,) = {
        entity_id
        for entity_id in hass.states.async_entity_ids("conversation")
        if entity_id not in before and entity_id != conversation.HOME_ASSISTANT_AGENT
    }
    return entity_id


async def _readable(hass: HomeAssistant, house: House) -> None:
    """Give the home weather, a calendar and a list, whose actions answer at once."""
    house.entity("weather.home", "Home", "sunny", temperature=18, supported_features=3)
    house.entity("calendar.family", "Family", "off")
    house.entity("todo.shopping", "Shopping", "1")

    async def answer(call: ServiceCall) -> ServiceResponse:
        data: dict[str, Any] = {
            "get_forecasts": {"forecast": FORECAST},
            "get_events": {"events": [{"summary": "Dentist", "start": "2026-11-25"}]},
            "get_items": {"items": [{"summary": "Milk", "status": "needs_action"}]},
        }
        ids = call.data["entity_id"]
        return dict.fromkeys([ids] if isinstance(ids, str) else ids, data[call.service])

    for name in READS:
        domain, service = name.split(".")
        hass.services.async_remove(domain, service)
        hass.services.async_register(
            domain, service, answer, supports_response=SupportsResponse.ONLY
        )


async def stalls(until: asyncio.Event) -> float:
    """Return the longest time, in seconds, for which the event loop did not turn."""
    longest = 0.0
    while not until.is_set():
        before = time.perf_counter()
        await asyncio.sleep(0.001)
        longest = max(longest, time.perf_counter() - before - 0.001)
    return longest
