"""A house with locks, a garage, a valve, an alarm and a siren, and who lives in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from homeassistant.components import conversation
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockUser,
    async_capture_events,
)

from custom_components.chatterbox.const import DOMAIN, EVENT_DANGEROUS_ACTION
from custom_components.chatterbox.tools.confirmation.pending import (
    async_get_confirmations,
)
from scripts.demo_model import ModelServer

from .home import Agent, setup_agent, spoken
from .house import House, make_house

FRONT, BACK, SHED = "lock.front_door", "lock.back_door", "lock.shed"
GARAGE, BLIND = "cover.garage", "cover.blind"
VALVE, ALARM, SIREN = "valve.main", "alarm_control_panel.home", "siren.loud"
LAMP, SWITCH = "light.hall", "switch.gate_relay"

SERVICES = {
    "lock": "lock unlock open",
    "cover": "open_cover close_cover stop_cover set_cover_position toggle"
    " open_cover_tilt set_cover_tilt_position",
    "valve": "open_valve close_valve stop_valve set_valve_position toggle",
    "alarm_control_panel": "alarm_disarm alarm_arm_away alarm_trigger",
    "siren": "turn_on turn_off toggle",
    "switch": "turn_on turn_off toggle",
    "light": "turn_on turn_off toggle",
}
FEATURES = {"cover": 255, "valve": 15, "siren": 7, "lock": 1, "alarm_control_panel": 63}

SCRIPTS: dict[str, Any] = {
    "let_in": [{"action": "lock.unlock", "target": {"entity_id": FRONT}}],
    "lock_up": [{"action": "lock.lock", "target": {"entity_id": [FRONT, BACK]}}],
    "calls_let_in": [{"action": "script.let_in"}],
    "turns_on_let_in": [
        {"action": "script.turn_on", "target": {"entity_id": "script.calls_let_in"}}
    ],
    "chooses": [
        {
            "choose": [
                {
                    "conditions": [
                        {"condition": "state", "entity_id": LAMP, "state": "on"}
                    ],
                    "sequence": [
                        {"action": "cover.open_cover", "target": {"entity_id": GARAGE}}
                    ],
                }
            ],
            "default": [],
        }
    ],
    "repeats": [
        {
            "repeat": {
                "count": 2,
                "sequence": [
                    {
                        "parallel": [
                            {"action": "valve.open_valve", "data": {"entity_id": VALVE}}
                        ]
                    }
                ],
            }
        }
    ],
    "by_area": [{"action": "lock.unlock", "target": {"area_id": "hall"}}],
    "by_template": [
        {"action": "lock.unlock", "target": {"entity_id": "{{ door }}"}},
    ],
    "any_action": [{"action": "{{ what }}", "target": {"entity_id": FRONT}}],
    "anything": [{"action": "{{ what }}", "target": {"entity_id": "{{ whom }}"}}],
    "a_scene": [{"scene": "scene.open_house"}],
    "half_open": [
        {
            "action": "cover.set_cover_position",
            "target": {"entity_id": GARAGE},
            "data": {"position": "{{ how_far }}"},
        }
    ],
    "lights_by_template": [
        {"action": "homeassistant.turn_on", "target": {"entity_id": "{{ lamp }}"}}
    ],
    "lights": [{"action": "light.turn_on", "target": {"entity_id": LAMP}}],
    "asks_first": [
        {"condition": "state", "entity_id": FRONT, "state": "locked"},
        {"action": "light.turn_on", "target": {"entity_id": LAMP}},
    ],
    "switched_off": [
        {"action": "lock.unlock", "target": {"entity_id": FRONT}, "enabled": False},
        {"action": "light.turn_on", "target": {"entity_id": LAMP}},
    ],
}
SCENES: dict[str, Any] = {
    "Open house": {FRONT: "unlocked", LAMP: "on"},
    "Locked house": {FRONT: "locked", LAMP: "off"},
    "Garage ajar": {GARAGE: {"state": "closed", "current_position": 30}},
    "Disarmed": {ALARM: "disarmed"},
    "Armed": {ALARM: "armed_away"},
    "Cosy": {LAMP: "on"},
}


@dataclass
class Danger:
    """The house, its agent, and two people with a satellite each."""

    hass: HomeAssistant
    house: House
    agent: Agent
    anna: MockUser
    bert: MockUser
    hall: str
    """Device id of the satellite in the hall."""
    attic: str
    events: list[Any] = field(default_factory=list)
    conversation_id: str | None = None

    async def say(
        self, text: str, *, user: MockUser | None = None, **kwargs: Any
    ) -> str:
        """Let Anna say something in the hall, as one conversation; return the answer."""
        result = await self.result(text, user=user, **kwargs)
        return spoken(result)

    async def result(
        self, text: str, *, user: MockUser | None = None, **kwargs: Any
    ) -> conversation.ConversationResult:
        """Say something, and return all that came of it."""
        kwargs.setdefault("context", Context(user_id=(user or self.anna).id))
        kwargs.setdefault("device_id", self.hall)
        conversation_id = kwargs.pop("conversation_id", self.conversation_id)
        result = await self.agent.say(text, conversation_id, **kwargs)
        self.conversation_id = result.conversation_id
        return result

    async def ask_to_unlock(self, **kwargs: Any) -> str:
        """Let the model unlock the front door; return what is said instead."""
        self.agent.server.call(("intent__HassTurnOff", {"name": "Front door"}))
        return await self.say("Unlock the front door", **kwargs)

    @property
    def done(self) -> list[tuple[str, str]]:
        """What was done: ``domain.service`` and the entity."""
        return [
            (f"{call.domain}.{call.service}", entity_id)
            for call in self.house.calls
            for entity_id in cv.ensure_list(call.data.get("entity_id", ()))
        ]

    @property
    def requests(self) -> int:
        """How often the model was asked."""
        return len(self.agent.server.requests)

    @property
    def outcomes(self) -> list[str]:
        """What the logbook was told."""
        return [event.data["outcome"] for event in self.events]

    def told(self) -> str:
        """Return the last tool result that the model was sent."""
        results = [
            message["content"]
            for message in self.agent.server.requests[-1].messages
            if message["role"] == "tool"
        ]
        return str(results[-1])

    def clock(self, seconds: float) -> None:
        """Let time pass for what waits."""
        store = async_get_confirmations(self.hass)
        now = store.clock() + seconds
        store.clock = lambda: now
        for lockout in store._lockouts.values():
            lockout.clock = store.clock


async def make_danger(
    hass: HomeAssistant,
    model_server: ModelServer,
    *,
    scripts: Mapping[str, Any] = MappingProxyType({}),
    **options: Any,
) -> Danger:
    """Furnish the house, and let an agent with all its actions live in it.

    `scripts` are more of them, by id.
    """
    house = await make_house(
        hass, "lock", "switch", "valve", "siren", "alarm_control_panel"
    )
    for domain, services in SERVICES.items():
        for service in services.split():
            hass.services.async_register(domain, service, house.handle)
    hall = house.area("Hall", "Ground floor")
    for entity_id, name, state, more in (
        (FRONT, "Front door", "locked", {}),
        (BACK, "Back door", "locked", {}),
        (SHED, "Shed", "locked", {}),
        (GARAGE, "Garage", "closed", {"device_class": "garage"}),
        (BLIND, "Blind", "closed", {"device_class": "blind"}),
        (VALVE, "Main water", "closed", {"device_class": "water"}),
        (ALARM, "House alarm", "armed_away", {}),
        (SIREN, "Siren", "off", {}),
        (LAMP, "Hall lamp", "off", {}),
        (SWITCH, "Gate relay", "off", {}),
    ):
        house.entity(
            entity_id,
            name,
            state,
            area=hall,
            exposed=entity_id != SHED,
            supported_features=FEATURES.get(entity_id.split(".", maxsplit=1)[0], 0),
            **more,
        )
    assert await async_setup_component(
        hass,
        "script",
        {
            "script": {
                **{key: {"sequence": steps} for key, steps in SCRIPTS.items()},
                **scripts,
            }
        },
    )
    assert await async_setup_component(
        hass,
        "scene",
        {"scene": [{"name": n, "entities": states} for n, states in SCENES.items()]},
    )
    await hass.async_block_till_done()
    agent = await setup_agent(
        hass,
        model_server,
        **{"llm_hass_api": ["assist", "test_api"], "services": [], **options},
    )
    users = [
        MockUser(name=name, is_owner=True).add_to_hass(hass)
        for name in ("Anna", "Bert")
    ]
    events = async_capture_events(hass, EVENT_DANGEROUS_ACTION)
    return Danger(
        hass,
        house,
        agent,
        *users,
        hall=house.satellite("Hall satellite", hall),
        attic=house.satellite("Attic satellite"),
        events=events,
    )


async def other_agent(danger: Danger) -> str:
    """Add another agent on the same server, and return its entity id."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Other",
        data=dict(danger.agent.entry.data),
        subentries_data=[
            {
                "subentry_type": "conversation",
                "title": "Other",
                "unique_id": None,
                "data": {"model": "demo", "llm_hass_api": ["assist"]},
            }
        ],
    )
    entry.add_to_hass(danger.hass)
    assert await danger.hass.config_entries.async_setup(entry.entry_id)
    await danger.hass.async_block_till_done()
    (entity_id,) = set(danger.hass.states.async_entity_ids("conversation")) - {
        conversation.HOME_ASSISTANT_AGENT,
        danger.agent.entity_id,
    }
    return entity_id


@pytest.fixture(name="danger")
async def danger_fixture(hass: HomeAssistant, model_server: ModelServer) -> Danger:
    """Give the house, with the policy that every agent starts with."""
    return await make_danger(hass, model_server)
