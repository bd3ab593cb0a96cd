"""How long a call may take and how many may run at once."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Protocol, Self

from ...const import (
    CONF_INTEGRATION_CAPS,
    CONF_MAX_IN_FLIGHT,
    CONF_READ_ONLY_TOOLS,
    CONF_SERVICES_NOT_AWAITED,
    CONF_TOOL_DEADLINE,
    CONF_TOOL_DEADLINES,
)
from ..resources import Footprint

DEFAULT_DEADLINE: Final = 10.0
"""Seconds that a tool may take; a person waits no longer for a voice to answer."""

NOT_AWAITED: Final = 0.2
"""Seconds in which a service that is not awaited may fail, as for HA's intents."""

DEFAULT_MAX_IN_FLIGHT: Final = 50
"""Calls of one turn under way at once: more than a response may make."""

STATE_PUSH: Final = 1.0
"""Seconds in which a device is expected to push the state that a service set."""

STOPPING: Final = 15.0
"""Seconds that Home Assistant's stop waits for writes; it gives its jobs 20 in all."""

INTEGRATION_CAPS: Final[Mapping[str, int]] = MappingProxyType(
    {
        # One radio and one serial line for all devices. Zigbee coordinators take
        # about 8 requests at once (zigpy's default for Silicon Labs' sticks) and drop
        # what comes in a burst; half of it leaves room for retries and reports.
        "zha": 4,
        "deconz": 4,
        # Zigbee2MQTT and Tasmota: the broker takes any number, the radio behind it
        # does not, and nothing tells the sender.
        "mqtt": 4,
        # A Z-Wave network carries one frame at a time, at 9.6 to 100 kbit/s.
        "zwave_js": 4,
        # A Hue bridge takes about 10 light commands a second and refuses the rest.
        "hue": 5,
    }
)
"""Calls on one integration's entities that may be under way at once, in the home."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchOptions:
    """What the user chose for the calls of one agent."""

    deadline: float = DEFAULT_DEADLINE
    """Seconds."""
    deadlines: Mapping[str, float] = field(default_factory=dict)
    """Seconds for single tools, by ``domain.service`` or tool name."""
    max_in_flight: int = DEFAULT_MAX_IN_FLIGHT
    integration_caps: Mapping[str, int] = INTEGRATION_CAPS
    read_only_tools: frozenset[str] = frozenset()
    """Names of tools that declare nothing, and of which a person says so."""

    @classmethod
    def from_subentry(cls, data: Mapping[str, Any]) -> Self:
        """Read the options as the form stored them."""
        caps = data.get(CONF_INTEGRATION_CAPS)
        return cls(
            deadline=float(data.get(CONF_TOOL_DEADLINE) or DEFAULT_DEADLINE),
            deadlines=dict.fromkeys(
                data.get(CONF_SERVICES_NOT_AWAITED) or (), NOT_AWAITED
            )
            | {
                row["tool"].strip(): float(row["seconds"])
                for row in data.get(CONF_TOOL_DEADLINES) or ()
            },
            max_in_flight=int(data.get(CONF_MAX_IN_FLIGHT) or DEFAULT_MAX_IN_FLIGHT),
            read_only_tools=frozenset(data.get(CONF_READ_ONLY_TOOLS) or ()),
            integration_caps=INTEGRATION_CAPS
            if caps is None
            else {row["integration"].strip(): int(row["calls"]) for row in caps},
        )


class Watch(Protocol):
    """Sees what a tool does that does not say what it touches."""

    def service_called(
        self, domain: str, service: str, data: Mapping[str, Any]
    ) -> frozenset[str]:
        """Return the resources that a service which the tool calls writes."""

    def acted(self) -> None:
        """Take note that a call made inside it writes."""

    def ended(self) -> None:
        """Take note that the call is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallPlan:
    """What is known of a call before it runs."""

    footprint: Footprint
    deadline: float = DEFAULT_DEADLINE
    """Seconds from the call's start."""
    goes_on: bool = False
    """Past its deadline it is still running, which is no failure: a service."""
    watch: Watch | None = None
    written_by: Callable[[str, Mapping[str, Any]], Iterable[str]] = lambda *_: ()
    """Returns the entities that ``domain.service``, which it calls, writes."""
    integrations: frozenset[str] = frozenset()
