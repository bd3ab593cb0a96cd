"""Tests for what a group comes down to."""

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.chatterbox.tools.exposure.groups import members_of_user_group


@pytest.fixture
async def groups(hass: HomeAssistant) -> None:
    """Make a group of a group, and one that has itself in it."""
    assert await async_setup_component(
        hass,
        "group",
        {
            "group": {
                "inner": {"entities": ["light.a", "light.b"]},
                "outer": {"entities": ["group.inner", "switch.c"]},
                "itself": {"entities": ["group.itself", "light.a"]},
                "empty": {"entities": []},
            }
        },
    )
    await hass.async_block_till_done()


@pytest.mark.parametrize(
    ("entity_id", "expected"),
    [
        ("group.inner", {"light.a", "light.b"}),
        ("group.outer", {"light.a", "light.b", "switch.c"}),
        ("group.itself", {"light.a"}),
        ("group.empty", set()),
        ("group.gone", set()),
        ("light.a", set()),
    ],
)
async def test_members(
    hass: HomeAssistant, groups: None, entity_id: str, expected: set[str]
) -> None:
    """All that is in it, to the bottom."""
    assert members_of_user_group(hass, entity_id) == expected


async def test_helper(hass: HomeAssistant) -> None:
    """A group may look like a lamp."""
    for entity_id in ("light.a", "light.b"):
        hass.states.async_set(entity_id, "off")
    entry = MockConfigEntry(
        domain="group",
        title="Lamps",
        options={
            "group_type": "light",
            "name": "Lamps",
            "entities": ["light.a", "light.b"],
            "hide_members": False,
            "all": False,
        },
    )
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert members_of_user_group(hass, "light.lamps") == {"light.a", "light.b"}


async def test_group_of_an_integration(hass: HomeAssistant) -> None:
    """A bridge's room is a thing of its own, though it names its lamps."""
    hass.states.async_set("light.room", "on", {"entity_id": ["light.a"]})
    assert members_of_user_group(hass, "light.room") == set()
