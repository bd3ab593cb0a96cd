"""What is said of a thing, in Home Assistant's words for its states."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers import translation
import pytest

from custom_components.chatterbox.agent.claimed import says_done
from custom_components.chatterbox.agent.missed_mentions import Sentence
from custom_components.chatterbox.agent.misstated import misstated

from ..house import House, make_house


@pytest.fixture
async def house(hass: HomeAssistant) -> House:
    """Give a lamp that is on, a lock that is not locked, a blind that moves."""
    house = await make_house(hass, "lock")
    kitchen = house.area("Kitchen")
    house.entity("light.lamp", "Big Lamp", "on", area=kitchen)
    house.entity("light.small", "Small Lamp", "off", area=kitchen)
    house.entity("lock.door", "Front Door", "unlocked", area=kitchen)
    house.entity("cover.blind", "Blind", "closing", area=kitchen)
    return house


@pytest.mark.parametrize(
    ("language", "lamp", "lock"),
    [
        ("en", "Big Lamp is already off.", "Front Door is already locked."),
        ("de", "Big Lamp ist bereits aus.", "Front Door ist schon verriegelt."),
        ("es", "Big Lamp ya está apagada.", "Front Door ya está bloqueada."),
        ("fr", "Big Lamp est déjà éteinte.", "Front Door est déjà verrouillée."),
        ("it", "Big Lamp è già spenta.", "Front Door è già bloccata."),
        ("nl", "Big Lamp is al uit.", "Front Door is al vergrendeld."),
    ],
)
async def test_the_opposite_is_heard_in_every_language(
    hass: HomeAssistant, house: House, language: str, lamp: str, lock: str
) -> None:
    hass.config.language = language
    await translation.async_load_integrations(hass, {"light", "lock"})
    said = Sentence(hass, "conversation", "")
    assert misstated(said, lamp) == "Big Lamp is on, not off."
    assert misstated(said, lock) == "Front Door is unlocked, not locked."
    assert says_done(lamp)
    assert says_done(lock)
    hass.states.async_set("light.lamp", "off")
    hass.states.async_set("lock.door", "locked")
    assert misstated(said, lamp) == misstated(said, lock) == ""


@pytest.mark.parametrize(
    ("sentence", "answer", "so"),
    [
        ("Lock the front door", "It is locked.", "Front Door is unlocked, not locked."),
        ("Lock the front door", "Is the front door off or on?", ""),
        ("Lock it", "It is locked.", ""),
        ("Close the blind", "The blind is now open.", ""),
        ("", "Big Lamp and Small Lamp are on.", ""),
        ("", "Big Lamp was off, and is on now.", ""),
        ("", "The small lamp is on. Big Lamp is on.", "Small Lamp is off, not on."),
        ("", "The big lamp is bright.", ""),
    ],
)
async def test_only_the_opposite_of_one_thing_is_wrong(
    house: House, sentence: str, answer: str, so: str
) -> None:
    assert misstated(Sentence(house.hass, "conversation", sentence), answer) == so
