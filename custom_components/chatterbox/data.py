"""What a loaded config entry holds."""

from dataclasses import dataclass

from homeassistant.config_entries import ConfigEntry

from .health import ServerHealth
from .providers.base import LLMProvider


@dataclass(slots=True)
class ChatterboxData:
    """Runtime data of one model server; gone when the entry is unloaded."""

    provider: LLMProvider
    health: ServerHealth


type ChatterboxConfigEntry = ConfigEntry[ChatterboxData]
