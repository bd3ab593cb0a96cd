"""How a home is, before and after a sentence, and what differs."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_component import EntityComponent

from .entities.telling import HomeCalendar, HomeTodoList
from .home import Home
from .tasks import Changes, Turn

FOLLOWS: Final = frozenset({"is_closed", "is_opening", "is_closing"})
"""Attributes that say once more what the state says."""
OURS: Final = frozenset({"items", "done_items", "summaries", "brightness_pct"})
"""Attributes that only a snapshot has."""
COMES_WITH: Final[Mapping[str, frozenset[str]]] = {
    "climate": frozenset({"hvac_action"}),
    "cover": frozenset({"current_position"}),
    "fan": frozenset({"percentage", "preset_mode"}),
    "humidifier": frozenset({"action"}),
    "light": frozenset(
        {
            "brightness",
            "brightness_pct",
            "color_mode",
            "color_temp_kelvin",
            "effect",
            "hs_color",
            "rgb_color",
            "rgbw_color",
            "xy_color",
        }
    ),
    "media_player": frozenset({"media_title", "media_track", "volume_level"}),
    "todo": frozenset({"state", "items", "done_items"}),
    "valve": frozenset({"current_position"}),
    "vacuum": frozenset({"fan_speed"}),
}
"""What may come with a wanted change of an entity without having been named."""

type Snapshot = Mapping[str, Mapping[str, Any]]
"""The state, as `state`, and the attributes of each entity."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not as it should be."""

    entity_id: str
    name: str
    wanted: Any
    got: Any

    def __str__(self) -> str:
        """Say what it should be, and what it is."""
        return f"{self.entity_id} {self.name} is {self.got}, not {_said(self.wanted)}"


def take_snapshot(hass: HomeAssistant, home: Home) -> Snapshot:
    """Return how every entity of the home is now."""
    found: dict[str, dict[str, Any]] = {}
    for entity in home.entities:
        if (state := hass.states.get(entity.id)) is None:
            found[entity.id] = {"state": None}
            continue
        facts = {"state": state.state, **state.attributes}
        if entity.domain == "light":
            brightness = state.attributes.get("brightness")
            facts["brightness_pct"] = (
                None if brightness is None else round(brightness / 2.55)
            )
        facts |= _listed(hass, entity.domain, entity.id)
        found[entity.id] = facts
    return found


def _listed(hass: HomeAssistant, domain: str, entity_id: str) -> dict[str, Any]:
    """Return what is on a list or in a calendar, which no state tells."""
    component = hass.data.get(domain)
    if not isinstance(component, EntityComponent):
        return {}
    entity = component.get_entity(entity_id)
    if isinstance(entity, HomeTodoList):
        items = entity.todo_items or []
        return {
            "items": sorted(_text(i) for i in items if i.status == "needs_action"),
            "done_items": sorted(_text(i) for i in items if i.status != "needs_action"),
        }
    if isinstance(entity, HomeCalendar):
        return {"summaries": [text.casefold() for text in entity.summaries]}
    return {}


def _text(item: Any) -> str:
    return str(item.summary or "").strip().casefold()


def differences(
    turn: Turn, before: Snapshot, after: Snapshot, *, strict: bool
) -> list[Difference]:
    """Return what is not as the turn wants it, by the outcome that comes closest."""
    outcomes = (
        [turn.changes, *turn.instead]
        if turn.changes or not turn.instead
        else [*turn.instead]
    )
    found = [
        list(_differences(turn, changes, before, after, strict)) for changes in outcomes
    ]
    return min(found, key=len)


def _differences(
    turn: Turn, changes: Changes, before: Snapshot, after: Snapshot, strict: bool
) -> Iterator[Difference]:
    for entity_id, old in before.items():
        new = after[entity_id]
        wanted: dict[str, Any] = {}
        if change := changes.get(entity_id):
            wanted = dict(change.attributes)
            if change.state is not None:
                wanted["state"] = change.state
        free = turn.free.get(entity_id, frozenset()) | FOLLOWS
        if "*" in free or entity_id in turn.some:
            continue
        domain = entity_id.partition(".")[0]
        if strict:
            free |= OURS
        elif change:
            free |= COMES_WITH.get(domain, frozenset())
        for name in sorted({*old, *new, *wanted}):
            if name in wanted:
                # As with its makers, what a strict set names and frees is free.
                if not (strict and name in free) and not matches(
                    wanted[name], new.get(name), old.get(name)
                ):
                    yield Difference(entity_id, name, wanted[name], new.get(name))
            elif name not in free and not _same(old.get(name), new.get(name)):
                yield Difference(entity_id, name, old.get(name), new.get(name))
    if turn.some and not any(
        all(
            matches(value, after[entity_id].get(name), before[entity_id].get(name))
            for name, value in {
                **change.attributes,
                **({} if change.state is None else {"state": change.state}),
            }.items()
        )
        for entity_id, change in turn.some.items()
    ):
        yield Difference(" or ".join(turn.some), "state", "changed", "as it was")


def matches(wanted: Any, got: Any, before: Any = None) -> bool:
    """Return whether a value is what is wanted.

    A mapping says how it must be: `above`, `below` (numbers), `between` (two numbers,
    both included), `more` or `less` (than before), `changed`.
    """
    if isinstance(wanted, Mapping):
        return all(_RULES[rule](bound, got, before) for rule, bound in wanted.items())
    if isinstance(wanted, list) and isinstance(got, list | tuple):
        # What is on a list has no order.
        listed = all(isinstance(item, str) for item in wanted)
        return _same(*(map(sorted, (wanted, got)) if listed else (wanted, list(got))))
    return _same(wanted, got)


def _same(one: Any, two: Any) -> bool:
    if one == two:
        return True
    if isinstance(one, int | float) and isinstance(two, int | float):
        return abs(one - two) < 0.006
    return str(one) == str(two)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_RULES: Final[Mapping[str, Callable[[Any, Any, Any], bool]]] = {
    "above": lambda bound, got, _: _is_number(got) and got > bound,
    "below": lambda bound, got, _: _is_number(got) and got < bound,
    "between": lambda bound, got, _: _is_number(got) and bound[0] <= got <= bound[1],
    "changed": lambda _, got, before: got != before,
    "less": lambda _, got, before: _is_number(got) and got < (before or 0),
    "more": lambda _, got, before: _is_number(got) and got > (before or 0),
}


def _said(wanted: Any) -> str:
    if isinstance(wanted, Mapping):
        return " and ".join(f"{rule} {bound}" for rule, bound in wanted.items())
    return str(wanted)
