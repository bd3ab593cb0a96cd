"""Which services are offered as harmful, and which a new agent starts with."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Final

from homeassistant.core import SupportsResponse

from .annotations import annotations_of

HARMFUL: Final[Mapping[str, str]] = {
    "homeassistant.restart": "stops every automation while it restarts",
    "homeassistant.stop": "stops Home Assistant until someone starts it by hand",
    "homeassistant.reload_*": "reloads configuration; entities are away meanwhile",
    "homeassistant.set_location": "moves the home, and with it sun and zones",
    "homeassistant.save_persistent_states": "writes storage",
    "*.reload": "reloads an integration; its entities are away meanwhile",
    "*.reload_*": "reloads an integration; its entities are away meanwhile",
    "hassio.*": "controls the host, apps and backups",
    "backup.*": "creates or restores backups",
    "chatterbox.*": "shows what agents were told, or drops it",
    "shell_command.*": "runs a command on the host",
    "python_script.*": "runs code inside Home Assistant",
    "pyscript.*": "runs code inside Home Assistant",
    "recorder.disable": "stops the recording of history",
    "recorder.enable": "changes the recording of history",
    "recorder.purge*": "deletes history",
    "recorder.get_statistics": "reads the history database by id",
    "sql.*": "reads the database past what is exposed",
    "file.*": "reads files past what is exposed",
    "downloader.*": "writes files to the host",
    "ffmpeg.*": "controls processes on the host",
    "system_log.*": "writes to or clears the system log",
    "logger.*": "changes what is logged",
    "logbook.log": "writes entries into the logbook",
    "persistent_notification.*": "writes or dismisses notices for the home's admins",
    "notify.persistent_notification": "writes notices for the home's admins",
    "frontend.*": "changes the dashboard of everyone",
    "lovelace.*": "changes dashboards",
    "conversation.process": "lets an agent call agents, itself too",
    "conversation.reload": "reloads what Assist understands",
    "automation.trigger": "runs an automation past its conditions",
    "device_tracker.see": "makes up where people are",
    "group.set": "changes what a group means",
    "group.remove": "changes what a group means",
    "scene.create": "makes scenes of any state",
    "scene.apply": "sets any states without the entities' own services",
    "mqtt.publish": "writes to the home's message bus",
    "mqtt.dump": "writes files to the host",
    "rest_command.*": "sends requests to other systems",
    "profiler.*": "slows Home Assistant down and writes files",
    "update.install": "replaces firmware or software",
    "zha.*": "reconfigures the Zigbee network",
    "zwave_js.*": "reconfigures the Z-Wave network",
    "cloud.*": "changes remote access",
    "system_bridge.*": "controls a computer",
    "wake_on_lan.*": "starts computers",
    "camera.record": "writes files to the host",
    "camera.snapshot": "writes files to the host",
}
"""Services that can harm the system or reach past what is exposed, by pattern."""


def why_harmful(service: str) -> str | None:
    """Return why ``domain.service`` can do harm, or None."""
    for pattern, reason in HARMFUL.items():
        if fnmatchcase(service, pattern):
            return reason
    return None


HARMLESS: Final[Mapping[str, str]] = {
    "amberelectric": "prices of electricity",
    "calendar": "appointments of the calendars that are exposed",
    "easyenergy": "prices of electricity and gas",
    "energyzero": "prices of electricity and gas",
    "environment_canada": "weather",
    "forecast_solar": "what the sun is to yield",
    "google_air_quality": "how clean the air is",
    "green_planet_energy": "prices of electricity",
    "heos": "what a player is to play",
    "jewish_calendar": "which day it is",
    "mealie": "recipes and what there is to eat",
    "media_player": "music and films of the players that are exposed",
    "music_assistant": "music",
    "nina": "warnings of the authorities",
    "nordpool": "prices of electricity",
    "nws": "weather",
    "omie": "prices of electricity",
    "openweathermap": "weather",
    "schedule": "times of the schedules that are exposed",
    "sonos": "what a player is to play",
    "stookwijzer": "how clean the air is",
    "swiss_public_transport": "when trains leave",
    "tibber": "prices of electricity",
    "todo": "items of the lists that are exposed",
    "weather": "weather",
    "workday": "whether a day is one of work",
}
"""Domains whose services that only answer tell nothing that a guest may not hear;
others answer with door codes (`schlage`, `matter`) or mails (`imap`)."""


def chosen_at_first(service: str, answers: SupportsResponse) -> bool:
    """Return whether a new agent starts with a service: one that only answers, harmlessly."""
    return (
        service.partition(".")[0] in HARMLESS
        and annotations_of(service, answers).read_only
        and why_harmful(service) is None
    )
