"""Reads tasks as the `home-assistant-datasets` project has them.

A folder of such a set has a home in `_fixtures.yaml`, and tasks in files beside it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from slugify import slugify

from .home import Change, EvaluationFileError, Home, load_home, read_yaml, state_text
from .tasks import Changes, Task, Turn

FIXTURES: Final = "_fixtures.yaml"


def is_public_set(path: Path) -> bool:
    """Return whether there are such homes in a folder, or in the folders in it."""
    return any(path.glob(FIXTURES)) or any(path.glob(f"*/{FIXTURES}"))


def load_public_set(path: Path) -> list[Task]:
    """Read the tasks of one home or of a folder of homes. Raises EvaluationFileError."""
    found = sorted([*path.glob(FIXTURES), *path.glob(f"*/{FIXTURES}")])
    tasks: dict[str, Task] = {}
    for fixtures in found:
        home = load_home(fixtures)
        for file in sorted(fixtures.parent.glob("*.yaml")):
            if not file.name.startswith("_"):
                # Where two have the same name the last counts, as with its makers.
                tasks.update((task.id, task) for task in _read_tasks(file, home))
    return list(tasks.values())


def _read_tasks(file: Path, home: Home) -> Iterator[Task]:
    data = read_yaml(file)
    category = data.get("category", "")
    try:
        for test in data["tests"]:
            task = _task(test, home)
            for sentence in test["sentences"]:
                yield replace(
                    task,
                    id=task_id(file, sentence),
                    turns=(replace(task.turns[0], say=sentence),),
                    category=category if isinstance(category, str) else category[-1],
                )
    except (KeyError, TypeError, AttributeError) as err:
        raise EvaluationFileError(
            f"{file}: a test is not as it should be: {err}"
        ) from err
    except EvaluationFileError as err:
        raise EvaluationFileError(f"{file}: {err}") from err


def task_id(file: Path, sentence: str) -> str:
    """Return the name of a task as the makers of the set have it."""
    record = slugify(f"{file.parent.name}_{file.stem}", separator="_")
    return f"{record}-{slugify(sentence, separator='_')}"


def _task(test: Mapping[str, Any], home: Home) -> Task:
    home = home.set_up(_changes(test.get("setup")))
    changes = _changes(test.get("expect_changes"))
    home.check_known(changes)
    turn = Turn(
        say="",
        changes={key: c for key, c in changes.items() if not _is_so(home, key, c)},
        free={
            entity_id: frozenset(_ignored(names))
            for entity_id, names in (test.get("ignore_changes") or {}).items()
        },
        says=(tuple(map(str, test["expect_response"])),)
        if test.get("expect_response")
        else (),
    )
    turn = replace(turn, refuses=not turn.changes and not turn.says)
    return Task(
        id="",
        home=_with_lamps_lit(home),
        turns=(turn,),
        device=test.get("context_device"),
        strict=True,
        unchecked=not changes and not turn.says,
    )


def _changes(data: Mapping[str, Any] | None) -> Changes:
    return {
        entity_id.lower(): Change(
            state_text(entity_id.partition(".")[0], change.get("state")),
            change.get("attributes") or {},
        )
        for entity_id, change in (data or {}).items()
    }


def _with_lamps_lit(home: Home) -> Home:
    """Return the home with each lamp on that has a brightness, as its makers have it."""
    return replace(
        home,
        entities=tuple(
            replace(entity, state="on")
            if entity.domain == "light" and entity.attributes.get("brightness")
            else entity
            for entity in home.entities
        ),
    )


def _is_so(home: Home, entity_id: str, change: Change) -> bool:
    """Return whether an expectation is what the home is before anything is said."""
    entity = next(entity for entity in home.entities if entity.id == entity_id)
    state = "0" if entity.domain == "todo" and entity.state is None else entity.state
    return change.state in (None, state) and all(
        entity.attributes.get(name) == value
        for name, value in change.attributes.items()
    )


def _ignored(names: Any) -> Iterator[str]:
    """Yield the attributes that do not count, however the file lists them."""
    if isinstance(names, Mapping):
        for name, value in names.items():
            yield from value if name == "attributes" else (name,)
    else:
        yield from names
