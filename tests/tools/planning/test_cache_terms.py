"""Tests for what a call means: who shares a result with whom."""

from typing import Any

from homeassistant.auth.const import GROUP_ID_READ_ONLY, GROUP_ID_USER
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    llm,
)
import probatio
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.chatterbox.tools.cache.entries import CacheTerms
from custom_components.chatterbox.tools.cache.policy import (
    CACHED_SERVICES,
    CacheChoice,
    CacheOptions,
)
from custom_components.chatterbox.tools.naming import RenamedTool
from custom_components.chatterbox.tools.planning.cache_terms import CacheTermsOf
from custom_components.chatterbox.tools.services.catalog import async_get_catalog

from ...home import ActionTool
from ...weather_home import CABIN, FORECASTS, GARDEN, make_weather_home

READS = llm.ToolAnnotations(read_only=True)


async def _nothing(args: dict[str, Any]) -> Any:
    return None


class Asker:
    """Asks on what terms calls are answered, as somebody somewhere."""

    def __init__(
        self,
        hass: HomeAssistant,
        tools: list[llm.Tool],
        origins: dict[int, str] | None = None,
        options: CacheOptions | None = None,
    ) -> None:
        """Take the tools that there are."""
        self.hass = hass
        self.tools = {tool.name: tool for tool in tools}
        self.origins = {id(tool): "mcp" for tool in tools} | (origins or {})
        self.options = options or CacheOptions()

    async def ask(
        self,
        tool: str,
        args: dict[str, Any],
        *,
        user: str | None = None,
        device: str | None = None,
        language: str = "en",
    ) -> CacheTerms | None:
        """Return the terms of a call."""
        context = llm.LLMContext(
            platform="chatterbox",
            context=Context(user_id=user),
            language=language,
            assistant="conversation",
            device_id=device,
        )
        terms = CacheTermsOf(
            self.hass,
            context,
            self.options,
            self.tools.get,
            lambda tool: self.origins.get(id(tool)),
        )
        return await terms(llm.ToolInput(tool, args))


@pytest.fixture
async def asker(hass: HomeAssistant) -> Asker:
    """Give somebody who asks for forecasts, and for what a tool of an API tells."""
    await make_weather_home(hass)
    tools = await async_get_catalog(hass).async_get_tools([FORECASTS], "conversation")
    return Asker(hass, [*tools, ActionTool("search", _nothing, READS)])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param({"name": "Cabin"}, {"name": "cabin"}, id="letter case"),
        pytest.param({"name": "Cabin"}, {"entity_id": CABIN}, id="name and id"),
        pytest.param({"name": "Cabin"}, {"name": "the lake"}, id="alias"),
        pytest.param({"name": "Cabin"}, {"area": "cabin"}, id="name and area"),
        pytest.param({"name": "Cabin"}, {"name": ["Cabin"]}, id="one and list of one"),
        pytest.param(
            {"entity_id": [GARDEN, CABIN]},
            {"entity_id": [CABIN, GARDEN]},
            id="order of the targets",
        ),
    ],
)
async def test_calls_that_mean_the_same_are_one(
    asker: Asker, one: dict[str, Any], other: dict[str, Any]
) -> None:
    """However the model words it."""
    first = await asker.ask("weather__get_forecasts", {"type": "daily", **one})
    second = await asker.ask("weather__get_forecasts", {**other, "type": "daily"})
    assert first
    assert second
    assert first.key == second.key
    assert first.depends_on == second.depends_on


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param({"name": "Cabin"}, {"name": "Garden"}, id="target"),
        pytest.param({"name": "Cabin"}, {"entity_id": [CABIN, GARDEN]}, id="number"),
        pytest.param(
            {"name": "Cabin", "type": "daily"},
            {"name": "Cabin", "type": "hourly"},
            id="data",
        ),
    ],
)
async def test_calls_that_mean_another_thing_are_two(
    asker: Asker, one: dict[str, Any], other: dict[str, Any]
) -> None:
    """What is asked, and of what, tells them apart."""
    first = await asker.ask("weather__get_forecasts", {"type": "daily", **one})
    second = await asker.ask("weather__get_forecasts", {"type": "daily", **other})
    assert first
    assert second
    assert first.key != second.key


async def test_a_forecast_depends_on_its_entity_and_service(asker: Asker) -> None:
    """And on no other, nor on how it was found."""
    terms = await asker.ask("weather__get_forecasts", {"type": "daily", "name": "Hut"})
    assert terms
    assert terms.depends_on == {
        CABIN,
        "platform:sky",
        "service:weather.get_forecasts",
        "exposure",
    }
    assert terms.policy is CACHED_SERVICES[FORECASTS]
    assert terms.key.tool == FORECASTS
    assert terms.key.arguments == {"type": "daily", "entity_id": [CABIN]}


@pytest.mark.parametrize(
    "args",
    [
        pytest.param({"type": "daily", "name": "Nowhere"}, id="no such entity"),
        pytest.param({"type": "tomorrow", "name": "Cabin"}, id="no such value"),
        pytest.param({"type": "daily", "what": 1}, id="no such argument"),
        pytest.param({}, id="missing"),
    ],
)
async def test_what_will_be_refused_has_no_terms(
    asker: Asker, args: dict[str, Any]
) -> None:
    """The tool says why; there is nothing to share."""
    assert await asker.ask("weather__get_forecasts", args) is None


async def test_what_is_hidden_is_not_served(hass: HomeAssistant, asker: Asker) -> None:
    """Once an entity is no longer exposed, nobody gets what was read from it."""
    args = {"type": "daily", "name": "Cabin"}
    assert await asker.ask("weather__get_forecasts", args)
    async_expose_entity(hass, "conversation", CABIN, False)
    assert await asker.ask("weather__get_forecasts", args) is None


async def test_writes_and_unknown_tools_have_no_terms(hass: HomeAssistant) -> None:
    """Only what says that it only reads is shared."""
    asker = Asker(hass, [ActionTool("act", _nothing)])
    assert await asker.ask("act", {}) is None
    assert await asker.ask("nothing", {}) is None


# People, satellites and languages.


@pytest.mark.parametrize(
    ("group", "apart"),
    [
        pytest.param("system-admin", False, id="admin"),
        pytest.param(GROUP_ID_USER, False, id="may control everything"),
        pytest.param(GROUP_ID_READ_ONLY, True, id="may not control"),
    ],
)
async def test_who_may_do_less_shares_with_nobody(
    hass: HomeAssistant, asker: Asker, group: str, apart: bool
) -> None:
    """A person's rights count, as they do in the service itself."""
    await hass.auth.async_create_user("The first one owns the home")
    user = await hass.auth.async_create_user("Somebody", group_ids=[group])
    args = {"type": "daily", "name": "Cabin"}
    satellite = await asker.ask("weather__get_forecasts", args)
    person = await asker.ask("weather__get_forecasts", args, user=user.id)
    assert satellite
    assert person
    assert (satellite.key != person.key) is apart
    assert (f"person:{user.id}" in person.depends_on) is apart


async def test_an_unknown_person_shares_with_nobody(
    hass: HomeAssistant, asker: Asker
) -> None:
    """Neither one who was removed nor one who may not log in."""
    args = {"type": "daily", "name": "Cabin"}
    inactive = MockUser(id="inactive", is_active=False, is_owner=True).add_to_hass(hass)
    satellite = await asker.ask("weather__get_forecasts", args)
    assert satellite
    for user_id in ("removed", inactive.id):
        person = await asker.ask("weather__get_forecasts", args, user=user_id)
        assert person
        assert person.key != satellite.key


async def test_satellites_and_languages_share_forecasts(
    hass: HomeAssistant, asker: Asker
) -> None:
    """They are resolved away: the service never hears of them."""
    args = {"type": "daily", "name": "Cabin"}
    one = await asker.ask("weather__get_forecasts", args)
    other = await asker.ask("weather__get_forecasts", args, device="x", language="de")
    assert one == other


async def test_the_satellites_area_is_part_of_the_meaning(
    hass: HomeAssistant, asker: Asker
) -> None:
    """Where a name means another thing in another room, it is another call."""
    kitchen = ar.async_get(hass).async_create("Kitchen")
    registry = er.async_get(hass)
    registry.async_update_entity(GARDEN, area_id=kitchen.id, aliases=["Window"])
    registry.async_update_entity(CABIN, aliases=["Window"])
    entry = MockConfigEntry()
    entry.add_to_hass(hass)
    found = {}
    for name in ("Kitchen", "Cabin"):
        device = dr.async_get(hass).async_get_or_create(
            config_entry_id=entry.entry_id, identifiers={("test", name)}
        )
        area = ar.async_get(hass).async_get_area_by_name(name)
        assert area
        dr.async_get(hass).async_update_device(device.id, area_id=area.id)
        terms = await asker.ask(
            "weather__get_forecasts",
            {"type": "daily", "name": "Window"},
            device=device.id,
        )
        assert terms
        found[name] = terms.key.arguments["entity_id"]
    assert found == {"Kitchen": [GARDEN], "Cabin": [CABIN]}


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"user": "someone"}, id="person"),
        pytest.param({"device": "kitchen"}, id="satellite"),
        pytest.param({"language": "de"}, id="language"),
    ],
)
async def test_an_unknown_tool_is_shared_by_none_who_may_be_told_otherwise(
    asker: Asker, other: dict[str, Any]
) -> None:
    """Nobody knows what the tool of an API looks at, so all counts."""
    one = await asker.ask("search", {"query": "x"})
    two = await asker.ask("search", {"query": "x"}, **other)
    assert one
    assert two
    assert one.key != two.key
    assert "registry" in one.depends_on
    assert one.policy.ttl == 0


async def test_tools_of_two_apis_are_two(hass: HomeAssistant) -> None:
    """Though they have the same name; and one of nobody knows where is not shared."""
    tools = [ActionTool("search", _nothing, READS) for _ in range(3)]
    terms = []
    for tool, origin in zip(tools, ("mcp-1", "mcp-2", None), strict=True):
        asker = Asker(hass, [tool])
        asker.origins = {id(tool): origin} if origin else {}
        terms.append(await asker.ask("search", {"query": "x"}))
    one, two, unknown = terms
    assert one
    assert two
    assert one.key != two.key
    assert unknown is None


async def test_a_tool_that_is_named_like_a_service_is_none(
    hass: HomeAssistant,
) -> None:
    """The table is of services; nobody knows what another API means by the name."""
    tool = ActionTool(FORECASTS, _nothing, READS)
    terms = await Asker(hass, [tool]).ask(FORECASTS, {})
    assert terms
    assert terms.policy.ttl == 0


async def test_a_tool_keeps_its_key_under_another_name(hass: HomeAssistant) -> None:
    """A name that had to change in one agent is the same tool."""
    tool = ActionTool("search", _nothing, READS)
    renamed = RenamedTool("web__search", tool)
    asker = Asker(hass, [tool, renamed])
    one = await asker.ask("search", {"query": "x"})
    two = await asker.ask("web__search", {"query": "x"})
    assert one
    assert two
    assert one.key == two.key


async def test_defaults_are_part_of_the_meaning(hass: HomeAssistant) -> None:
    """What is left out is what it defaults to; what is refused has no terms."""
    tool = ActionTool("search", _nothing, READS)
    tool.parameters = probatio.Schema(
        {
            probatio.Required("query"): str,
            probatio.Optional("limit", default=5): int,
        }
    )
    asker = Asker(hass, [tool])
    one = await asker.ask("search", {"query": "x"})
    two = await asker.ask("search", {"limit": 5, "query": "x"})
    assert one
    assert two
    assert one.key == two.key
    assert await asker.ask("search", {"limit": "many"}) is None


async def test_the_users_choice(asker: Asker) -> None:
    """A TTL of the user's own, for services and tools, and what is private."""
    asker.options = CacheOptions(
        choices={
            FORECASTS: CacheChoice(ttl=30.0),
            "search": CacheChoice(ttl=90.0, private=True),
        }
    )
    forecast = await asker.ask(
        "weather__get_forecasts", {"type": "daily", "name": "Hut"}
    )
    search = await asker.ask("search", {})
    assert forecast
    assert search
    assert forecast.policy.ttl == 30.0
    assert forecast.policy.stale_while_revalidate == 0.0
    assert not forecast.policy.private
    assert search.policy.ttl == 90.0
    assert search.policy.private
