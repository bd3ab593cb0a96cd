"""What a loaded config entry holds."""

from dataclasses import dataclass, field

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import Platform

from .agent.priming import Primer
from .agent.window import ContextWindows
from .health import ServerHealth
from .providers.base import LLMProvider
from .tools.durations import ToolDurations


@dataclass(slots=True)
class ChatterboxData:
    """Runtime data of one model server; gone when the entry is unloaded."""

    provider: LLMProvider
    health: ServerHealth
    primer: Primer
    platforms: list[Platform]
    durations: ToolDurations = field(default_factory=ToolDurations)
    windows: ContextWindows = field(default_factory=ContextWindows)


type ChatterboxConfigEntry = ConfigEntry[ChatterboxData]
