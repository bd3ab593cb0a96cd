"""Tests for the one meaning that an intent's arguments have."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import intent
import pytest

from custom_components.chatterbox.tools.calls import ToolError
from custom_components.chatterbox.tools.intents.arguments import understand
from custom_components.chatterbox.tools.number_words import load_number_words

from ...house import House, make_house


@pytest.fixture
async def house(hass: HomeAssistant) -> House:
    """Give a house with twins, twisted names and things to keep closed."""
    await hass.async_add_executor_job(load_number_words)
    house = await make_house(
        hass, "media_player", "vacuum", "lock", "climate", "fan", "binary_sensor"
    )
    kitchen = house.area("Kitchen", "Ground Floor", "Cuisine")
    bedroom = house.area("Bedroom", "Upstairs")
    garage = house.area("Garage", "Ground Floor")
    living = house.area("Living Room", "Ground Floor")
    house.area("Attic", "Roof")
    house.entity("light.kitchen_ceiling", "Ceiling", area=kitchen)
    house.entity("light.kitchen_island", "Island Light", area=kitchen)
    house.entity("light.bedroom_ceiling", "Ceiling", area=bedroom)
    house.entity("light.garage", "Garage Light", area=garage, aliases=("Work Lamp",))
    house.entity("light.strip_1", "LED Strip 1", area=living)
    house.entity("light.strip_2", "LED Strip 2", area=living)
    house.entity("light.hidden", "Secret Light", area=living, exposed=False)
    house.entity(
        "binary_sensor.window",
        "Kitchen Window",
        "on",
        area=kitchen,
        device_class="window",
    )
    house.entity(
        "cover.garage", "Garage Door", "closed", area=garage, device_class="garage"
    )
    house.entity(
        "cover.bedroom", "Bedroom Blind", "open", area=bedroom, device_class="blind"
    )
    house.entity("lock.front", "Front Door Lock", "locked", area=living)
    house.entity(
        "vacuum.robo", "Roborock", "docked", area=living, supported_features=8192 + 16
    )
    house.entity(
        "media_player.kitchen",
        "Kitchen Radio",
        "playing",
        area=kitchen,
        supported_features=4,
    )
    house.entity(
        "media_player.bedroom",
        "Bedroom Radio",
        "playing",
        area=bedroom,
        supported_features=4,
    )
    return house


def ask(
    hass: HomeAssistant, kind: str, args: dict[str, Any], sentence: str = ""
) -> Any:
    """Return what is understood."""
    (handler,) = (h for h in intent.async_get(hass) if h.intent_type == kind)
    return understand(hass, handler, args, "conversation", sentence)


ON, OFF, LIGHT = intent.INTENT_TURN_ON, intent.INTENT_TURN_OFF, "HassLightSet"


@pytest.mark.parametrize(
    ("kind", "args", "sentence", "understood"),
    [
        pytest.param(
            ON, {"name": "Garage Light"}, "", {"name": "Garage Light"}, id="as it is"
        ),
        pytest.param(
            ON,
            {"name": "Garage Light", "area": "Garage", "floor": "Garage"},
            "garage light on",
            {"name": "Garage Light"},
            id="a floor that is none",
        ),
        pytest.param(
            ON,
            {
                "name": "Garage Light",
                "area": "",
                "domain": [],
                "device_class": None,
                "floor": {},
            },
            "",
            {"name": "Garage Light"},
            id="empty parameters",
        ),
        pytest.param(
            OFF,
            {"name": "Garage Door", "domain": ["cover"], "device_class": ["cover"]},
            "close the garage door",
            {"name": "Garage Door"},
            id="a device class that is none",
        ),
        pytest.param(
            ON,
            {"name": "Garage Light", "domain": ["switch"]},
            "",
            {"name": "Garage Light"},
            id="the wrong domain",
        ),
        pytest.param(
            ON,
            {"name": "Ceiling", "area": "kitchen", "domain": ["light"]},
            "",
            {"name": "Ceiling", "domain": ["light"], "area": "Kitchen"},
            id="twins told apart by area",
        ),
        pytest.param(
            ON,
            {"name": "kitchen ceiling light"},
            "",
            {"name": "Ceiling", "domain": ["light"], "area": "Kitchen"},
            id="the area in the name",
        ),
        pytest.param(
            ON,
            {"name": "the island lights"},
            "",
            {"name": "Island Light"},
            id="article and plural",
        ),
        pytest.param(
            ON,
            {"name": "GARAGE light!"},
            "",
            {"name": "Garage Light"},
            id="case and punctuation",
        ),
        pytest.param(
            ON, {"name": "work lamp"}, "", {"name": "Garage Light"}, id="an alias"
        ),
        pytest.param(
            ON,
            {"name": "light.garage"},
            "",
            {"name": "Garage Light"},
            id="an entity id",
        ),
        pytest.param(
            ON,
            {"name": "Isalnd Light"},
            "",
            {"name": "Island Light"},
            id="letters swapped",
        ),
        pytest.param(
            ON,
            {"name": "Kitchen", "domain": ["light"]},
            "",
            {"area": "Kitchen", "domain": ["light"]},
            id="an area as name",
        ),
        pytest.param(
            ON,
            {"area": "Garage Light"},
            "",
            {"name": "Garage Light"},
            id="a name as area",
        ),
        pytest.param(
            ON,
            {"area": "Cuisine", "domain": "light"},
            "",
            {"area": "Kitchen", "domain": ["light"]},
            id="an area's alias, domain as text",
        ),
        pytest.param(
            ON,
            {"area": "Bedroom (floor Upstairs):", "domain": ["light"]},
            "",
            {"area": "Bedroom", "domain": ["light"]},
            id="a heading",
        ),
        pytest.param(
            ON,
            {"floor": "floor Upstairs", "domain": ["light"]},
            "",
            {"floor": "Upstairs", "domain": ["light"]},
            id="a floor from a heading",
        ),
        pytest.param(
            ON,
            {"area": "Upstairs", "domain": ["light"]},
            "",
            {"floor": "Upstairs", "domain": ["light"]},
            id="a floor as area",
        ),
        pytest.param(
            ON,
            {"floor": "Kitchen", "domain": ["light"]},
            "",
            {"area": "Kitchen", "domain": ["light"]},
            id="an area as floor",
        ),
        pytest.param(
            ON,
            {"area": "Kitchen", "floor": "first", "domain": ["light"]},
            "",
            {"area": "Kitchen", "domain": ["light"]},
            id="area and a floor that is none",
        ),
        pytest.param(
            OFF,
            {"area": "Kitchen", "domain": ["light"], "device_class": ["switch"]},
            "",
            {"area": "Kitchen", "domain": ["light"]},
            id="lights have no device class",
        ),
        pytest.param(
            OFF,
            {"area": "Bedroom", "domain": ["cover"], "device_class": ["curtain"]},
            "",
            {"area": "Bedroom", "domain": ["cover"]},
            id="the only cover there",
        ),
        pytest.param(
            OFF,
            {"area": "Bedroom", "domain": ["cover"], "device_class": ["blind"]},
            "",
            {"area": "Bedroom", "domain": ["cover"], "device_class": ["blind"]},
            id="a device class that is so",
        ),
        pytest.param(
            ON,
            {"name": "all", "domain": ["light"]},
            "",
            {"domain": ["light"]},
            id="all of a domain",
        ),
        pytest.param(
            "HassSetVolume",
            {"volume_level": "20%"},
            "turn the kitchen radio down to 20",
            {"name": "Kitchen Radio", "volume_level": 20},
            id="nothing named but in the sentence",
        ),
        pytest.param(
            "HassVacuumStart",
            {},
            "start cleaning",
            {"name": "Roborock"},
            id="the only one",
        ),
        pytest.param(
            ON,
            {"area": "Bedroom", "domain": ["light"]},
            "the bedroom lights upstairs, please",
            {"area": "Bedroom", "domain": ["light"]},
            id="an area and its floor, both said",
        ),
        pytest.param(
            LIGHT,
            {"name": "Garage Light", "color": "red", "temperature": 0},
            "make the garage light red",
            {"name": "Garage Light", "color": "red"},
            id="a temperature filled in",
        ),
        pytest.param(
            LIGHT,
            {"name": "Garage Light", "color": "red", "temperature": 2700},
            "make the garage light red",
            {"name": "Garage Light", "color": "red"},
            id="the color that was said",
        ),
        pytest.param(
            LIGHT,
            {"name": "Garage Light", "color": "red", "temperature": "2700"},
            "garage light to 2700 kelvin",
            {"name": "Garage Light", "temperature": 2700},
            id="the temperature that was said",
        ),
        pytest.param(
            LIGHT,
            {"name": "Garage Light", "color": "warm white", "temperature": 2700},
            "make the garage light cosy",
            {"name": "Garage Light", "temperature": 2700},
            id="a white is its temperature",
        ),
        pytest.param(
            "HassVacuumStart",
            {"area": "Kitchen"},
            "Start vacuuming",
            {"name": "Roborock"},
            id="the only one of its kind, for a place that nobody said",
        ),
        pytest.param(
            "HassVacuumStart",
            {"name": "Garage", "area": "Living Room"},
            "Start the vacuum",
            {"name": "Roborock"},
            id="a place that nobody said for a name",
        ),
        pytest.param(
            "HassVacuumStart",
            {"name": "Home Assistant", "area": "Cellar"},
            "Vacuum, off you go",
            {"name": "Roborock"},
            id="a name that nobody said",
        ),
        pytest.param(
            "HassSetVolume",
            {"name": "media_player speaker", "area": "Bedroom", "volume_level": 20},
            "quieter on the kitchen radio",
            {"name": "Kitchen Radio", "volume_level": 20},
            id="the one that was said, for a name of nothing",
        ),
        pytest.param(
            OFF,
            {"name": "blind", "area": "Cellar", "domain": ["light"]},
            "Shut the blind",
            {"name": "Bedroom Blind"},
            id="a kind for a name",
        ),
        pytest.param(
            "HassSetPosition",
            {"name": "Bedroom Covers", "position": 100},
            "open the bedroom covers",
            {"name": "Bedroom Blind", "position": 100},
            id="a place and a kind for a name",
        ),
        pytest.param(
            LIGHT,
            {
                "name": "light",
                "area": "Ground Floor",
                "floor": "Upstairs",
                "color": "off",
                "brightness": 0,
            },
            "Turn off all the lights on the ground floor",
            {"floor": "Ground Floor", "brightness": 0},
            id="a kind, a floor for an area, and off for a color",
        ),
        pytest.param(
            LIGHT,
            {"name": "Bedroom", "area": "Ground Floor", "brightness": 0},
            "Turn off all the lights on the ground floor",
            {"floor": "Ground Floor", "brightness": 0},
            id="the place that was said, not another's for a name",
        ),
        pytest.param(
            "HassVacuumStart",
            {"area": "Kitchen"},
            "Vacuum the kitchen",
            {"area": "Kitchen"},
            id="a place that was said is kept",
        ),
        pytest.param(
            LIGHT,
            {"name": "Garage Light", "brightness": "fünfzig Prozent"},
            "Garage Light auf fünfzig Prozent",
            {"name": "Garage Light", "brightness": 50},
            id="a number in words",
        ),
    ],
)
async def test_one_meaning(
    house: House,
    kind: str,
    args: dict[str, Any],
    sentence: str,
    understood: dict[str, Any],
) -> None:
    assert ask(house.hass, kind, args, sentence) == understood


@pytest.mark.parametrize(
    ("kind", "args", "sentence", "words"),
    [
        pytest.param(
            ON,
            {"name": "Ceiling Fan"},
            "",
            ["Nothing is called", "Nothing was done"],
            id="nothing",
        ),
        pytest.param(
            OFF,
            {"area": "Bedroom", "domain": ["light"]},
            "shut off the lights upstairs",
            ["The person said Upstairs", "Nothing was done", 'floor "Upstairs"'],
            id="an area for a floor that was said",
        ),
        pytest.param(
            LIGHT,
            {"name": "Garage Light", "color": "red", "temperature": 2700},
            "make the garage light nice",
            ["not both", "Nothing was done"],
            id="a color and a temperature",
        ),
        pytest.param(
            ON,
            {"name": "LED Strip 3"},
            "",
            ["LED Strip 1"],
            id="a digit is no typing mistake",
        ),
        pytest.param(
            OFF,
            {"name": "Garage Light"},
            "",
            [],
            id="fine",
        ),
        pytest.param(
            ON,
            {"name": "Garage Light", "area": "Bedroom"},
            "turn on the bedroom lamp",
            ["not in Bedroom", '"Ceiling" (light in Bedroom)'],
            id="the sentence names the area",
        ),
        pytest.param(
            ON,
            {"name": "Ceiling"},
            "",
            None,
            id="twins are left to Home Assistant",
        ),
        pytest.param(
            OFF,
            {"name": "Kitchen Window"},
            "",
            ["window binary sensor", "it can be read", "It is open"],
            id="a sensor",
        ),
        pytest.param(
            ON,
            {"name": "Secret Light"},
            "",
            ["Nothing is called"],
            id="what is hidden is not there",
        ),
        pytest.param(
            OFF,
            {"name": "Front Door Locks"},
            "",
            ["Nothing is called", "Front Door Lock"],
            id="danger is named exactly",
        ),
        pytest.param(
            OFF,
            {"name": "Grage Door"},
            "",
            ["Nothing is called"],
            id="no mistyped garage door",
        ),
        pytest.param(
            "HassSetVolume",
            {"volume_level": 20},
            "quieter please",
            ["names nothing", "Kitchen Radio", "Bedroom Radio"],
            id="no target among several",
        ),
        pytest.param(
            ON,
            {"area": "Cellar", "domain": ["light"]},
            "",
            ['no area "Cellar"', "Kitchen"],
            id="no such area",
        ),
        pytest.param(
            ON,
            {"floor": "Cellar", "domain": ["light"]},
            "",
            ["no floor", "Upstairs"],
            id="no such floor",
        ),
        pytest.param(
            ON,
            {"area": "Kitchen", "floor": "Upstairs", "domain": ["light"]},
            "the kitchen lights upstairs",
            ["not on the floor Upstairs"],
            id="a floor that the sentence names",
        ),
        pytest.param(
            "HassVacuumStart",
            {"name": "Attic Robot"},
            "Starte den Roboter im Dachgeschoss",
            ['Nothing is called "Attic Robot"'],
            id="a name that was said in another language",
        ),
        pytest.param(
            "HassVacuumStart",
            {"name": "Attic Vacuum"},
            "start the vacuum robot in the attic",
            ['Nothing is called "Attic Vacuum"'],
            id="a name that was said in part",
        ),
        pytest.param(
            "HassVacuumStart",
            {"name": "Tasks"},
            "tick off cleaning the hall",
            ['Nothing is called "Tasks"'],
            id="not the only one where nobody speaks of its kind",
        ),
        pytest.param(
            "HassVacuumStart",
            {"name": "Rex"},
            "start rex",
            ['Nothing is called "Rex"'],
            id="a name that was said is not another's",
        ),
        pytest.param(
            ON,
            {"name": "Attic Light"},
            "turn on the attic light and the island light",
            ['Nothing is called "Attic Light"'],
            id="not the other one that was said",
        ),
        pytest.param(
            OFF,
            {"name": "Attic Lamp"},
            "turn off the attic light and turn on the island light",
            ['Nothing is called "Attic Lamp"'],
            id="not the other one, though it was said in part",
        ),
        pytest.param(
            ON,
            {"name": "lights"},
            "lights on",
            ["may be any of these", '"Garage Light" (light in Garage)'],
            id="a kind of several",
        ),
        pytest.param(
            OFF,
            {"name": "lock"},
            "unlock it",
            ["Nothing is called"],
            id="no lock by its kind",
        ),
        pytest.param(
            "HassSetPosition",
            {"name": "Shutter", "position": 100},
            "open the garage door",
            ["Nothing is called"],
            id="no garage door by what was said",
        ),
        pytest.param(
            ON,
            {"name": "Kitchen"},
            "",
            ["Nothing is called"],
            id="a whole area needs a kind",
        ),
        pytest.param(ON, {}, "do it", ["names nothing"], id="nothing at all"),
    ],
)
async def test_no_meaning(
    house: House,
    kind: str,
    args: dict[str, Any],
    sentence: str,
    words: list[str] | None,
) -> None:
    if not words:
        assert ask(house.hass, kind, args, sentence) == args
        return
    with pytest.raises(ToolError) as error:
        ask(house.hass, kind, args, sentence)
    for word in words:
        assert word in str(error.value)


async def test_timers_and_lists_keep_their_names(
    hass: HomeAssistant, house: House
) -> None:
    """A name is not always that of a thing."""
    args = {"name": "pizza", "minutes": "5"}
    assert ask(hass, intent.INTENT_START_TIMER, args) == {"name": "pizza", "minutes": 5}
