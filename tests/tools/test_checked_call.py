"""Home Assistant's own tools reach what is exposed, with the rights of who speaks."""

from typing import Any

from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.components.script.llm import ScriptTool
from homeassistant.components.todo import (
    TodoItem,
    TodoListEntity,
    TodoListEntityFeature,
)
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er, llm
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import (
    MockUser,
    setup_test_component_platform,
)

from custom_components.chatterbox.tools.checked_call import async_call_checked

from .demo_intents import intent_tool
from .exposure.attacks import TARGETS
from .exposure.exposed_home import ASSISTANT, Home, context, make_attacked_home


class TodoList(TodoListEntity):
    """A list that takes items."""

    _attr_supported_features = TodoListEntityFeature.CREATE_TODO_ITEM

    def __init__(self, name: str) -> None:
        """Give it a name."""
        self._attr_name = name
        self._attr_todo_items = []
        self.added: list[str | None] = []

    async def async_create_todo_item(self, item: TodoItem) -> None:
        """Keep the item."""
        self.added.append(item.summary)


@pytest.fixture
async def lists() -> list[TodoList]:
    """Return a list that is exposed and one that is not."""
    return [TodoList("Groceries"), TodoList("Diary")]


@pytest.fixture
async def home(hass: HomeAssistant, lists: list[TodoList]) -> Home:
    """Return a home with a hidden den, a script, groups and lists."""
    home = await make_attacked_home(hass)
    assert await async_setup_component(hass, "intent", {})
    setup_test_component_platform(hass, "todo", lists)
    assert await async_setup_component(hass, "todo", {"todo": {"platform": "test"}})
    await hass.async_block_till_done()
    async_expose_entity(hass, ASSISTANT, "todo.groceries", True)
    async_expose_entity(hass, ASSISTANT, "todo.diary", False)
    return home


async def _call(
    home: Home, tool: llm.Tool, args: dict[str, Any], user: MockUser | None = None
) -> Any:
    said = context()
    if user:
        said.context = Context(user_id=user.id)
    try:
        return await async_call_checked(
            home.hass, tool, llm.ToolInput(tool.name, args), said
        )
    finally:
        await home.hass.async_block_till_done()


async def _refused(
    home: Home, tool: llm.Tool, args: dict[str, Any], user: MockUser | None = None
) -> str:
    with pytest.raises(HomeAssistantError) as refused:
        await _call(home, tool, args, user)
    assert not home.calls
    return str(refused.value)


def guest(hass: HomeAssistant, *entity_ids: str) -> MockUser:
    """Return a user who may do anything with these entities, and nothing with others."""
    # The first user is the owner, who may do anything.
    MockUser(is_owner=True).add_to_hass(hass)
    user = MockUser(name="Guest").add_to_hass(hass)
    user.mock_policy({"entities": {"entity_ids": dict.fromkeys(entity_ids, True)}})
    return user


@pytest.mark.parametrize(
    ("intent_type", "args"),
    [
        ("HassTurnOn", {"name": "All lamps"}),
        ("HassTurnOff", {"name": "All lamps"}),
        ("HassToggle", {"name": "All lamps"}),
        ("HassLightSet", {"name": "All lamps", "brightness": 50}),
        ("HassTurnOn", {"name": "All lamps", "domain": ["light"]}),
        ("HassTurnOn", {"name": "light.all_lamps"}),
        ("HassTurnOn", {"name": "mixed"}),
        ("HassTurnOff", {"name": "group.mixed"}),
        ("HassTurnOn", {"area": "Bedroom", "domain": ["light"]}),
        ("HassLightSet", {"area": "Bedroom", "brightness": 50}),
        ("HassTurnOff", {"floor": "Ground floor", "domain": ["light"]}),
        ("HassTurnOn", {"domain": ["light"]}),
    ],
    ids=str,
)
async def test_a_group_stands_for_its_exposed_members(
    home: Home, intent_type: str, args: dict[str, Any]
) -> None:
    """In Assist's intents too, whichever way it is meant."""
    er.async_get(home.hass).async_update_entity("light.all_lamps", area_id="bedroom")
    await _call(home, intent_tool(home.hass, intent_type), args)
    assert "light.kitchen" in home.reached
    assert home.reached <= {"light.kitchen", "light.bedroom"}


async def test_a_group_of_hidden_members_stands_for_nothing(home: Home) -> None:
    """That it is exposed exposes nothing in it."""
    tool = intent_tool(home.hass, "HassTurnOn")
    assert "not enough of it" in await _refused(home, tool, {"name": "cover"})


@pytest.mark.parametrize(
    ("intent_type", "args", "hidden"),
    [
        ("HassTurnOn", {"name": "@"}, "Den lamp"),
        ("HassTurnOn", {"name": "@"}, "light.den"),
        ("HassTurnOn", {"name": "@"}, "Hideaway"),
        ("HassTurnOn", {"name": "@", "area": "Kitchen"}, "Den lamp"),
        ("HassTurnOn", {"area": "@"}, "Cellar"),
        ("HassTurnOn", {"floor": "@"}, "Underground"),
        ("HassLightSet", {"name": "@", "color": "red"}, "Den lamp"),
        ("HassSetVolume", {"name": "@", "volume_level": 5}, "Den player"),
        ("HassMediaPause", {"name": "@"}, "Den player"),
        ("HassListAddItem", {"name": "@", "item": "Milk"}, "Diary"),
        ("HassMediaSearchAndPlay", {"name": "@", "search_query": "x"}, "Den player"),
    ],
    ids=str,
)
async def test_hidden_and_missing_are_one(
    home: Home,
    lists: list[TodoList],
    intent_type: str,
    args: dict[str, Any],
    hidden: str,
) -> None:
    """The error does not tell whether there is such a thing."""
    tool = intent_tool(home.hass, intent_type)
    there, missing = [
        (
            await _refused(
                home, tool, {k: name if v == "@" else v for k, v in args.items()}
            )
        ).replace(name, "@")
        for name in (hidden, "Nowhere")
    ]
    assert there == missing
    assert not lists[1].added


async def test_an_item_is_added_with_the_users_rights(
    home: Home, lists: list[TodoList]
) -> None:
    """Home Assistant's intent for it does not check them."""
    tool = intent_tool(home.hass, "HassListAddItem")
    args = {"name": "Groceries", "item": "milk"}
    user = guest(home.hass, "light.kitchen")
    assert "may not control" in await _refused(home, tool, args, user)
    assert not lists[0].added
    await _call(home, tool, args, guest(home.hass, "todo.groceries"))
    await _call(home, tool, args)
    assert lists[0].added == ["Milk", "Milk"]


@pytest.mark.parametrize(
    ("intent_type", "args"),
    [
        ("HassTurnOn", {"name": "Bedroom light"}),
        ("HassTurnOn", {"area": "Bedroom", "domain": ["light"]}),
        ("HassLightSet", {"name": "Bedroom light", "brightness": 1}),
        ("HassSetVolume", {"name": "Radio", "volume_level": 5}),
        ("HassTurnOn", {"name": "on", "domain": ["script"]}),
    ],
    ids=str,
)
async def test_intents_have_the_users_rights(
    home: Home, intent_type: str, args: dict[str, Any]
) -> None:
    """Nothing runs of what the user may not do."""
    user = guest(home.hass, "light.kitchen")
    tool = intent_tool(home.hass, intent_type)
    assert "may not control" in await _refused(home, tool, args, user)


async def test_a_script_has_the_users_rights(home: Home) -> None:
    """Neither as Assist's tool nor as an action it runs for whom it is not."""
    tool = ScriptTool(home.hass, "script.on")
    user = guest(home.hass, "light.kitchen")
    args = {"where": "light.kitchen"}
    assert "may not control" in await _refused(home, tool, args, user)
    assert "may not control" in await _refused(
        home, await home.tool("script.on"), args, user
    )
    await _call(home, tool, args, guest(home.hass, "light.kitchen", "script.on"))
    assert home.reached == {"light.kitchen"}


async def test_a_script_that_is_refused_inside_is_an_error(home: Home) -> None:
    """It is not said to be done."""
    user = guest(home.hass, "script.party")
    by_intent = intent_tool(home.hass, "HassTurnOn")
    await _refused(home, by_intent, {"name": "party"}, user)
    await _refused(home, ScriptTool(home.hass, "script.party"), {}, user)
    await _call(home, by_intent, {"name": "party"})
    assert home.reached == {"light.bedroom"}


async def test_only_what_the_user_may_read_is_read(home: Home) -> None:
    """All that is exposed is not for everyone."""
    from homeassistant.components.homeassistant.llm import (  # noqa: PLC0415
        GetLiveContextTool,
    )

    tool = GetLiveContextTool()
    user = guest(home.hass, "light.kitchen")
    refusal = await _refused(home, tool, {"domain": "light"}, user)
    assert "They may: light.kitchen" in refusal
    read = await _call(home, tool, {"name": "Kitchen light"}, user)
    assert "Kitchen light" in str(read)
    assert "Bedroom light" in str(await _call(home, tool, {"domain": "light"}))
    assert "@" in (await _refused(home, tool, {"area": "Cellar"})).replace(
        "Cellar", "@"
    )


@pytest.mark.parametrize("text", TARGETS)
async def test_a_script_of_assist_is_no_way_out(home: Home, text: str) -> None:
    """Its arguments are looked at as those of an action are."""
    den = er.async_get(home.hass).async_get("light.den")
    assert den
    text = text.replace("<den>", den.id).replace("<ceiling>", home.devices["Ceiling"])
    await _refused(home, ScriptTool(home.hass, "script.on"), {"where": text})


@pytest.mark.parametrize(
    "args", [{"room": "Kitchen"}, {"storey": "Ground floor"}, {"thing": "Ceiling"}]
)
async def test_places_of_a_script_of_assist(home: Home, args: dict[str, Any]) -> None:
    """An area's hidden lamps stay off."""
    await _refused(home, ScriptTool(home.hass, "script.on"), args)


async def test_a_script_of_assist_runs(home: Home) -> None:
    """With names and ids of what is exposed."""
    tool = ScriptTool(home.hass, "script.on")
    await _call(home, tool, {"where": "light.kitchen"})
    await _call(home, tool, {"room": "bedroom"})
    assert home.reached == {"light.kitchen", "light.bedroom"}


async def test_a_list_that_is_not_there_is_told_which_there_are(home: Home) -> None:
    tool = intent_tool(home.hass, "HassListAddItem")
    error = await _refused(home, tool, {"name": "Kitchen", "item": "milk"})
    assert error.endswith('There is: "Groceries" (todo).')
