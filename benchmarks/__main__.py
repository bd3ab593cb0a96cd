"""Runs rows of the bench: `scripts/bench [row …]`."""

import argparse
import asyncio
import contextlib
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
import json
import os
from pathlib import Path
import platform
import subprocess
import sys
import time
from typing import Any

from .report import Result
from .row import Settings
from .rows import ROWS

REPORT = Path(__file__).parent / "README.md"
BEGIN, END = "<!-- the last table -->", "<!-- end of the last table -->"


async def measure(name: str, settings: Settings) -> Result:
    """Run one row."""
    row = ROWS[name]
    result = Result(name, row.title)
    if missing := [package for package in row.needs if not find_spec(package)]:
        result.skipped = f"needs {', '.join(missing)}"
    elif row.needs_model and not settings.url:
        result.skipped = "needs a model server of your own: --url and --model"
    else:
        began = time.perf_counter()
        async for line in row.measure(settings):
            result.lines.append(line)
            print(f"    {name}: {line.what}", file=sys.stderr, flush=True)
        result.seconds = time.perf_counter() - began
    return result


def in_a_process(name: str, arguments: list[str]) -> dict[str, Any]:
    """Run one row in a process of its own, so that none pays for another's."""
    command = [sys.executable, "-m", "benchmarks", "--child", name, *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)  # noqa: S603
    if done.returncode:
        raise SystemExit(f"{name} failed")
    found: dict[str, Any] = json.loads(done.stdout.decode().splitlines()[-1])
    return found


def about() -> dict[str, str]:
    """Return what the figures hold for."""
    versions = {"Python": platform.python_version()}
    for package in ("homeassistant", "aiohttp", "openai", "ollama"):
        with contextlib.suppress(PackageNotFoundError):
            versions[package] = version(package)
    cpus = Path("/proc/cpuinfo")
    model = next(
        (
            line.partition(":")[2].strip()
            for line in (cpus.read_text().splitlines() if cpus.exists() else ())
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": f"{model}, {os.cpu_count()} cores, {platform.system()}",
        "load": f"{load:.1f} at the start",
        **versions,
    }


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="row", help=", ".join(ROWS))
    parser.add_argument("--smoke", action="store_true", help="only see that they run")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    parser.add_argument("--markdown", type=Path, help="where to write the tables")
    parser.add_argument(
        "--keep", action="store_true", help="put the tables into benchmarks/README.md"
    )
    parser.add_argument("--url", help="a model server of yours, with /v1")
    parser.add_argument("--model")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if unknown := set(chosen.rows) - set(ROWS):
        parser.error(f"no such row: {', '.join(unknown)}; there is {', '.join(ROWS)}")
    return chosen


def main() -> None:
    """Run the rows that are asked for, by default all."""
    chosen = arguments()
    settings = Settings(smoke=chosen.smoke, url=chosen.url, model=chosen.model)
    names = chosen.rows or list(ROWS)
    if chosen.child:
        (name,) = names
        out = sys.stdout
        with contextlib.redirect_stdout(sys.stderr):
            result = asyncio.run(measure(name, settings))
        found = {**result.as_dict(), "markdown": result.as_markdown()}
        print(json.dumps(found), file=out)
        return
    known, began = about(), time.perf_counter()
    handed_on = [f"--url={chosen.url}"] if chosen.url else []
    handed_on += [f"--model={chosen.model}"] if chosen.model else []
    results = []
    for number, name in enumerate(names, 1):
        spent = time.perf_counter() - began
        print(
            f"[{number}/{len(names)}, {spent:.0f} s] {name}",
            file=sys.stderr,
            flush=True,
        )
        if chosen.smoke:
            result = asyncio.run(measure(name, settings))
            results.append({**result.as_dict(), "markdown": result.as_markdown()})
        else:
            results.append(in_a_process(name, handed_on))
    known["took"] = f"{time.perf_counter() - began:.0f} s"
    tables = tell(known, results)
    if not chosen.smoke:
        print(tables)
    if chosen.json:
        chosen.json.write_text(json.dumps({"about": known, "rows": results}, indent=1))
    if chosen.markdown:
        chosen.markdown.write_text(tables)
    if chosen.keep:
        before, _, rest = REPORT.read_text().partition(BEGIN)
        after = rest.partition(END)[2]
        REPORT.write_text(f"{before}{BEGIN}\n\n{tables}\n{END}{after}")


def tell(known: dict[str, str], results: list[dict[str, Any]]) -> str:
    """Return all tables, with what was lost first."""
    lost = [
        f"- {result['row']}: {line['what']} (lost to {', '.join(line['lost_to'])})"
        for result in results
        for line in result["lines"]
        if line["lost_to"]
    ]
    missed = [
        f"- {result['row']}: {line['what']} (aim: {line['aim']})"
        for result in results
        for line in result["lines"]
        if line["met"] is False
    ]
    return "\n".join(
        [
            *(f"- {what}: {said}" for what, said in known.items()),
            "",
            "Figures are medians, with the 10th and the 90th percentile. Less is better.",
            "",
            "**Lost:**" if lost else "**Nothing is lost.**",
            "",
            *lost,
            "",
            "**Aims missed:**" if missed else "**No aim is missed.**",
            "",
            *missed,
            "",
            *(result["markdown"] for result in results),
        ]
    )


if __name__ == "__main__":
    main()
