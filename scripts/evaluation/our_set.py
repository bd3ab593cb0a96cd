"""Reads our own tasks: `evaluation/home.yaml` and the files of `evaluation/sentences`.

A file has a `category`, a `language`, and `tasks`. A task has one sentence or `turns`:

    - say: Dim the sofa lamp to twenty percent
      at: lounge_puck                         # the device that hears it
      before: {light.sofa: {brightness: 200}} # how the home is, where it is otherwise
      then: {light.sofa: {brightness_pct: 20}}
    - turns:
        - say: Is the kettle on?
          says: [[off, "no"]]                 # of each group one must be said
        - say: Then turn it on
          then: {switch.kettle: on}

`then` is all that may change. `instead` has other outcomes that are as right, `some`
changes of which one must be there and each may be, `free` what does not count, `never`
what must not be said; `refuses: true` is for what must not be done, nor be said to be.
A change is a state, or a mapping of `state` and attributes; a value is a mapping where
it says how the value must be (see `snapshot.matches`).

A language other than English has the home under names of its own, from
`evaluation/names`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from slugify import slugify

from .home import (
    Area,
    Change,
    Device,
    Entity,
    EvaluationFileError,
    Home,
    load_home,
    read_yaml,
    state_text,
)
from .results import ROOT
from .tasks import Changes, Task, Turn

FOLDER: Final = ROOT / "evaluation"
_OF_TURN: Final = frozenset(
    {"say", "then", "instead", "some", "free", "says", "never", "refuses"}
)
_OF_TASK: Final = _OF_TURN | {"turns", "at", "before"}


def is_our_set(path: Path) -> bool:
    """Return whether a folder has a set as ours is."""
    return (path / "home.yaml").is_file() and (path / "sentences").is_dir()


def load_our_set(path: Path = FOLDER) -> list[Task]:
    """Read all tasks. Raises EvaluationFileError."""
    home = load_home(path / "home.yaml", "home")
    homes = {"en": home}
    tasks: dict[str, Task] = {}
    for file in sorted((path / "sentences").glob("*.yaml")):
        data = read_yaml(file)
        language = data.get("language", "en")
        if language not in homes:
            homes[language] = _renamed(home, path / "names" / f"{language}.yaml")
        for task in _read_tasks(file, data, homes[language], language):
            if task.id in tasks:
                raise EvaluationFileError(f"{file}: {task.id} is there twice")
            tasks[task.id] = task
    return list(tasks.values())


def _read_tasks(
    file: Path, data: Mapping[str, Any], home: Home, language: str
) -> Iterator[Task]:
    for number, item in enumerate(data.get("tasks") or (), 1):
        try:
            task = _task(item, home)
        except (KeyError, TypeError, AttributeError, ValueError) as err:
            raise EvaluationFileError(f"{file}, task {number}: {err!r}") from err
        except EvaluationFileError as err:
            raise EvaluationFileError(f"{file}, task {number}: {err}") from err
        slug = slugify(task.turns[0].say, max_length=50, word_boundary=True)
        more = f"-{len(task.turns)}" if len(task.turns) > 1 else ""
        where = f"-{task.device}" if task.device else ""
        yield replace(
            task,
            id=f"{file.stem}/{slug}{more}{where}",
            category=data.get("category", file.stem),
            language=language,
        )


def _task(item: Mapping[str, Any], home: Home) -> Task:
    _check_keys(item, _OF_TASK)
    home = home.set_up(_changes(item.get("before")))
    if (device := item.get("at")) and device not in {d.id for d in home.devices}:
        raise EvaluationFileError(f"there is no device {device}")
    turns = [_turn(turn, home) for turn in item.get("turns") or (item,)]
    return Task(id="", home=home, turns=tuple(turns), device=device)


def _turn(item: Mapping[str, Any], home: Home) -> Turn:
    if "turns" not in item:
        _check_keys(item, _OF_TASK)
    turn = Turn(
        say=item["say"],
        changes=_changes(item.get("then")),
        instead=tuple(_changes(changes) for changes in item.get("instead") or ()),
        some=_changes(item.get("some")),
        free={
            entity_id: frozenset(names)
            for entity_id, names in (item.get("free") or {}).items()
        },
        says=tuple(_group(group) for group in item.get("says") or ()),
        never_says=tuple(map(_text, item.get("never") or ())),
        refuses=item.get("refuses", False),
    )
    for changes in (turn.changes, *turn.instead, turn.some, turn.free):
        home.check_known(changes)
    if turn.refuses and turn.acts:
        raise EvaluationFileError(f"“{turn.say}” is to be refused and to be done")
    return turn


def _group(group: Any) -> tuple[str, ...]:
    return tuple(map(_text, group if isinstance(group, list) else [group]))


def _text(word: Any) -> str:
    """Return a word of a file; YAML reads some as true and false."""
    if isinstance(word, bool):
        raise ValueError(f"write {word} as text, in quotes")  # noqa: TRY004
    return str(word)


def _check_keys(item: Mapping[str, Any], known: Iterable[str]) -> None:
    if unknown := sorted(set(item) - set(known)):
        raise EvaluationFileError(f"{', '.join(unknown)} is not known")


def _changes(data: Mapping[str, Any] | None) -> Changes:
    return {
        entity_id: _change(entity_id.partition(".")[0], value)
        for entity_id, value in (data or {}).items()
    }


def _change(domain: str, value: Any) -> Change:
    if not isinstance(value, Mapping):
        return Change(state_text(domain, value))
    attributes = {name: v for name, v in value.items() if name != "state"}
    state = value.get("state")
    return Change(
        state if isinstance(state, Mapping) else state_text(domain, state), attributes
    )


def _renamed(home: Home, file: Path) -> Home:
    """Return the home under the names of another language."""
    names = read_yaml(file)
    things: tuple[Area | Device | Entity, ...] = (
        *home.areas,
        *home.devices,
        *home.entities,
    )
    known = {thing.id for thing in things}
    floors = {area.floor for area in home.areas}
    if unknown := sorted(set(names) - known - floors):
        raise EvaluationFileError(f"{file}: the home has no {', '.join(unknown)}")

    def name(thing: Area | Device | Entity) -> str:
        return str(names.get(thing.id, thing.name))

    return replace(
        home,
        areas=tuple(
            replace(
                area,
                name=name(area),
                floor=names.get(area.floor or "", area.floor),
                aliases=(),
            )
            for area in home.areas
        ),
        devices=tuple(replace(device, name=name(device)) for device in home.devices),
        entities=tuple(
            replace(entity, name=name(entity), aliases=()) for entity in home.entities
        ),
    )
