"""What the logbook says of dangerous actions."""

from typing import Any

from homeassistant.core import HomeAssistant

from custom_components.chatterbox.logbook import async_describe_events

from .danger_home import Danger, danger_fixture  # noqa: F401


async def test_a_dangerous_action(hass: HomeAssistant, danger: Danger) -> None:
    """It is told by the agent, with who asked, from where, and what."""
    await danger.ask_to_unlock()
    await danger.say("yes")
    await hass.async_block_till_done()
    found: dict[str, Any] = {}
    async_describe_events(
        hass, lambda domain, event_type, describe: found.update({event_type: describe})
    )
    told = [found[event.event_type](event) for event in danger.events]
    assert [entry["message"] for entry in told] == [
        "asked whether to do this: unlock Front door. Asked by Anna, through Hall satellite",
        "did this: unlock Front door. Asked by Anna, through Hall satellite",
    ]
    assert {entry["name"] for entry in told} == {"Chatterbox"}
    assert {entry["entity_id"] for entry in told} == {danger.agent.entity_id}
