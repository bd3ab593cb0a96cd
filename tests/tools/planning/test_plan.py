"""A call is resolved once, and what it was resolved to is looked at before it runs."""

import asyncio
from typing import Any

from homeassistant.components import conversation
from homeassistant.components.homeassistant.exposed_entities import (
    async_expose_entity,
)
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import llm
import pytest

from custom_components.chatterbox.tools.cache.cache import ToolResultCache
from custom_components.chatterbox.tools.dispatch.limits import DispatchOptions
from custom_components.chatterbox.tools.naming import RenamedTool
from custom_components.chatterbox.tools.services.catalog import async_get_catalog
from custom_components.chatterbox.tools.services.tool import ServiceTool
from custom_components.chatterbox.tools.toolbox import Toolbox

from ...house import House, make_house
from ..dispatch.dispatching import Turn
from ..dispatch.random_home import Owner


@pytest.fixture
async def house(hass: HomeAssistant) -> House:
    """Give a house with two lamps."""
    house = await make_house(hass)
    house.entity("light.one", "One")
    house.entity("light.two", "Two")
    return house


async def light_tool(hass: HomeAssistant) -> llm.Tool:
    """Return the tool that turns lights on."""
    (tool,) = await async_get_catalog(hass).async_get_tools(
        ["light.turn_on"], conversation.DOMAIN
    )
    return tool


@pytest.fixture
def resolved(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Give a list of what is resolved."""
    seen: list[Any] = []
    resolve = ServiceTool.resolve

    def count(self: ServiceTool, hass: Any, args: Any, context: Any) -> Any:
        seen.append(args)
        return resolve(self, hass, args, context)

    monkeypatch.setattr(ServiceTool, "resolve", count)
    return seen


@pytest.mark.parametrize("renamed", [False, True])
async def test_a_call_is_resolved_once(
    hass: HomeAssistant, house: House, resolved: list[Any], renamed: bool
) -> None:
    """For its footprint, the cache and the call itself."""
    tool = await light_tool(hass)
    if renamed:
        tool = RenamedTool("assist__light_on", tool)
    turn = Turn(hass, [tool])
    box = turn._instance()
    assert isinstance(box, Toolbox)
    with box.begin_turn(Owner(), DispatchOptions(), cache=ToolResultCache()):
        result = await box.async_call_tool(llm.ToolInput(tool.name, {"name": "One"}))
    assert not result.error
    assert len(house.calls) == 1
    assert len(resolved) == 1


async def test_what_is_hidden_meanwhile_is_not_reached(
    hass: HomeAssistant, house: House
) -> None:
    """The call waits for another, and the lamp is hidden before it begins."""
    gate = asyncio.Event()

    async def slow(call: ServiceCall) -> None:
        house.calls.append(call)
        await gate.wait()

    hass.services.async_register("light", "turn_on", slow)
    tool = await light_tool(hass)
    running = asyncio.ensure_future(
        Turn(hass, [tool]).run(
            (tool.name, {"name": "One"}), (tool.name, {"entity_id": "light.one"})
        )
    )
    while not house.calls:
        await asyncio.sleep(0)
    async_expose_entity(hass, conversation.DOMAIN, "light.one", False)
    gate.set()
    first, second = await running
    assert not first.error
    assert second.error
    assert len(house.calls) == 1


async def test_what_comes_to_be_meanwhile_is_found(
    hass: HomeAssistant, house: House
) -> None:
    """A call that cannot be resolved as it comes may be once it runs."""

    async def add(call: ServiceCall) -> None:
        house.entity("light.three", "Three")

    hass.services.async_register("light", "turn_off", add)
    off, on = await async_get_catalog(hass).async_get_tools(
        ["light.turn_off", "light.turn_on"], conversation.DOMAIN
    )
    results = await Turn(hass, [off, on]).run(
        (off.name, {"name": "One"}), (on.name, {"name": "Three"})
    )
    assert not any(result.error for result in results)
    assert house.calls[-1].data["entity_id"] == ["light.three"]
