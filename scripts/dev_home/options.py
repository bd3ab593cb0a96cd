"""What to run, as the command line says it."""

import argparse
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
CACHE = CHECKOUT / ".cache"
DEFAULT_PORT = 8123
"""Home Assistant's own."""


@dataclass(frozen=True)
class ModelChoice:
    """An OpenAI-compatible server, and the model to use there (None: its first)."""

    url: str
    api_key: str | None
    model: str | None
    timeout: int | None = None
    """Seconds that it may stay silent (None: as Chatterbox sets an agent up)."""


@dataclass(frozen=True)
class Options:
    """What the command line asks for."""

    folder: Path
    """The demo home's configuration folder."""
    port: int | None
    """Where Home Assistant listens on 127.0.0.1; 0 is any free port, None no wish."""
    sentences: tuple[str, ...]
    """What to say, as one conversation; with none, the home runs until Ctrl-C."""
    model_server: ModelChoice | None
    """None is the demo model."""
    fresh: bool
    """Begin with a new home."""
    follow_log: bool
    """Show Home Assistant's log while it runs."""


def parse(arguments: list[str] | None = None) -> Options:
    """Read the command line; ends the process with a message if it is wrong."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if given.url is None and (given.api_key or given.model or given.timeout):
        parser.error("--api-key, --model and --timeout go with --url")
    server = None
    if given.url is not None:
        server = ModelChoice(given.url, given.api_key, given.model, given.timeout)
    return Options(
        folder=given.folder.resolve(),
        port=given.port,
        sentences=tuple(given.say),
        model_server=server,
        fresh=given.fresh,
        follow_log=given.log,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/develop",
        description="Run a real Home Assistant with a demo home and Chatterbox in it.",
    )
    parser.add_argument(
        "--say",
        metavar="SENTENCE",
        action="append",
        default=[],
        help="say this through the Assist pipeline, print what came of it, and stop;"
        " given several times, it is one conversation",
    )
    parser.add_argument(
        "--url", help="an OpenAI-compatible server to use in place of the demo model"
    )
    parser.add_argument("--api-key", metavar="KEY", help="that server's key")
    parser.add_argument("--model", metavar="NAME", help="the model to use there")
    parser.add_argument(
        "--timeout",
        type=int,
        metavar="SECONDS",
        help="how long that server may stay silent; a slow one needs more than usual",
    )
    parser.add_argument(
        "--port",
        type=int,
        help=f"where Home Assistant listens on 127.0.0.1 (default {DEFAULT_PORT};"
        " 0 takes a free one; with --say, a free one if the default is taken)",
    )
    parser.add_argument(
        "--folder",
        type=Path,
        default=CACHE / "home",
        help="the home's configuration folder; homes in different folders can run"
        " side by side (default .cache/home)",
    )
    parser.add_argument("--fresh", action="store_true", help="begin with a new home")
    parser.add_argument(
        "--log", action="store_true", help="show Home Assistant's log while it runs"
    )
    return parser
