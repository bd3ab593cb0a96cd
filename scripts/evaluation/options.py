"""What `scripts/evaluate` can be told."""

import argparse
import json
from pathlib import Path
from typing import Any

from .jobs import CORE, OURS

ABOUT = "Speak every sentence of a set to a fresh home, and judge what comes of it."
EXAMPLES = """\
a model:      scripts/evaluate --url http://127.0.0.1:8080/v1 --model qwen3
core's agent: scripts/evaluate --url http://127.0.0.1:8080/v1 --agent core
another set:  scripts/evaluate --url ... --set ~/home-assistant-datasets/datasets/assist
answers that were recorded: scripts/evaluate --replay recorded.jsonl
my home:      scripts/evaluate --url ... --dry-run http://homeassistant.local:8123 --say "..."
two runs:     scripts/evaluate --compare before.jsonl after.jsonl
"""


def read_options(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line; leaves the program with status 2 if it makes no sense."""
    parser = argparse.ArgumentParser(
        prog="scripts/evaluate",
        description=ABOUT,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--url", help="address of a model server, with /v1 if it has it")
    what.add_argument("--replay", type=Path, metavar="FILE", help="recorded answers")
    what.add_argument(
        "--compare",
        type=Path,
        nargs=2,
        metavar=("BEFORE", "AFTER"),
        help="show two files of results side by side",
    )
    _add_choices(parser)
    _add_running(parser)
    _add_dry_run(parser)
    options = parser.parse_args(arguments)
    if options.limit is not None and options.limit < 1:
        parser.error("--limit wants a number above 0")
    if options.jobs is not None and options.jobs < 1:
        parser.error("--jobs wants a number above 0")
    if options.dry_run and not (options.url and options.say):
        parser.error("--dry-run wants --url, and at least one --say")
    try:
        options.option = dict(map(_option, options.option))
    except ValueError as err:
        parser.error(f"--option wants NAME=JSON: {err}")
    return options


def _option(text: str) -> tuple[str, Any]:
    name, _, value = text.partition("=")
    return name, json.loads(value)


def _add_choices(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--model",
        help="the model to ask (default: the server's first); with --replay: only its answers",
    )
    parser.add_argument(
        "--provider", default="openai", help="how the server is spoken to"
    )
    parser.add_argument(
        "--api-key-env",
        metavar="NAME",
        help="environment variable that holds the server's key",
    )
    parser.add_argument(
        "--option",
        action="append",
        default=[],
        metavar="NAME=JSON",
        help="an option of the agent, as its form stores it (max_tokens=300)",
    )
    parser.add_argument(
        "--agent",
        default=OURS,
        choices=(OURS, "core", *CORE),
        help="whose agent; core takes the one of Home Assistant's that fits the server",
    )
    parser.add_argument(
        "--set",
        default=None,
        metavar="ours|PATH",
        help="what is said to which home (default: ours; with --replay: found by FILE)",
    )
    parser.add_argument(
        "--only",
        metavar="TEXT",
        help="only tasks with this in their name; * stands for any text",
    )
    parser.add_argument(
        "--limit",
        type=int,
        metavar="N",
        help="at most so many tasks, from all categories",
    )


def _add_running(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--jobs",
        type=int,
        metavar="N",
        help="processes (default: 1 for a server, one for each core with --replay)",
    )
    parser.add_argument(
        "--timeout",
        type=float,
        default=300.0,
        metavar="SECONDS",
        help="for one sentence at a server (default: 300)",
    )
    parser.add_argument(
        "--results",
        type=Path,
        metavar="FILE",
        help="JSON lines; a run that was broken off goes on (default: in .cache/evaluation)",
    )
    parser.add_argument(
        "--again",
        action="store_true",
        help="measure what is in the results already too",
    )
    parser.add_argument(
        "--against",
        type=Path,
        metavar="FILE",
        help="compare with these results at the end",
    )
    parser.add_argument(
        "--wrong",
        action="store_true",
        help="list every sentence that went wrong, and why",
    )


def _add_dry_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--dry-run",
        metavar="URL",
        help="a running Home Assistant whose exposed entities are mirrored: "
        "calls are shown, nothing acts",
    )
    parser.add_argument(
        "--token-env",
        default="HOME_ASSISTANT_TOKEN",
        metavar="NAME",
        help="environment variable that holds its long-lived access token "
        "(default: HOME_ASSISTANT_TOKEN)",
    )
    parser.add_argument(
        "--say",
        action="append",
        default=[],
        metavar="SENTENCE",
        help="what to say to it",
    )
