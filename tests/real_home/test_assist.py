"""A sentence goes the whole way: pipeline, Chatterbox, demo model, house, speech."""

from pathlib import Path
import re
import subprocess

from scripts.dev_home.client import HomeClient
from scripts.dev_home.folder import LOG_NAME
from scripts.dev_home.home import Home
from scripts.dev_home.options import CHECKOUT
from scripts.dev_home.turn import speak

from .conftest import PYTHON

SENTENCE = "turn on the kitchen lights and tell me the weather"

WEATHER = re.compile("sunny|clear|cloud|fog|rain|pour|snow|hail|lightning|wind")
"""Home Assistant's conditions, as they are spoken."""


async def test_a_sentence_turns_on_the_lights_and_speaks_the_weather(
    home: Home, client: HomeClient
) -> None:
    """The light is on in that Home Assistant, and the weather is in the answer."""
    await client.call_service("light", "turn_off", entity_id="light.kitchen_lights")

    turn = await speak(client, home.pipeline, SENTENCE)

    assert (await client.states())["light.kitchen_lights"] == "on"
    assert turn.heard == SENTENCE
    assert turn.error is None
    assert turn.calls
    assert [call for call in turn.calls if call.failed] == []
    assert turn.was_spoken
    assert WEATHER.search(turn.spoken), turn.spoken


async def test_weather_and_calendars_are_exposed_and_the_kitchen_has_its_lights(
    client: HomeClient,
) -> None:
    """What Home Assistant does not do by itself for a demo home."""
    listed = await client.command("homeassistant/expose_entity/list")
    exposed = {
        entity_id
        for entity_id, assistants in listed["exposed_entities"].items()
        if assistants.get("conversation")
    }
    states = await client.states()
    hidden = {
        entity_id
        for entity_id in states
        if entity_id.startswith(("weather.", "calendar.")) and entity_id not in exposed
    }
    assert hidden == set()
    assert any(entity_id.startswith("calendar.") for entity_id in states)

    devices = await client.command("config/device_registry/list")
    kitchen = {d["name"] for d in devices if d["area_id"] == "kitchen"}
    assert "Kitchen Lights" in kitchen


def test_another_terminal_can_say_something_to_the_same_home(
    home: Home, folder: Path
) -> None:
    """scripts/develop --say finds it, prints the turn and exits 0."""
    said = subprocess.run(
        [
            *(PYTHON, "-m", "scripts.dev_home", "--folder", folder),
            *("--say", "turn off the kitchen lights"),
        ],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert said.returncode == 0, said.stderr
    assert f"A home is running already: {home.url}" in said.stderr
    assert "light.kitchen_lights: on → off" in said.stdout
    assert "Spoken   " in said.stdout


def test_home_assistant_has_nothing_to_complain_about(home: Home, folder: Path) -> None:
    """No error in its log after all this, and no warning that names Chatterbox."""
    log = (folder / LOG_NAME).read_text()
    assert "custom_components.chatterbox" in log
    assert [line for line in log.splitlines() if " ERROR " in line] == []
    assert "Traceback" not in log
    warnings = [
        line
        for line in log.splitlines()
        if " WARNING " in line
        and "chatterbox" in line
        # Said of every custom integration.
        and "has not been tested by Home Assistant" not in line
    ]
    assert warnings == []


def test_the_home_starts_without_a_network(home: Home, folder: Path) -> None:
    """Nothing is left for Home Assistant to install."""
    assert "Attempting install" not in (folder / LOG_NAME).read_text()
