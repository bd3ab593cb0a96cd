"""Random houses of lamps with what acts through them, set up in a real Home Assistant."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any, Final, override

from homeassistant.components.light import ColorMode, LightEntity
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import entity_registry as er, llm
from homeassistant.helpers.entity_component import DATA_INSTANCES
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.chatterbox.tools.dispatch.dispatcher import OrderedDispatcher
from custom_components.chatterbox.tools.dispatch.ledger import async_get_ledger
from custom_components.chatterbox.tools.dispatch.limits import CallPlan, DispatchOptions
from custom_components.chatterbox.tools.planning.effects import (
    effects_of,
    written_itself,
)
from custom_components.chatterbox.tools.resources import Footprint

from ..dispatch.random_home import Owner

LAMPS: Final = [f"light.lamp_{number}" for number in range(5)]
SWITCH: Final = "switch.plug"
SHOWN: Final = "light.plug"
SCRIPTS = 14

type Call = tuple[str, dict[str, Any]]


class Lamp(LightEntity):
    """A lamp that takes some ticks of the event loop to be switched."""

    _attr_should_poll = False
    _attr_color_mode = ColorMode.ONOFF
    _attr_supported_color_modes = frozenset({ColorMode.ONOFF})

    def __init__(self, entity_id: str, random: Random) -> None:
        """Take the ticks from the house."""
        self.entity_id = entity_id
        self._attr_is_on = False
        self._random = random

    async def _switch(self, on: bool) -> None:
        for _ in range(self._random.choice((0, 1, 5, 20))):
            await asyncio.sleep(0)
        self._attr_is_on = on
        self.async_write_ha_state()

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        await self._switch(True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        await self._switch(False)


@dataclass
class House:
    """One house: its configuration, its lamps and the calls that may be made."""

    hass: HomeAssistant
    random: Random
    lamps: list[Lamp] = field(default_factory=list)
    lights: list[str] = field(default_factory=lambda: [*LAMPS, SHOWN])
    """All that can be switched as a light, each made of those before it."""

    async def async_set_up(self) -> None:
        """Set everything up."""
        hass = self.hass
        self.lamps = [Lamp(entity_id, self.random) for entity_id in LAMPS]
        entry = MockConfigEntry(
            domain="switch_as_x",
            title="Shown",
            options={"entity_id": SWITCH, "target_domain": "light", "invert": False},
            version=1,
            minor_version=3,
        )
        config = {
            "light": [self._group(number) for number in range(3)],
            "template": [
                {"light": [self._wrapper(number) for number in range(3)]},
                {"switch": [self._plug()]},
            ],
            "scene": [self._scene(number) for number in range(2)],
            "script": {f"s{n}": {"sequence": self._steps(n)} for n in range(SCRIPTS)},
        }
        for component in ("homeassistant", *config):
            assert await async_setup_component(hass, component, config)
        await hass.data[DATA_INSTANCES]["light"].async_add_entities(self.lamps)
        await hass.async_block_till_done()
        entry.add_to_hass(hass)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done()
        assert er.async_get(hass).async_get(SHOWN)
        assert all(hass.states.get(light) for light in self.lights)

    def _some(self, of: list[str]) -> list[str]:
        return self.random.sample(of, self.random.randint(1, 2))

    def _light(self, name: str) -> str:
        entity_id = f"light.{name}"
        self.lights.append(entity_id)
        return name

    def _group(self, number: int) -> dict[str, Any]:
        members = self._some(self.lights)
        name = self._light(f"group_{number}")
        return {"platform": "group", "name": name, "entities": members}

    def _wrapper(self, number: int) -> dict[str, Any]:
        inside = self._some(self.lights)
        name = self._light(f"wrapper_{number}")
        return {
            "name": name,
            "state": f"{{{{ is_state('{inside[0]}', 'on') }}}}",
            "turn_on": [_step("light.turn_on", inside)],
            "turn_off": [_step("light.turn_off", inside)],
        }

    def _plug(self) -> dict[str, Any]:
        lamp = self.random.choice(LAMPS)
        return {
            "name": "plug",
            "unique_id": "plug",
            "state": f"{{{{ is_state('{lamp}', 'on') }}}}",
            "turn_on": [_step("light.turn_on", [lamp])],
            "turn_off": [_step("light.turn_off", [lamp])],
        }

    def _scene(self, number: int) -> dict[str, Any]:
        states = {light: self._on_off() for light in self._some(LAMPS)}
        return {"name": f"scene_{number}", "entities": states}

    def _on_off(self) -> str:
        return self.random.choice(("on", "off"))

    def _steps(self, number: int) -> list[dict[str, Any]]:
        return [self._a_step(number) for _ in range(self.random.randint(1, 3))]

    def _a_step(self, number: int) -> dict[str, Any]:
        """Return a step of a script, which may run those before it."""
        condition = {
            "condition": "state",
            "entity_id": self.random.choice(LAMPS),
            "state": self._on_off(),
        }
        script = f"script.s{self.random.randrange(number)}" if number else None
        steps: list[dict[str, Any]] = [
            {"scene": f"scene.scene_{self.random.randint(0, 1)}"},
            {"if": [condition], "then": [self._act()], "else": [self._act()]},
            {"choose": [{"conditions": [condition], "sequence": [self._act()]}]},
            {"repeat": {"count": 2, "sequence": [self._act()]}},
            # Of one thing, else its end would be chance.
            {"parallel": [self._act()]},
            self._act(),
            self._act(),
        ]
        if script:  # By `script.turn_on` nobody would wait for it.
            steps += [{"action": script}, {"action": script}]
        return self.random.choice(steps)

    def _act(self) -> dict[str, Any]:
        return _step(f"light.turn_{self._on_off()}", [self.random.choice(self.lights)])

    def a_call(self) -> Call:
        """Return a call by chance."""
        turn = f"turn_{self._on_off()}"
        match self.random.randint(0, 5):
            case 0:
                scene = f"scene.scene_{self.random.randint(0, 1)}"
                return "scene.turn_on", {"entity_id": [scene]}
            case 1 | 2 | 3:
                return f"script.s{self.random.randrange(SCRIPTS)}", {}
            case 4:
                light = self.random.choice(self.lights)
                return f"homeassistant.{turn}", {"entity_id": [light]}
            case _:
                return f"light.{turn}", {"entity_id": self._some(self.lights)}

    async def async_begin(self, states: list[bool]) -> None:
        """Put the lamps into these states, and let what shows them follow."""
        for lamp, state in zip(self.lamps, states, strict=True):
            lamp._attr_is_on = state
            lamp.async_write_ha_state()
        await self.hass.async_block_till_done()
        # Else calls wait a second for a state that the test has written over.
        async_get_ledger(self.hass).recent.clear()

    @property
    def now(self) -> list[bool]:
        """Return the states of the lamps."""
        return [bool(lamp._attr_is_on) for lamp in self.lamps]

    async def async_run(self, calls: list[Call], *, at_once: bool) -> list[bool]:
        """Make the calls in turns of their own and return the states of the lamps.

        `at_once` they all come in the same moment.
        """
        tasks = []
        for call in calls:
            tasks.append(asyncio.ensure_future(self._dispatch(call)))
            if at_once:
                await asyncio.sleep(0)
            else:
                await tasks[-1]
                await self.hass.async_block_till_done()
        results = await asyncio.gather(*tasks)
        await self.hass.async_block_till_done()
        assert not [result.data for result in results if result.error]
        return self.now

    async def _dispatch(self, call: Call) -> llm.ToolResult:
        hass, (action, data), context = self.hass, call, Context()
        domain, service = action.split(".")

        async def run(_: llm.ToolInput) -> llm.ToolResult:
            await hass.services.async_call(
                domain, service, data, blocking=True, context=context
            )
            return llm.ToolResult({})

        effects = effects_of(hass, action, data)
        plan = CallPlan(
            footprint=Footprint(effects.reads, effects.resources),
            written_by=partial(written_itself, hass),
        )
        with OrderedDispatcher(
            hass,
            run,
            plan=lambda _: plan,
            owner=Owner(),
            options=DispatchOptions(),
            context=context,
        ) as dispatcher:
            return await dispatcher(llm.ToolInput(action, data))


def _step(action: str, entity_ids: list[str]) -> dict[str, Any]:
    return {"action": action, "target": {"entity_id": entity_ids}}


def random_states(random: Random) -> list[bool]:
    """Return a state for each lamp."""
    return [random.random() < 0.5 for _ in LAMPS]


def houses(cases: int, each: int) -> Iterator[tuple[int, int]]:
    """Yield a seed for each house, and how many cases to try in it."""
    for seed in range(-(-cases // each)):
        yield seed, min(each, cases - seed * each)
