"""What is kept of the home is what would be found anew."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
    intent,
    llm,
)
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.chatterbox.agent.options import AgentOptions
from custom_components.chatterbox.agent.prompt import Prefix, build_prefix
from custom_components.chatterbox.tools.api import ChatterboxAPI
from custom_components.chatterbox.tools.exposure.exposed import exposed_entities
from custom_components.chatterbox.tools.exposure.known import (
    DATA_KNOWN_HOME,
    async_get_known_home,
)
from custom_components.chatterbox.tools.planning.matching import intent_targets

from ...house import House, make_house

NOBODY = llm.LLMContext("chatterbox", None, "en", "conversation", None)
OPTIONS = AgentOptions(model="m", llm_hass_api=("assist",))


@pytest.fixture
async def house(hass: HomeAssistant) -> House:
    """Give a house with a lamp, another without a place, and a blind on a device."""
    house = await make_house(hass, "conversation", "media_player")
    kitchen = house.area("Kitchen", "Ground")
    house.area("Study", "Upper")
    house.entity("light.one", "One", area=kitchen, aliases=("First",))
    house.entity("light.two", "Two")
    house.entity("cover.blind", "Blind", "open", area=kitchen, device_class="blind")
    entry = MockConfigEntry(domain="test", state=ConfigEntryState.LOADED)
    entry.add_to_hass(hass)
    device = dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id, identifiers={("test", "d")}, name="Thing"
    )
    er.async_get(hass).async_update_entity("cover.blind", device_id=device.id)
    hass.states.async_set("sensor.bare", "3", {"friendly_name": "Bare"})
    async_expose_entity(hass, "conversation", "sensor.bare", True)
    return house


async def prefix(hass: HomeAssistant) -> Prefix:
    """Return all that the model is sent before anybody speaks."""
    api = ChatterboxAPI(hass, ["assist"], reply=True)
    return build_prefix(hass, OPTIONS, await api.async_get_api_instance(NOBODY))


def device_of(hass: HomeAssistant) -> str:
    """Return the id of the blind's device."""
    entry = er.async_get(hass).async_get("cover.blind")
    assert entry
    assert entry.device_id
    return entry.device_id


async def _intents_from_yaml(hass: HomeAssistant) -> None:
    class Handler(intent.IntentHandler):
        intent_type = "HassTurnOn"
        description = "Another"

    intent.async_register(hass, Handler())


async def _language(hass: HomeAssistant) -> None:
    await hass.config.async_update(language="de", location_name="Villa")


def _set(
    entity_id: str, state: str, **attributes: Any
) -> Callable[[HomeAssistant], None]:
    return lambda hass: hass.states.async_set(entity_id, state, attributes)


CHANGES: dict[str, Callable[[HomeAssistant], Any]] = {
    "an entity comes": lambda hass: House(hass).entity("fan.new", "New"),
    "one goes": lambda hass: hass.states.async_remove("light.two"),
    "one is removed": lambda hass: er.async_get(hass).async_remove("light.one"),
    "one is named": lambda hass: er.async_get(hass).async_update_entity(
        "light.one", name="Uno"
    ),
    "one without a registry entry is named": _set(
        "sensor.bare", "3", friendly_name="Naked"
    ),
    "an alias": lambda hass: er.async_get(hass).async_update_entity(
        "light.two", aliases=[er.COMPUTED_NAME, "Second"]
    ),
    "moved": lambda hass: er.async_get(hass).async_update_entity(
        "light.two", area_id="study"
    ),
    "given a class": lambda hass: er.async_get(hass).async_update_entity(
        "cover.blind", device_class="shutter"
    ),
    "exposed": lambda hass: async_expose_entity(
        hass, "conversation", "light.two", False
    ),
    "unexposed without a registry entry": lambda hass: async_expose_entity(
        hass, "conversation", "sensor.bare", False
    ),
    "a device moves": lambda hass: dr.async_get(hass).async_update_device(
        device_of(hass), area_id="study"
    ),
    "a device is named": lambda hass: dr.async_get(hass).async_update_device(
        device_of(hass), name_by_user="Dings"
    ),
    "an area is named": lambda hass: ar.async_get(hass).async_update(
        "kitchen", name="Galley", aliases={"Cook"}
    ),
    "an area goes": lambda hass: ar.async_get(hass).async_delete("kitchen"),
    "an area changes floors": lambda hass: ar.async_get(hass).async_update(
        "kitchen", floor_id="upper"
    ),
    "a floor is named": lambda hass: fr.async_get(hass).async_update(
        "ground", name="Base"
    ),
    "another language": _language,
    "intents are loaded anew": _intents_from_yaml,
    "a state": _set("light.one", "on", friendly_name="One"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_the_prefix_is_the_same_bytes_as_one_made_anew(
    hass: HomeAssistant,
    house: House,
    change: Callable[[HomeAssistant], Awaitable[None] | None],
) -> None:
    """After each change of the home; and as long as there is none."""
    before = await prefix(hass)
    assert await prefix(hass) == before
    if (done := change(hass)) is not None and hasattr(done, "__await__"):
        await done
    kept = await prefix(hass)
    await hass.async_block_till_done()
    assert await prefix(hass) == kept
    found = [replace(e, state=e.state) for e in exposed_entities(hass, "conversation")]
    del hass.data[DATA_KNOWN_HOME]
    assert await prefix(hass) == kept
    assert exposed_entities(hass, "conversation") == found


async def test_nothing_is_made_twice(
    hass: HomeAssistant, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither by another turn nor by a change of state."""
    await prefix(hass)
    await hass.async_block_till_done()
    version = async_get_known_home(hass).version
    made: list[object] = []
    monkeypatch.setattr(
        "homeassistant.components.homeassistant.llm.async_get_tools",
        lambda *args: made.append(args),
    )
    hass.states.async_set("light.one", "on", {"friendly_name": "One", "brightness": 3})
    await prefix(hass)
    assert async_get_known_home(hass).version == version
    assert not made


@pytest.mark.parametrize(
    "args",
    [
        {"name": "One"},
        {"name": " first "},
        {"name": "light.one"},
        {"name": "light.hidden"},
        {"name": "Hidden"},
        {"name": "Twin"},
        {"name": "Twin", "area": "Kitchen"},
        {"name": "Twin", "domain": ["light"]},
        {"name": "Nothing"},
        {"area": "Kitchen"},
        {"name": "Blind", "area": "Study"},
        {"name": "One", "floor": "Ground"},
    ],
)
async def test_a_name_matches_what_home_assistant_matches(
    hass: HomeAssistant,
    house: House,
    args: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Though only what has the name is compared."""
    house.entity("light.hidden", "Hidden", exposed=False)
    house.entity("light.twin", "Twin", area="kitchen")
    house.entity("light.twin_2", "Twin", area="study")
    house.entity("cover.twin", "Twin", "open", area="kitchen")
    house.entity("light.hidden_twin", "Twin", area="kitchen", exposed=False)
    handler = next(h for h in intent.async_get(hass) if h.intent_type == "HassTurnOn")
    tool = llm.IntentTool("HassTurnOn", handler)
    found = intent_targets(hass, tool, args, NOBODY)
    monkeypatch.setattr(
        "custom_components.chatterbox.tools.planning.matching._called",
        lambda hass, name, assistant: hass.states.async_all(),
    )
    assert sorted(found) == sorted(intent_targets(hass, tool, args, NOBODY))
