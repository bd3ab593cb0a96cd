"""What a model names, brought to the slots that find it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import intent

from ..calls import ToolError
from ..exposure.danger import Additions
from ..instructions import NO_TARGET, WITH_FLOOR, WITH_FULL_NAME, WITH_TARGET
from .abilities import can_act, cannot, may_be_dangerous
from .matching import by_name, by_place_name, closest, listing
from .meant import of_kind, one_meant
from .things import Place, Thing, Things, floor_said
from .wanted import Wanted


@dataclass(frozen=True, slots=True)
class Search:
    """What the targets that a model named come to. Raises ToolError."""

    hass: HomeAssistant
    handler: intent.IntentHandler
    things: Things
    wanted: Wanted
    sentence: str
    additions: Additions

    def targets(self) -> dict[str, Any]:
        """Return the slots that find what is meant."""
        wanted = self.wanted
        if wanted.name:
            return self._named(wanted.name)
        if wanted.area or wanted.floor:
            return self._placed()
        if wanted.domains or wanted.classes:
            return self._slots()
        return self._unnamed()

    def _acting(self) -> list[Thing]:
        return [t for t in self.things.all if can_act(self.hass, self.handler, t)]

    def _named(self, name: str) -> dict[str, Any]:
        acting = self._acting()
        found = self._matches(name, acting)
        if not found:
            if idle := self._matches(name, self.things.all):
                if place := self._place_of_name(name):
                    return place
                raise ToolError(cannot(self.hass, self.handler, idle[0]))
            if place := self._place_of_name(name):
                return place
            if kind := of_kind(name, acting, self.things.areas):
                return self._of_kind(name, kind)
            if one := self._one_meant(name):
                return self._slots_of(one)
            raise self._unknown(name, acting)
        if len(found) > 1:
            found = self._narrowed(found)
        if len(found) == 1:
            self._check_named_place(found[0])
            return self._slots_of(found[0])
        if len({thing.name.casefold() for thing in found}) > 1 or not any(
            (self.wanted.area, self.wanted.floor, self.wanted.domains)
        ):
            same = all(thing.is_called(name) for thing in found)
            if not same:
                raise ToolError(
                    f'"{name}" may be any of these; {WITH_FULL_NAME}: {listing(found)}.'
                )
        # Home Assistant itself tells things of one name apart, or says why it cannot.
        return self._slots(name=name)

    def _of_kind(self, name: str, kind: list[Thing]) -> dict[str, Any]:
        """Return the slots for what is only called by its kind. Raises ToolError."""
        if any(may_be_dangerous(self.hass, t, self.additions) for t in kind):
            raise self._unknown(name, kind)
        if len(kind) == 1:
            self._check_named_place(kind[0])
            return self._slots_of(kind[0])
        if self._area() or self._floor() or self._is_floor(self.wanted.area):
            return self._placed()
        raise ToolError(
            f'"{name}" may be any of these; {WITH_FULL_NAME}: {listing(kind)}.'
        )

    def _is_floor(self, name: str | None) -> bool:
        return bool(name and by_place_name(name, self.things.floors))

    def _one_meant(self, given: str) -> Thing | None:
        """Return what is meant by a call for what is not there, if nobody said that."""
        kinds = bool(getattr(self.handler, "required_domains", None))
        one = one_meant(given, self._acting(), self.sentence, of_one_kind=kinds)
        if one and may_be_dangerous(self.hass, one, self.additions):
            return None
        return one

    def _matches(self, name: str, things: Iterable[Thing]) -> list[Thing]:
        """Return what the name may mean; dangerous things only by their exact name."""
        pool = list(things)
        found = by_name(name, pool, loosely=False)
        if found:
            return found
        return [
            thing
            for thing in by_name(name, pool, loosely=True)
            if not may_be_dangerous(self.hass, thing, self.additions)
        ]

    def _narrowed(self, found: list[Thing]) -> list[Thing]:
        """Return those that the other constraints leave, each only if it leaves some."""
        area, floor = self._area(), self._floor()
        for test in (
            (lambda t: t.area and area and t.area.id == area.id) if area else None,
            (lambda t: floor and t.floor_id == floor.id) if floor else None,
            lambda t: t.domain in self.wanted.domains,
            lambda t: t.device_class in self.wanted.classes,
        ):
            if test and (left := [thing for thing in found if test(thing)]):
                found = left
        return found

    def _check_named_place(self, thing: Thing) -> None:
        """Raise ToolError for a thing that is not in a place which the sentence names."""
        for place, inside in (
            (self._area(), lambda p: bool(thing.area and thing.area.id == p.id)),
            (self._floor(), lambda p: thing.floor_id == p.id),
        ):
            if place is None or inside(place) or not place.is_in(self.sentence):
                continue
            # A thing may be called after a place that it is not in.
            if any(place.is_in(name) for name in thing.names):
                continue
            there = [t for t in self._acting() if _is_at(t, place)]
            known = f" There is: {listing(there)}." if there else ""
            raise ToolError(
                f"{thing.full_name} is not in {place.name}. Nothing was done.{known}"
            )

    def _placed(self) -> dict[str, Any]:
        wanted, area, floor = self.wanted, self._area(), self._floor()
        if wanted.area and not area:
            if other := by_place_name(wanted.area, self.things.floors):
                if floor is None or not floor.is_in(self.sentence):
                    floor = other
            elif found := self._matches(wanted.area, self._acting()):
                if len(found) == 1:
                    return self._slots_of(found[0])
                raise ToolError(f"There is no such area. There is: {listing(found)}.")
            elif one := self._one_meant(wanted.area):
                return self._slots_of(one)
            else:
                raise self._no_place("area", wanted.area, self.things.areas)
        elif wanted.floor and not floor and not area:
            area = by_place_name(wanted.floor, self.things.areas)
            if not area:
                raise self._no_place("floor", wanted.floor, self.things.floors)
        if area and floor and area.floor_id != floor.id:
            if floor.is_in(self.sentence):
                raise ToolError(f"{area.name} is not on the floor {floor.name}.")
            floor = None
        if area and (said := floor_said(self.things, self.sentence)):
            raise ToolError(
                f"The person said {said.name}, a whole floor. Nothing was done."
                f" {WITH_FLOOR.format(floor=said.name, area=area.name)}"
            )
        return self._at(area, floor)

    def _at(self, area: Place | None, floor: Place | None) -> dict[str, Any]:
        """Return the slots of a place, or of what is meant where nothing is there."""
        place = area or floor
        empty = place and not any(_is_at(thing, place) for thing in self._acting())
        if place and empty and (one := self._one_meant(place.name)):
            return self._slots_of(one)
        return self._slots(area=area, floor=None if area else floor)

    def _unnamed(self) -> dict[str, Any]:
        """Return the slots of the one thing meant without a name. Raises ToolError."""
        acting = self._acting()
        named = [thing for thing in acting if thing.is_in(self.sentence)]
        if len(named) == 1:
            return self._slots_of(named[0])
        if len(acting) == 1 and not may_be_dangerous(
            self.hass, acting[0], self.additions
        ):
            return self._slots_of(acting[0])
        if not isinstance(self.handler, intent.DynamicServiceIntentHandler):
            # Its own handler takes the one thing of its kind, or says why not.
            return {}
        raise ToolError(f"{NO_TARGET} {WITH_TARGET}: {listing(named or acting)}.")

    def _slots(
        self,
        *,
        name: str | None = None,
        area: Place | None = None,
        floor: Place | None = None,
    ) -> dict[str, Any]:
        """Return the slots of several things, without constraints that tell nothing."""
        slots: dict[str, Any] = {}
        if name:
            slots["name"] = name
            area, floor = self._area(), self._floor()
        if area:
            slots["area"] = area.name
        if floor:
            slots["floor"] = floor.name
        pool = [
            thing
            for thing in self.things.all
            if (area is None or _is_at(thing, area))
            and (floor is None or _is_at(thing, floor))
        ]
        if domains := self._domains(pool):
            slots["domain"] = domains
            pool = [thing for thing in pool if thing.domain in domains]
        if classes := self._classes(pool):
            slots["device_class"] = classes
        if not slots:
            raise ToolError(NO_TARGET)
        return slots

    def _domains(self, pool: list[Thing]) -> list[str]:
        own = getattr(self.handler, "required_domains", None)
        domains = [d for d in self.wanted.domains if not own or d in own]
        if domains or own:
            return domains
        return list(self.wanted.domains)

    def _classes(self, pool: list[Thing]) -> list[str]:
        classes = list(self.wanted.classes)
        if not classes or any(thing.device_class in classes for thing in pool):
            return classes
        acting = [t for t in pool if can_act(self.hass, self.handler, t)]
        bounded = self.wanted.domains or getattr(self.handler, "required_domains", None)
        if bounded and (
            len(acting) == 1 or not any(thing.device_class for thing in acting)
        ):
            return []
        return classes

    def _slots_of(self, thing: Thing) -> dict[str, Any]:
        slots: dict[str, Any] = {"name": thing.name}
        twins = [
            t for t in self.things.all if t is not thing and t.is_called(thing.name)
        ]
        if twins:
            slots["domain"] = [thing.domain]
        if thing.area and any(twin.domain == thing.domain for twin in twins):
            slots["area"] = thing.area.name
        if not isinstance(self.handler, intent.DynamicServiceIntentHandler):
            slots.pop("domain", None)
        return slots

    def _area(self) -> Place | None:
        if self.wanted.area is None:
            return None
        return by_place_name(self.wanted.area, self.things.areas)

    def _floor(self) -> Place | None:
        if self.wanted.floor is None:
            return None
        return by_place_name(self.wanted.floor, self.things.floors)

    def _place_of_name(self, name: str) -> dict[str, Any] | None:
        """Return the slots for a place that was given as a name, with a kind of thing."""
        kinds = self.wanted.domains or self.wanted.classes
        if not kinds and not getattr(self.handler, "required_domains", None):
            return None
        area = by_place_name(name, self.things.areas)
        floor = None if area else by_place_name(name, self.things.floors)
        if place := area or floor:
            if self._said_another(place):
                return self._placed()
            return self._at(area, floor)
        return None

    def _said_another(self, place: Place) -> bool:
        """Return whether the person named the place beside it, and not this one."""
        places = (*self.things.areas, *self.things.floors)
        given = [each for each in (self.wanted.area, self.wanted.floor) if each]
        found = (by_place_name(each, places) for each in given)
        return not place.is_in(self.sentence) and any(
            each and each is not place and each.is_in(self.sentence) for each in found
        )

    def _unknown(self, name: str, acting: list[Thing]) -> ToolError:
        area = self._area()
        near = [t for t in acting if area and _is_at(t, area)]
        if self.wanted.domains:
            near = [t for t in near if t.domain in self.wanted.domains] or near
        found = closest(name, acting) or near
        known = f" The closest: {listing(found)}." if found else ""
        return ToolError(f'Nothing is called "{name}". Nothing was done.{known}')

    def _no_place(self, kind: str, name: str, places: Iterable[Place]) -> ToolError:
        names = ", ".join(place.name for place in places)
        known = f" There is: {names}." if names else f" This home has no {kind}s."
        return ToolError(f'There is no {kind} "{name}".{known}')


def _is_at(thing: Thing, place: Place) -> bool:
    return thing.floor_id == place.id or bool(thing.area and thing.area.id == place.id)
