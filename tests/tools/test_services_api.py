"""Our actions, called by agents that are not ours, and over Home Assistant's MCP server."""

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
import json
from typing import Any

from homeassistant.config_entries import SOURCE_USER
from homeassistant.core import Context, HomeAssistant, ServiceCall, SupportsResponse
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import llm
from homeassistant.setup import async_setup_component
import probatio
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.chatterbox.const import DOMAIN
from custom_components.chatterbox.tools.services_api import is_ours
from scripts.demo_model import ModelServer

from ..forms.test_agent_flow import submit
from ..home import Agent, setup_agent
from ..house import House, make_house

SUBENTRY = "01OTHERS"
API_ID = f"{DOMAIN}_{SUBENTRY.lower()}"
SERVICES = ["light.turn_on", "light.turn_off", "lock.unlock", "script.price"]


@dataclass
class Others:
    """A house, our API for others, and how another agent has it."""

    house: House
    entry: MockConfigEntry

    async def instance(self, api_ids: str | list[str] = API_ID) -> llm.APIInstance:
        """Return what another agent gets."""
        return await llm.async_get_api(
            self.house.hass,
            api_ids,
            llm.LLMContext(
                platform="other",
                context=Context(),
                language="en",
                assistant="conversation",
                device_id=None,
            ),
        )

    async def call(self, tool: str, **args: Any) -> llm.ToolResult:
        """Call a tool as another agent does."""
        instance = await self.instance()
        result = await instance.async_call_tool(
            llm.ToolInput(tool_name=tool, tool_args=args)
        )
        assert isinstance(result, llm.ToolResult)
        return result


@pytest.fixture
async def others(hass: HomeAssistant, model_server: ModelServer) -> Others:
    """Give a house with two lights, one hidden, and a lock."""
    house = await make_house(hass, "lock", "conversation")
    kitchen = house.area("Kitchen")
    house.entity("light.kitchen", "Kitchen Light", area=kitchen)
    house.entity("light.hidden", "Secret Light", area=kitchen, exposed=False)
    house.entity("lock.door", "Front Door", "locked", area=kitchen)
    hass.services.async_register("lock", "unlock", house.handle)
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Model server",
        data={"provider": "openai", "url": model_server.url},
        subentries_data=[
            {
                "subentry_type": "services_api",
                "subentry_id": SUBENTRY,
                "title": "Our actions",
                "unique_id": None,
                "data": {"services": SERVICES},
            }
        ],
    )
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return Others(house, entry)


async def test_what_another_agent_is_offered(others: Others) -> None:
    """Each action as a tool with a JSON Schema that it can make by itself."""
    instance = await others.instance()
    assert instance.api.name == "Our actions"
    names = {tool.name for tool in instance.tools}
    assert {"light__turn_on", "lock__unlock"} <= names
    assert "refused" in instance.api_prompt
    (tool,) = [tool for tool in instance.tools if tool.name == "light__turn_on"]
    schema = probatio.to_openapi(
        tool.parameters,
        custom_serializer=instance.custom_serializer,
        openapi_version="3.1.0",
    )
    assert {"name", "area", "profile"} <= set(schema["properties"])


@pytest.mark.parametrize("merged", [False, True], ids=["alone", "beside Assist"])
async def test_an_action(others: Others, merged: bool) -> None:
    """It runs, whether ours is the only API or one of several."""
    instance = await others.instance([API_ID, "assist"] if merged else API_ID)
    (name,) = [t.name for t in instance.tools if t.name.endswith("light__turn_on")]
    result = await instance.async_call_tool(
        llm.ToolInput(tool_name=name, tool_args={"name": ["Kitchen Light"]})
    )
    assert not result.error, result.data
    assert [call.data["entity_id"] for call in others.house.calls] == [
        ["light.kitchen"]
    ]


@pytest.mark.parametrize("merged", [False, True], ids=["alone", "beside Assist"])
async def test_what_is_hidden_and_what_is_dangerous(
    others: Others, merged: bool
) -> None:
    """The one does not exist, the other is refused: nobody can be asked."""
    instance = await others.instance([API_ID, "assist"] if merged else API_ID)
    names = {t.name.rpartition("turn_on")[0] or t.name: t.name for t in instance.tools}
    light = next(n for n in names.values() if n.endswith("light__turn_on"))
    lock = next(n for n in names.values() if n.endswith("lock__unlock"))
    hidden = await instance.async_call_tool(
        llm.ToolInput(tool_name=light, tool_args={"name": ["Secret Light"]})
    )
    door = await instance.async_call_tool(
        llm.ToolInput(tool_name=lock, tool_args={"name": ["Front Door"]})
    )
    assert hidden.error
    assert "light.hidden" not in json.dumps(hidden.data)
    assert door.error
    assert "confirmation" in json.dumps(door.data)
    assert others.house.calls == []


async def test_in_order(others: Others) -> None:
    """Off then on, at once: the lamp is on in the end."""
    hass = others.house.hass
    go = asyncio.Event()
    order: list[str] = []

    async def slow(call: ServiceCall) -> None:
        if call.service == "turn_off":
            await go.wait()
        order.append(call.service)

    for service in ("turn_on", "turn_off"):
        hass.services.async_register("light", service, slow)
    instance = await others.instance()
    args = {"name": ["Kitchen Light"]}
    off, on = (
        hass.async_create_task(
            instance.async_call_tool(llm.ToolInput(tool_name=tool, tool_args=args))
        )
        for tool in ("light__turn_off", "light__turn_on")
    )
    for _ in range(20):
        await asyncio.sleep(0)
    assert order == []
    go.set()
    await asyncio.gather(off, on)
    assert order == ["turn_off", "turn_on"]


async def test_kept_results_are_shared(hass: HomeAssistant, others: Others) -> None:
    """A result that one call has fetched answers the next, as the options say."""
    asked: list[ServiceCall] = []

    async def price(call: ServiceCall) -> dict[str, Any]:
        asked.append(call)
        return {"price": 0.3}

    hass.services.async_register(
        "script", "price", price, supports_response=SupportsResponse.ONLY
    )
    (subentry,) = others.entry.subentries.values()
    rows = [{"tool": "script.price", "ttl": 300}]
    hass.config_entries.async_update_subentry(
        others.entry, subentry, data={**subentry.data, "cached_tools": rows}
    )
    await hass.async_block_till_done()
    for _ in range(2):
        result = await others.call("script__price")
        assert not result.error, result.data
        assert "0.3" in json.dumps(result.data)
    assert len(asked) == 1


async def test_our_own_agents_do_not_offer_it(
    hass: HomeAssistant, model_server: ModelServer, others: Others
) -> None:
    """Neither in the form, nor if somebody writes it into an agent's data."""
    await hass.config_entries.async_remove(others.entry.entry_id)
    agent = await setup_agent(hass, model_server, llm_hass_api=[API_ID])
    hass.config_entries.async_add_subentry(
        agent.entry, next(iter(others.entry.subentries.values()))
    )
    await hass.async_block_till_done()
    assert API_ID in {api.id for api in llm.async_get_apis(hass)}
    assert is_ours(API_ID)
    assert not is_ours(llm.LLM_API_ASSIST)
    form = await hass.config_entries.subentries.async_init(
        (agent.entry.entry_id, "conversation"), context={"source": SOURCE_USER}
    )
    assert form["data_schema"] is not None
    (apis,) = [v for k, v in form["data_schema"].schema.items() if k == "llm_hass_api"]
    assert API_ID not in [option["value"] for option in apis.config["options"]]
    model_server.reply("Hello.")
    await agent.say("Hello?")
    assert "tools" not in model_server.requests[0].json


async def test_gone_with_its_entry(hass: HomeAssistant, others: Others) -> None:
    """It is unregistered as the entry is unloaded, and back with it."""
    assert await hass.config_entries.async_unload(others.entry.entry_id)
    assert API_ID not in {api.id for api in llm.async_get_apis(hass)}
    assert await hass.config_entries.async_setup(others.entry.entry_id)
    assert API_ID in {api.id for api in llm.async_get_apis(hass)}


async def test_added_and_changed(hass: HomeAssistant, agent: Agent) -> None:
    """With a form of its own, from which the model's settings are absent."""
    form = await hass.config_entries.subentries.async_init(
        (agent.entry.entry_id, "services_api"), context={"source": SOURCE_USER}
    )
    assert form["step_id"] == "services"
    assert form["data_schema"] is not None
    assert {str(key) for key in form["data_schema"].schema} == {
        "name",
        "services",
        "actions",
        "danger",
        "results",
    }
    result = await submit(
        hass,
        form,
        name="For others",
        services=[],
        danger={"danger_labels": ["risky"], "admin_without_user": False},
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY, result
    subentry = list(agent.entry.subentries.values())[1]
    assert subentry.title == "For others"
    assert subentry.data["danger_labels"] == ["risky"]
    assert "For others" in {api.name for api in llm.async_get_apis(hass)}
    form = await agent.entry.start_subentry_reconfigure_flow(hass, subentry.subentry_id)
    result = await submit(hass, form, name="For all", services=[])
    assert result["type"] is FlowResultType.ABORT
    assert "For all" in {api.name for api in llm.async_get_apis(hass)}


async def test_over_mcp(
    hass: HomeAssistant, others: Others, hass_client: ClientSessionGenerator
) -> None:
    """Home Assistant's own MCP server has the same tools, and the same rules."""
    pytest.importorskip("mcp", reason="Home Assistant's mcp_server needs it")
    assert await async_setup_component(hass, "http", {})
    server = MockConfigEntry(
        domain="mcp_server",
        version=1,
        minor_version=3,
        data={
            "llm_hass_api": [API_ID],
            "all_llm_apis": False,
            "require_admin": False,
        },
    )
    server.add_to_hass(hass)
    assert await hass.config_entries.async_setup(server.entry_id)
    client = await hass_client()

    async def ask(method: str, **params: Any) -> Any:
        response = await client.post(
            f"/api/mcp/{API_ID}",
            json={"jsonrpc": "2.0", "id": 1, "method": method, "params": params},
            headers={"accept": "application/json"},
        )
        assert response.status == HTTPStatus.OK, await response.text()
        return (await response.json())["result"]

    tools = {tool["name"]: tool for tool in (await ask("tools/list"))["tools"]}
    assert "name" in tools["light__turn_on"]["inputSchema"]["properties"]

    async def call(name: str, target: str) -> Any:
        return await ask("tools/call", name=name, arguments={"name": [target]})

    assert not (await call("light__turn_on", "Kitchen Light"))["isError"]
    assert [c.data["entity_id"] for c in others.house.calls] == [["light.kitchen"]]
    hidden = await call("light__turn_on", "Secret Light")
    assert hidden["isError"]
    assert "light.hidden" not in str(hidden)
    door = await call("lock__unlock", "Front Door")
    assert door["isError"]
    assert "confirmation" in str(door)
    assert len(others.house.calls) == 1
