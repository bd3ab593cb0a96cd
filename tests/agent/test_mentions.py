"""The entities that a sentence names."""

from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from custom_components.chatterbox.agent.mentions import MAX_MENTIONED, describe_mentions
from tests.house import House, make_house


@pytest.fixture
async def house(hass: HomeAssistant) -> House:
    """Give a house with a garage, a kitchen and a study."""
    house = await make_house(hass, "binary_sensor")
    garage = house.area("Garage")
    kitchen = house.area("Kitchen", None, "Galley")
    study = house.area("Study")
    house.entity(
        "cover.door", "Garage Door", "open", area=garage, device_class="garage"
    )
    house.entity("light.kl", "Kitchen Lights", "on", area=kitchen, brightness=128)
    house.entity("light.spot", "Spot", area=kitchen, aliases=("Bright One",))
    house.entity("binary_sensor.kw", "Window", area=kitchen, device_class="window")
    house.entity("binary_sensor.sw", "Window", "on", area=study, device_class="window")
    house.entity("light.hidden", "Hidden", area=kitchen, exposed=False)
    return house


def names(hass: HomeAssistant, sentence: str, area_id: str | None = None) -> list[str]:
    """Return the lines for a sentence."""
    return describe_mentions(hass, "conversation", sentence, area_id)


DOOR = "Garage Door (cover garage, Garage): open"
LIGHTS = "Kitchen Lights (light, Kitchen): on, brightness 50%"
SPOT = "Spot (light, Kitchen): off"
KITCHEN_WINDOW = "Window (binary_sensor window, Kitchen): closed"
STUDY_WINDOW = "Window (binary_sensor window, Study): open"


@pytest.mark.parametrize(
    ("sentence", "lines"),
    [
        pytest.param("Is the garage door open?", [DOOR], id="name"),
        pytest.param("IS THE GARAGE  DOOR OPEN", [DOOR], id="letter-case-and-spaces"),
        pytest.param("turn on the bright one", [SPOT], id="alias"),
        pytest.param("kitchen lights off", [LIGHTS], id="name-over-area"),
        pytest.param("spotless", [], id="part-of-a-word"),
        pytest.param("what time is it", [], id="nothing"),
        pytest.param("", [], id="silence"),
        pytest.param("is hidden on", [], id="not-exposed"),
        pytest.param("close the window", [KITCHEN_WINDOW, STUDY_WINDOW], id="both"),
        pytest.param("window in the study", [STUDY_WINDOW], id="name-and-area"),
        pytest.param(
            "what is on in the galley", [KITCHEN_WINDOW, LIGHTS, SPOT], id="area-alias"
        ),
        pytest.param("garage door and spot", [DOOR, SPOT], id="two"),
    ],
)
async def test_what_a_sentence_names(
    hass: HomeAssistant, house: House, sentence: str, lines: list[str]
) -> None:
    assert names(hass, sentence) == lines


async def test_the_speakers_area_comes_first(hass: HomeAssistant, house: House) -> None:
    assert names(hass, "the window", "study") == [STUDY_WINDOW, KITCHEN_WINDOW]


async def test_at_most_twenty(hass: HomeAssistant, house: House) -> None:
    hall = house.area("Hall")
    for number in range(30):
        house.entity(f"light.h{number:02}", "Bulb", area=hall)
    assert len(names(hass, "bulb")) == MAX_MENTIONED == 20
    assert len(names(hass, "the hall")) == 20


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        pytest.param("客厅灯", "打开客厅灯", id="chinese"),
        pytest.param("거실등", "거실등을 켜줘", id="korean"),
        pytest.param("Anna's Lamp", "turn on anna\u2019s lamp", id="apostrophe"),
        pytest.param("Straße", "strasse an", id="case-folding"),
    ],
)
async def test_names_of_all_languages(
    hass: HomeAssistant, house: House, name: str, sentence: str
) -> None:
    house.entity("light.x", name)
    assert names(hass, sentence) == [f"{name} (light): off"]


@pytest.mark.parametrize(
    ("entity_id", "state", "attributes", "told"),
    [
        pytest.param(
            "climate.x",
            "heat",
            {"temperature": 21.0, "current_temperature": 19.5},
            "heat, currently 19.5, temperature 21",
            id="climate",
        ),
        pytest.param(
            "sensor.x", "3.5", {"unit_of_measurement": "kWh"}, "3.5 kWh", id="unit"
        ),
        pytest.param(
            "cover.x",
            "open",
            {"current_position": 40},
            "open, position 40%",
            id="cover",
        ),
        pytest.param("light.x", "on", {"brightness": 1}, "on, brightness 1%", id="dim"),
        pytest.param("light.x", "off", {"brightness": None}, "off", id="no-brightness"),
        pytest.param("light.x", "unavailable", {}, "unavailable", id="unavailable"),
        pytest.param(
            "media_player.x",
            "playing",
            {"media_title": "A\nB", "volume_level": 0.3},
            "playing, volume 0.3, title A B",
            id="media",
        ),
    ],
)
async def test_a_state_with_what_matters(
    hass: HomeAssistant,
    house: House,
    entity_id: str,
    state: str,
    attributes: dict[str, Any],
    told: str,
) -> None:
    house.entity(entity_id, "Thing", state, **attributes)
    (line,) = names(hass, "the thing")
    assert line.partition("): ")[2] == told


async def test_a_timestamp_is_told_in_local_time(
    hass: HomeAssistant, house: House
) -> None:
    await hass.config.async_set_time_zone("Europe/Berlin")
    house.entity(
        "sensor.x", "Alarm", "2026-01-05T06:00:00+00:00", device_class="timestamp"
    )
    (line,) = names(hass, "when is the alarm")
    assert line.endswith(": 2026-01-05T07:00:00+01:00")
