"""Home Assistant's Assist API for no satellite in particular."""

import hashlib

from homeassistant.components.intent.timers import async_register_timer_handler
from homeassistant.components.llm import DATA_PLATFORMS, LLMTools
from homeassistant.core import HomeAssistant
from homeassistant.helpers import llm
import pytest

from custom_components.chatterbox.tools.assist import (
    START_TIMER,
    WRITTEN_BY_US,
    async_get_assist,
)
from tests.agent.print_prefix import COMPONENTS
from tests.house import House, make_house

CANARY = {
    # Digests of core's own words, of which ours are to say the same. A change here
    # means: read what core says now, write ours anew, then take the new digest.
    # 2026.11 words one sentence of the first in another way.
    "homeassistant": {"c980efbc691d3b31", "110d823763c259ea"},
    "intent": {"f2858bfbd2bd66ca"},
    "intent, in an area": {"5348e49d811e54e0"},
    "intent, on a floor": {"767ec7c57d386f25"},
    "intent, with timers": {"b2e5349eb0af02e5"},
}


@pytest.fixture
async def house(hass: HomeAssistant) -> House:
    """Give a house with a thing of each kind."""
    house = await make_house(hass, *COMPONENTS)
    for domain in ("light", "cover", *COMPONENTS):
        house.entity(f"{domain}.x", f"The {domain}", supported_features=3)
    return house


def context(device_id: str | None = None) -> llm.LLMContext:
    """Return the context of a satellite."""
    return llm.LLMContext("chatterbox", None, "en", "conversation", device_id)


async def prompts(hass: HomeAssistant, device_id: str | None = None) -> dict[str, str]:
    """Return what each of core's platforms says to a satellite."""
    platforms = await hass.data[DATA_PLATFORMS].async_get_platforms()
    found = {
        domain: platform.async_get_tools(hass, context(device_id), "assist")
        for domain, platform in platforms.items()
    }
    return {
        domain: parts.prompt
        for domain, parts in found.items()
        if parts and parts.prompt
    }


async def test_core_says_what_it_said_when_ours_was_written(
    hass: HomeAssistant, house: House
) -> None:
    plain = house.area("Plain")
    high = house.area("High", "Upper")
    timers = house.satellite("Timers")
    async_register_timer_handler(hass, timers, lambda *_: None)
    in_area = await prompts(hass, house.satellite("In area", plain))
    on_floor = await prompts(hass, house.satellite("On floor", high))
    nowhere = await prompts(hass)
    found = {
        "homeassistant": nowhere["homeassistant"],
        "intent": nowhere["intent"],
        "intent, in an area": in_area["intent"],
        "intent, on a floor": on_floor["intent"],
        "intent, with timers": (await prompts(hass, timers))["intent"],
    }
    digests = {
        name: hashlib.sha256(text.encode()).hexdigest()[:16]
        for name, text in found.items()
    }
    known = {name: digest for name, digest in digests.items() if digest in CANARY[name]}
    assert digests == known, found


async def test_no_other_platform_of_core_says_anything_of_the_satellite(
    hass: HomeAssistant, house: House
) -> None:
    satellite = house.satellite("Box", house.area("Kitchen", "Ground"))
    here, nowhere = await prompts(hass, satellite), await prompts(hass)
    assert {d: t for d, t in here.items() if d not in WRITTEN_BY_US} == {
        d: t for d, t in nowhere.items() if d not in WRITTEN_BY_US
    }


async def test_the_tools_are_cores(hass: HomeAssistant, house: House) -> None:
    (api,) = (api for api in llm.async_get_apis(hass) if api.id == "assist")
    cores = await api.async_get_api_instance(context())
    ours = await async_get_assist(hass, api, context())
    assert [tool.name for tool in ours.tools] == [tool.name for tool in cores.tools]
    timers = house.satellite("Timers")
    async_register_timer_handler(hass, timers, lambda *_: None)
    cores = await api.async_get_api_instance(context(timers))
    ours = await async_get_assist(hass, api, context())
    assert [tool.name for tool in ours.tools] == [tool.name for tool in cores.tools]
    assert START_TIMER in {tool.name for tool in ours.tools}


async def test_what_others_say_is_kept_and_what_they_break_is_theirs(
    hass: HomeAssistant, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    platforms = await hass.data[DATA_PLATFORMS].async_get_platforms()

    class Talks:
        def async_get_tools(
            self, hass: HomeAssistant, llm_context: llm.LLMContext, api_id: str
        ) -> LLMTools:
            return LLMTools([], f"Mind the cat of {llm_context.device_id}.")

    class Breaks:
        def async_get_tools(self, *args: object) -> object:
            raise KeyError("oops")

    async def more() -> dict[str, object]:
        return {**platforms, "talks": Talks(), "breaks": Breaks()}

    monkeypatch.setattr(hass.data[DATA_PLATFORMS], "async_get_platforms", more)
    (api,) = (api for api in llm.async_get_apis(hass) if api.id == "assist")
    ours = await async_get_assist(hass, api, context(house.satellite("Box")))
    assert ours.api_prompt == "Mind the cat of None."
    assert ours.llm_context.device_id
    assert "intent__HassTurnOn" in {tool.name for tool in ours.tools}


async def test_a_command_for_later_needs_no_timers_on_the_satellite(
    hass: HomeAssistant, house: House
) -> None:
    timers = house.satellite("Timers")
    async_register_timer_handler(hass, timers, lambda *_: None)
    (api,) = (api for api in llm.async_get_apis(hass) if api.id == "assist")
    other = context(house.satellite("Other"))
    ours = await async_get_assist(hass, api, other)
    (start,) = (tool for tool in ours.tools if tool.name == START_TIMER)
    args = {"seconds": 3600, "conversation_command": "turn off the light"}
    result = await start.async_call(hass, llm.ToolInput(START_TIMER, args), other)
    assert isinstance(result, llm.ToolResult)
    assert result.data["response_type"] == "action_done"
