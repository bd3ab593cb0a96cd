"""What a prompt tells about a home: the names of things, their kinds and areas."""

from dataclasses import dataclass, field
import re
from typing import Self

# Words for kinds of things in plain English, to the domains that Home Assistant uses.
KINDS = {
    "light": "light",
    "lamp": "light",
    "blind": "cover",
    "shade": "cover",
    "shutter": "cover",
    "curtain": "cover",
    "cover": "cover",
    "awning": "cover",
    "window": "cover",
    "garage": "cover",
    "garage door": "cover",
    "door": "lock",
    "lock": "lock",
    "fan": "fan",
    "plug": "switch",
    "switch": "switch",
    "heating": "climate",
    "thermostat": "climate",
    "humidifier": "humidifier",
    "tv": "media_player",
    "television": "media_player",
    "speaker": "media_player",
    "music": "media_player",
    "media player": "media_player",
    "vacuum": "vacuum",
    "robot": "vacuum",
}

_LISTED = re.compile(
    r"^- names: (?P<names>.+)\n  domain: (?P<domain>\w+)(?:\n  areas: (?P<areas>.+))?",
    re.MULTILINE,
)
_HEADING = re.compile(r"^(?P<names>[^:\n]+?)(?: \(floor (?P<floor>[^)\n]+)\))?:$")
_ENTRY = re.compile(r"^(?P<names>.+): (?P<domain>[a-z_]+)$")
_FILLER = re.compile(r"^(?:(?:the|my|our|all|every|of|a|an) )+")


@dataclass(frozen=True, slots=True)
class Thing:
    """A thing that has a name."""

    name: str
    domain: str
    area: str | None = None


@dataclass(frozen=True, slots=True)
class Meant:
    """What a phrase means, as far as it can be told."""

    name: str | None = None
    domain: str | None = None
    area: str | None = None

    @property
    def spoken(self) -> str:
        """What to call it."""
        kind = (self.domain or "").replace("_", " ")
        if self.name:
            return self.name
        if self.area:
            return f"the {kind + 's' if kind else 'devices'} in the {self.area}"
        return f"the {kind}s" if kind else "everything"


@dataclass(frozen=True, slots=True)
class Home:
    """The things and areas that a prompt lists."""

    things: tuple[Thing, ...] = ()
    areas: tuple[str, ...] = field(default=())

    @classmethod
    def read(cls, prompt: str) -> Self:
        """Read a system prompt.

        Understood are Home Assistant's own overview, and a list of headings for
        areas with a line `name | alias: domain` for each thing.
        """
        things = [
            Thing(name.strip(), found["domain"], found["areas"])
            for found in _LISTED.finditer(prompt)
            for name in found["names"].split(",")
        ]
        areas = [thing.area for thing in things if thing.area]
        area: str | None = None
        for line in prompt.splitlines():
            if heading := _HEADING.match(line):
                names = heading["names"].split(" | ")
                area = None if names[0].startswith("In no") else names[0]
            elif (entry := _ENTRY.match(line)) and not line.startswith((" ", "-")):
                names = entry["names"].split(" | ")
                things += [Thing(name, entry["domain"], area) for name in names]
                areas += [area] if area else []
        return cls(tuple(things), tuple(dict.fromkeys(areas)))

    def first(self, domain: str) -> str | None:
        """Return the name of the first thing of a kind."""
        return next((t.name for t in self.things if t.domain == domain), None)

    def meant(
        self, phrase: str, domain: str | None = None, here: str | None = None
    ) -> Meant:
        """Return what a phrase means; `domain` is the kind that makes sense.

        A thing's whole name counts first, then an area and a kind in it. A kind alone
        is meant where the speaker is, `here`, unless the phrase says all.
        """
        everywhere = bool(re.search(r"\b(all|every|everything)\b", phrase))
        phrase = _plain(phrase)
        fitting = [t for t in self.things if domain is None or t.domain == domain]
        for thing in (*fitting, *self.things):
            if _plain(thing.name) == phrase:
                return Meant(thing.name, thing.domain)
        area = self._area_in(phrase)
        rest = phrase
        if area:
            rest = re.sub(
                rf"\b(?:(?:in|of|on) )?(?:the )?{re.escape(_plain(area))}(?:'s)?\b",
                "",
                phrase,
            )
        kind = KINDS.get(_plain(rest))
        domain = kind or domain
        if area and (kind or not _plain(rest)):
            return Meant(None, domain, area)
        if not phrase or KINDS.get(phrase):
            only = [t for t in self.things if t.domain == domain]
            if len(only) == 1:
                return Meant(only[0].name, domain)
            return Meant(None, domain, None if everywhere else here)
        for thing in fitting:
            if phrase in _plain(thing.name) or _plain(thing.name) in phrase:
                return Meant(thing.name, thing.domain)
        return Meant(phrase, domain)

    def _area_in(self, phrase: str) -> str | None:
        known = sorted(self.areas, key=len, reverse=True)
        return next(
            (a for a in known if re.search(rf"\b{re.escape(_plain(a))}\b", phrase)),
            None,
        )


def _plain(text: str) -> str:
    """Return a phrase in small letters, without articles and plurals."""
    text = _FILLER.sub("", " ".join(text.lower().split()))
    return re.sub(r"(?<=[a-z]{3})s\b(?<!ss)", "", text).strip()
