"""Run an evaluation, or compare two."""

from argparse import Namespace
import asyncio
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
import os
from pathlib import Path
import sys
from typing import Any

from homeassistant.const import __version__ as ha_version

from .home import EvaluationFileError
from .jobs import AgentConfig, ServerLostError, agent_for
from .models import first_model
from .options import read_options
from .plan import Jobs, find_set, live_jobs, load_set, pick, replay_jobs
from .playback import load_recorded
from .results import (
    Result,
    ResultsFile,
    code_fingerprint,
    default_file,
    read_results,
)
from .run import default_workers, measure_all
from .tables import by_category, comparison, replay_report, summary, wrong_ones


def main(arguments: list[str] | None = None) -> int:
    """Read the arguments and run; returns the exit status."""
    options = read_options(arguments)
    try:
        if options.compare:
            return compare(*options.compare)
        if options.dry_run:
            return speak_dry(options)
        return evaluate(options)
    except EvaluationFileError as err:
        print(f"scripts/evaluate: {err}", file=sys.stderr)
        return 2
    except ServerLostError as err:
        print(
            f"scripts/evaluate: the model server is not there: {err}", file=sys.stderr
        )
        return 3


def compare(before: Path, after: Path) -> int:
    """Print two runs side by side."""
    (run_1, one), (run_2, two) = read_results(before), read_results(after)
    names = (before.stem, after.stem)
    if run_1.get("agent") != run_2.get("agent"):
        names = (str(run_1["agent"]), str(run_2["agent"]))
    print(comparison(names, (one, two)))
    return 0


def speak_dry(options: Namespace) -> int:
    """Show what an agent would call in a running home."""
    # Imported here: Home Assistant takes seconds to import.
    from .dry_run import dry_run  # noqa: PLC0415

    if not (token := os.environ.get(options.token_env)):
        raise EvaluationFileError(f"there is no token in {options.token_env}")
    agent = live_agent(options)
    asyncio.run(dry_run(options.dry_run, token, agent, options.say, options.timeout))
    return 0


def evaluate(options: Namespace) -> int:
    """Measure what the options say, print what came of it."""
    run, jobs = plan_replay(options) if options.replay else plan_live(options)
    if not jobs:
        raise EvaluationFileError("there is no such task")
    file = options.results or default_file(run)
    if options.again:
        file.unlink(missing_ok=True)
    results = ResultsFile(file, run)
    workers = options.jobs or (default_workers() if options.replay else 1)
    status = measure_what_can_be(jobs, results, workers)
    wanted = {label["key"] for _, labels in jobs for label in labels}
    show(options, file, run, [r for key, r in results.done.items() if key in wanted])
    return status


def plan_replay(options: Namespace) -> tuple[dict[str, Any], Jobs]:
    """Return what is measured, and the jobs, of recorded answers."""
    recorded = load_recorded(options.replay)
    if options.model:
        recorded = [line for line in recorded if line.model == options.model]
    found = load_set(options.set) if options.set else find_set(options.replay, recorded)
    agent = agent_for(options.agent, "", options.provider, "none")
    jobs = replay_jobs(recorded, pick(found, options.only, options.limit), agent)
    what = {"replay": options.replay.name, "answers": len(recorded)}
    return {**common(agent.domain), **what}, jobs


def plan_live(options: Namespace) -> tuple[dict[str, Any], Jobs]:
    """Return what is measured, and the jobs, of a model server."""
    agent = live_agent(options)
    tasks = pick(load_set(options.set or "ours"), options.only, options.limit)
    what = {
        "url": options.url,
        "model": agent.model,
        "provider": options.provider,
        "set": Path(options.set).name if options.set else "ours",
        "options": options.option,
    }
    return {**common(agent.domain), **what}, live_jobs(tasks, agent, options.timeout)


def live_agent(options: Namespace) -> AgentConfig:
    """Return the agent that is to ask a server."""
    key = os.environ.get(options.api_key_env or "") or "none"
    agent = agent_for(options.agent, options.url, options.provider, key)
    model = options.model or first_model(options.url, key)
    return replace(agent, model=model, options=options.option)


def common(agent: str) -> dict[str, Any]:
    """Return what decides the results of every run."""
    return {
        "agent": agent,
        "home_assistant": ha_version,
        "code": code_fingerprint(),
    }


def measure_what_can_be(jobs: Jobs, results: ResultsFile, workers: int) -> int:
    """Measure; returns the exit status if it could not be done to the end."""
    try:
        measure_all(jobs, results, workers)
    except KeyboardInterrupt:
        status, why = 130, "Stopped."
    except BrokenProcessPool:
        status, why = 4, "A process that measures has died."
    except ServerLostError as err:
        status, why = 3, f"The model server is lost: {err}."
    else:
        return 0
    done = f"{len(results.done)} results are in {results.file}."
    print(f"\n{why} {done} The same command goes on from there.", file=sys.stderr)
    return status


def show(
    options: Namespace, file: Path, run: dict[str, Any], found: list[Result]
) -> None:
    """Print the tables."""
    if not found:
        return
    if options.replay:
        print(replay_report(found))
    else:
        title = f"{run['agent']}, {run['model']}"
        print(f"{summary({title: found})}\n\n{by_category({title: found})}")
    if options.wrong:
        print(f"\nWrong:\n{wrong_ones(found)}")
    if options.against:
        before_run, before = read_results(options.against)
        names = (options.against.stem, "now")
        if before_run.get("agent") != run["agent"]:
            names = (str(before_run.get("agent")), run["agent"])
        print(f"\n{comparison(names, (before, found))}")
    print(f"\nResults: {file}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
