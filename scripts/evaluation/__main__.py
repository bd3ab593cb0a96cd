"""Run an evaluation, or compare two."""

from collections.abc import Sequence
from concurrent.futures.process import BrokenProcessPool
from itertools import zip_longest
import os
from pathlib import Path
import sys
from typing import Any

from homeassistant.const import __version__ as ha_version

from .home import EvaluationFileError
from .jobs import AgentConfig, Job, ServerLostError, agent_for
from .options import read_options
from .playback import Recorded, load_recorded
from .public_set import is_public_set, load_public_set
from .results import (
    Result,
    ResultsFile,
    code_fingerprint,
    default_file,
    read_results,
)
from .run import default_workers, measure_all
from .tables import by_category, comparison, replay_report, summary, wrong_ones
from .tasks import Task

type Jobs = list[tuple[Job, list[dict[str, Any]]]]


def load_set(name: str | None) -> list[Task]:
    """Read the tasks of a set. Raises EvaluationFileError."""
    path = Path(name or "").expanduser()
    if not path.is_dir() or not is_public_set(path):
        raise EvaluationFileError(f"{path} is no set: there is no home in it")
    return load_public_set(path)


def find_set(replay: Path, recorded: Sequence[Recorded]) -> list[Task]:
    """Return the tasks that answers were recorded for, from a set beside the file.

    Raises EvaluationFileError.
    """
    wanted = {line.task for line in recorded}
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
    found = [task for task in tasks if not only or only in task.id]
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


def main(arguments: list[str] | None = None) -> int:
    """Read the arguments and run; returns the exit status."""
    options = read_options(arguments)
    try:
        if options.compare:
            return compare(*options.compare)
        return evaluate(options)
    except EvaluationFileError as err:
        print(f"scripts/evaluate: {err}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        return 1


def compare(before: Path, after: Path) -> int:
    """Print two runs side by side."""
    (run_1, one), (run_2, two) = read_results(before), read_results(after)
    names = (before.stem, after.stem)
    if run_1.get("agent") != run_2.get("agent"):
        names = (str(run_1["agent"]), str(run_2["agent"]))
    print(comparison(names, (one, two)))
    return 0


def evaluate(options: Any) -> int:
    """Measure what the options say, print what came of it."""
    key = os.environ.get(options.api_key_env or "") or "none"
    agent = agent_for(options.agent, options.url or "", options.provider, key)
    run: dict[str, Any] = {
        "agent": agent.domain,
        "home_assistant": ha_version,
        "code": code_fingerprint(),
    }
    jobs: Jobs
    if options.replay:
        recorded = load_recorded(options.replay)
        if options.model:
            recorded = [line for line in recorded if line.model == options.model]
        tasks = (
            load_set(options.set) if options.set else find_set(options.replay, recorded)
        )
        picked = pick(tasks, options.only, options.limit)
        jobs = replay_jobs(recorded, picked, agent)
        run |= {"replay": options.replay.name, "answers": len(recorded)}
    else:
        raise EvaluationFileError("--url is not there yet")
    file = options.results or default_file(run)
    if options.again:
        file.unlink(missing_ok=True)
    results = ResultsFile(file, run)
    workers = options.jobs or (default_workers() if options.replay else 1)
    status = 0
    try:
        measure_all(jobs, results, workers)
    except KeyboardInterrupt:
        print(f"\nStopped. The same command goes on; so far: {file}", file=sys.stderr)
        status = 130
    except BrokenProcessPool:
        print("\nA process that measures has died.", file=sys.stderr)
        print(f"The same command goes on; so far: {file}", file=sys.stderr)
        status = 4
    except ServerLostError as err:
        print(f"\nThe model server is lost ({err}).", file=sys.stderr)
        print(f"The same command goes on; so far: {file}", file=sys.stderr)
        status = 3
    wanted = {label["key"] for _, labels in jobs for label in labels}
    found = [result for key, result in results.done.items() if key in wanted]
    show(options, file, found)
    return status


def show(options: Any, file: Path, found: list[Result]) -> None:
    """Print the tables."""
    if not found:
        return
    if options.replay:
        print(replay_report(found))
    else:
        print(summary({file.stem: found}))
        print(f"\n{by_category({file.stem: found})}")
    if options.wrong:
        print(f"\nWrong:\n{wrong_ones(found)}")
    if options.against:
        _, before = read_results(options.against)
        names = (options.against.stem, "now")
        print(f"\n{comparison(names, (before, found))}")
    print(f"\nResults: {file}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
