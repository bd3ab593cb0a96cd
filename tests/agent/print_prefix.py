"""Print the digest of an agent's prefix, for a process with another hash seed."""

import hashlib
from tempfile import TemporaryDirectory

from homeassistant.core import HomeAssistant
from homeassistant.helpers import llm
from pytest_homeassistant_custom_component.common import async_test_home_assistant

from custom_components.chatterbox.agent.options import AgentOptions
from custom_components.chatterbox.agent.prompt import Prefix, build_prefix
from custom_components.chatterbox.tools.api import ChatterboxAPI
from tests.house import make_house

COMPONENTS = ("climate", "fan", "humidifier", "media_player", "todo", "vacuum")
"""Beside a house's own, so that there are tools of many kinds."""


async def prefix_of_a_house(hass: HomeAssistant) -> Prefix:
    """Return the prefix of an agent in a house with a thing of each kind."""
    house = await make_house(hass, *COMPONENTS)
    area = house.area("Kitchen", "Ground", "Galley", "Cookhouse", "Scullery")
    for domain in ("light", "cover", *COMPONENTS):
        house.entity(f"{domain}.x", f"The {domain}", area=area, supported_features=3)
    nobody = llm.LLMContext("chatterbox", None, "en", "conversation", None)
    toolbox = await ChatterboxAPI(hass, ["assist"], reply=True).async_get_api_instance(
        nobody
    )
    options = AgentOptions(model="demo", llm_hass_api=("assist",))
    return build_prefix(hass, options, toolbox)


def digest(prefix: Prefix) -> str:
    """Return a digest of every byte."""
    return hashlib.sha256(repr(prefix).encode()).hexdigest()


async def print_digest() -> None:
    """Print the digest of the prefix in a Home Assistant of this process."""
    # A folder of its own: two of these run at once, and both write there.
    with TemporaryDirectory() as folder:
        async with async_test_home_assistant(config_dir=folder) as hass:
            print(digest(await prefix_of_a_house(hass)))  # noqa: T201
            await hass.async_stop(force=True)
