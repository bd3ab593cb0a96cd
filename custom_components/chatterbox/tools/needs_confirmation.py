"""What needs a person's confirmation: one table of things and one of services.

A thing is told by the entity that is reached in the end and by what is done to it,
never by the name of the tool.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Harm(StrEnum):
    """What a dangerous action does, as a person is asked about it."""

    UNLOCK = "unlock"
    OPEN = "open"
    DISARM = "disarm"
    SOUND = "sound"
    SILENCE = "silence"
    CHANGE = "change"
    USE = "use"
    """A service or a tool as a whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of thing in the home that has to be named, and confirmed."""

    why: str
    domain: str
    device_classes: frozenset[str] = frozenset()
    """Empty for all of the domain."""
    secures: frozenset[str] = frozenset()
    secure_at_zero: frozenset[str] = frozenset()
    """Services that set a position and need nobody where it is 0."""
    secure_states: frozenset[str] = frozenset()
    """States that a scene may set without anybody."""
    harms: Mapping[str, Harm]
    """What the other services do, and the states; all else is `Harm.CHANGE`."""


def _named(domain: str, *services: str) -> frozenset[str]:
    return frozenset(f"{domain}.{service}" for service in services)


KINDS: Final = (
    Kind(
        why="whoever stands outside can come in",
        domain="lock",
        secures=_named("lock", "lock"),
        secure_states=frozenset({"locked", "locking"}),
        harms={
            "lock.unlock": Harm.UNLOCK,
            "unlocked": Harm.UNLOCK,
            "lock.open": Harm.OPEN,
            "open": Harm.OPEN,
        },
    ),
    Kind(
        why="a way into the home or onto the ground stands open",
        domain="cover",
        device_classes=frozenset({"door", "garage", "gate"}),
        secures=_named(
            "cover", "close_cover", "close_cover_tilt", "stop_cover", "stop_cover_tilt"
        ),
        secure_at_zero=_named("cover", "set_cover_position", "set_cover_tilt_position"),
        secure_states=frozenset({"closed", "closing"}),
        harms={
            "cover.open_cover": Harm.OPEN,
            "cover.open_cover_tilt": Harm.OPEN,
            "cover.set_cover_position": Harm.OPEN,
            "cover.set_cover_tilt_position": Harm.OPEN,
            "open": Harm.OPEN,
        },
    ),
    Kind(
        why="water or gas flows with nobody there",
        domain="valve",
        secures=_named("valve", "close_valve", "stop_valve"),
        secure_at_zero=_named("valve", "set_valve_position"),
        secure_states=frozenset({"closed", "closing"}),
        harms={
            "valve.open_valve": Harm.OPEN,
            "valve.set_valve_position": Harm.OPEN,
            "open": Harm.OPEN,
        },
    ),
    Kind(
        why="the home is no longer watched, or the alarm goes off",
        domain="alarm_control_panel",
        secures=_named(
            "alarm_control_panel",
            "alarm_arm_away",
            "alarm_arm_custom_bypass",
            "alarm_arm_home",
            "alarm_arm_night",
            "alarm_arm_vacation",
        ),
        secure_states=frozenset(
            {
                "armed_away",
                "armed_custom_bypass",
                "armed_home",
                "armed_night",
                "armed_vacation",
            }
        ),
        harms={
            "alarm_control_panel.alarm_disarm": Harm.DISARM,
            "disarmed": Harm.DISARM,
            "alarm_control_panel.alarm_trigger": Harm.SOUND,
            "triggered": Harm.SOUND,
        },
    ),
    Kind(
        why="it frightens, or it is silent when it should warn",
        domain="siren",
        harms={
            "siren.turn_on": Harm.SOUND,
            "on": Harm.SOUND,
            "siren.turn_off": Harm.SILENCE,
            "off": Harm.SILENCE,
        },
    ),
)
"""Things that have to be named, and what can be done to them without a person."""


COMMANDS: Final = frozenset(
    {
        "alexa_devices.send_text_command",
        "conversation.process",
        "google_assistant_sdk.send_text_command",
    }
)
"""Services that do whatever a sentence tells them, inside a script too."""

SERVICES: Final[Mapping[str, str]] = {
    "alexa_devices.send_text_command": "Alexa acts on a sentence that nobody said",
    "backup.*": "replaces or hands out all data",
    "conversation.process": "another agent acts on a sentence that nobody said",
    "google_assistant_sdk.send_text_command": "Google acts on a sentence that nobody said",
    "hassio.*": "controls the host",
    "homeassistant.restart": "stops every automation for a while",
    "homeassistant.stop": "stops Home Assistant until someone starts it",
    "lock.*user*": "changes who can open a lock",
    "lock.*code*": "changes who can open a lock",
    "matter.*credential*": "changes who can open a lock",
    "matter.*lock_user*": "changes who can open a lock",
    "mqtt.publish": "may tell any device anything",
    "pyscript.*": "runs code",
    "python_script.*": "runs code",
    "rest_command.*": "may tell any device anything",
    "shell_command.*": "runs a command on the host",
    "update.install": "replaces firmware or software",
    "zwave_js.*credential*": "changes who can open a lock",
    "zwave_js.*usercode*": "changes who can open a lock",
    "zwave_js.*set_user*": "changes who can open a lock",
    "zwave_js.multicast_set_value": "may tell any device anything",
    "zwave_js.set_value": "may tell any device anything",
    "zwave_js.invoke_cc_api": "may tell any device anything",
    "zha.issue_zigbee_cluster_command": "may tell any device anything",
    "zha.set_zigbee_cluster_attribute": "may tell any device anything",
    "deconz.configure": "may tell any device anything",
}
"""Services that are dangerous where a model itself calls them, by pattern, and why."""
