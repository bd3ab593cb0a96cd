"""Which tasks are spoken, to which agent: the jobs of a run."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from itertools import zip_longest
from pathlib import Path
from typing import Any

from .home import EvaluationFileError
from .jobs import AgentConfig, Job
from .our_set import is_our_set, load_our_set
from .playback import Recorded
from .public_set import is_public_set, load_public_set
from .tasks import Task

type Jobs = list[tuple[Job, list[dict[str, Any]]]]


def load_set(name: str) -> list[Task]:
    """Read the tasks of a set. Raises EvaluationFileError."""
    if name == "ours":
        return load_our_set()
    path = Path(name).expanduser()
    if is_our_set(path):
        return load_our_set(path)
    if not path.is_dir() or not is_public_set(path):
        raise EvaluationFileError(f"{path} is no set: there is no home in it")
    return load_public_set(path)


def find_set(replay: Path, recorded: Sequence[Recorded]) -> list[Task]:
    """Return the tasks that answers were recorded for, from a set beside the file.

    Raises EvaluationFileError.
    """
    wanted = {line.task for line in recorded}
    ours = load_our_set()
    if wanted <= {task.id for task in ours}:
        return ours
    folders = {home.parent.parent for home in replay.parent.rglob("_fixtures.yaml")}
    for folder in sorted(folders):
        tasks = load_set(str(folder))
        if wanted <= {task.id for task in tasks}:
            return tasks
    raise EvaluationFileError(
        f"There is no set with the tasks of {replay} beside it. Name it with --set"
    )


def pick(tasks: Sequence[Task], only: str | None, limit: int | None) -> list[Task]:
    """Return the tasks to speak; a limit takes from every category in turn."""
    pattern = only if only and "*" in only else f"*{only or ''}*"
    found = [task for task in tasks if fnmatchcase(task.id, pattern)]
    if limit is None:
        return found
    categories: dict[str, list[Task]] = {}
    for task in found:
        categories.setdefault(f"{task.category} {task.language}", []).append(task)
    mixed = [t for row in zip_longest(*categories.values()) for t in row if t]
    return mixed[:limit]


def replay_jobs(
    recorded: Sequence[Recorded], tasks: Sequence[Task], agent: AgentConfig
) -> Jobs:
    """Return a job for each answer, one for all that are the same."""
    by_id = {task.id: task for task in tasks}
    found: dict[tuple[str, str], tuple[Job, list[dict[str, Any]]]] = {}
    for line in recorded:
        if line.task not in by_id:
            continue
        label = {
            "key": f"{line.task}|{line.model}|{line.run}",
            "model": line.model,
            "recorded_right": line.right,
        }
        task = by_id[line.task]
        job = Job(f"{label['key']}", task, agent, answers=line.answers)
        found.setdefault(line.key, (job, []))[1].append(label)
    return list(found.values())


def live_jobs(tasks: Sequence[Task], agent: AgentConfig, timeout: float) -> Jobs:
    """Return a job for each task, to be spoken to a server."""
    label = {"model": agent.model}
    return [
        (Job(task.id, task, agent, timeout), [{"key": task.id, **label}])
        for task in tasks
    ]
