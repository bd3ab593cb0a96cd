"""Rows that print their own tables, and are told as they are printed."""

import asyncio
from collections.abc import AsyncIterator, Callable
import contextlib
import importlib
import inspect
import io
import sys
from typing import Any
from unittest.mock import patch

from .report import Line
from .row import Row, Settings

SMOKE: dict[str, dict[str, Any]] = {
    "timings": {"ROUNDS": 2, "REPEATS": 2},
    "home_map": {"SIZES": (20,)},
    "prefix": {"SIZES": (20,)},
    "service_tools": {"ROUNDS": 2},
    "resolve": {"ROUNDS": 1, "CALLS": 2, "EXPOSED": (20,)},
}
"""What is made smaller to see that a row still runs."""


async def printed(
    name: str, arguments: list[str], settings: Settings
) -> AsyncIterator[Line]:
    """Run a module's main and yield what it prints."""
    module = importlib.import_module(f".{name}", __package__)
    main = module.once if name == "resolve" else module.main
    out = io.StringIO()
    with contextlib.ExitStack() as stack:
        stack.enter_context(patch.object(sys, "argv", [name, *arguments]))
        for key, value in SMOKE.get(name, {}).items() if settings.smoke else ():
            stack.enter_context(patch.object(module, key, value))
        stack.enter_context(contextlib.redirect_stdout(out))
        if inspect.iscoroutinefunction(main):
            await main()
        else:
            # It has an event loop of its own.
            await asyncio.get_running_loop().run_in_executor(None, main)
    yield Line(what="as printed", unit="", found={}, note=out.getvalue())


def row(
    name: str, title: str, arguments: Callable[[Settings], list[str]], **more: Any
) -> Row:
    """Return a row that runs a module."""

    def measure(settings: Settings) -> AsyncIterator[Line]:
        return printed(name, arguments(settings), settings)

    return Row(title=title, measure=measure, **more)


def _url(settings: Settings) -> list[str]:
    return ["--url", settings.url.removesuffix("/v1")] if settings.url else []


def _tokenizer(settings: Settings) -> list[str]:
    return [arg.replace("--url", "--tokenizer") for arg in _url(settings)]


def _server(settings: Settings) -> list[str]:
    return ["--url", settings.url or "", "--model", settings.model or ""]


ROWS = {
    "prefix": row("prefix", "prompt and tools", _url),
    "home_map": row("home_map", "overview of the home", _url),
    "actions": row("service_tools", "actions as tools", _tokenizer),
    "resolve": row("resolve", "a missed call of a service", lambda _: []),
    "timings": row("timings", "keeping where the time went", lambda _: []),
    "prefix_cache": row(
        "prefix_cache", "a real server's first token", _server, needs_model=True
    ),
}
