"""Run the demo home: what scripts/develop calls."""

import asyncio
import signal
import sys

from .client import PASSWORD, USER, HomeClient, HomeError
from .dashboard import PATH
from .folder import LOG_NAME
from .home import Home, find_running, started, use_model_server
from .log import following
from .options import Options, parse
from .processes import Program, ProgramEndedError
from .progress import note
from .report import report
from .turn import speak


async def main(options: Options) -> int:
    """Do what the options ask; return the process's exit status."""
    _cancel_on_signals()
    if home := await find_running(options.folder):
        if options.fresh:
            raise HomeError(f"The home at {home.url} is running: stop it first")
        if options.model_server is not None:
            home = await use_model_server(home, options.folder, options.model_server)
        return await _visit(home, options)
    async with started(options) as (home, program):
        if options.sentences:
            return await _say(home, options.sentences)
        await _stay(home, program, options)
    return 0


def _cancel_on_signals() -> None:
    """Have signals cancel this task: the first to stop, another to stop at once.

    Ctrl-C too, which Python ignores in what a shell runs in the background.
    """
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)


async def _visit(home: Home, options: Options) -> int:
    """Use a home that another scripts/develop runs."""
    note(f"A home is running already: {home.url} (process {home.process})")
    if options.sentences:
        return await _say(home, options.sentences)
    return 0


async def _say(home: Home, sentences: tuple[str, ...]) -> int:
    """Speak the sentences as one conversation; fail if one has no spoken answer."""
    conversation_id = None
    status = 0
    async with HomeClient.connected(home.url) as client:
        for sentence in sentences:
            turn = await speak(client, home.pipeline, sentence, conversation_id)
            print(report(turn), flush=True)
            conversation_id = turn.conversation_id or conversation_id
            status = status if turn.was_spoken else 1
    return status


async def _stay(home: Home, program: Program, options: Options) -> None:
    """Keep the home up until Ctrl-C; say so if Home Assistant ends by itself."""
    log = options.folder / LOG_NAME
    print(
        f"\n  Home Assistant  {home.url}\n"
        f"  User, password  {USER}, {PASSWORD}\n"
        f"  Timeline        {home.url}/{PATH}\n"
        f"  Log             {log}\n"
        "  Say something   scripts/develop --say 'turn on the kitchen lights'\n"
        "  Stop            Ctrl-C\n",
        flush=True,
    )
    if options.follow_log:
        async with following(log):
            await program.wait()
    else:
        await program.wait()


def run() -> int:
    """Run until done or interrupted; return the process's exit status."""
    options = parse()
    try:
        return asyncio.run(main(options))
    except KeyboardInterrupt, asyncio.CancelledError:
        note("Stopped.")
        return 0 if not options.sentences else 130
    except (HomeError, ProgramEndedError) as error:
        note(f"✗ {error}")
    except TimeoutError:
        note(
            "✗ The home did not answer in time; its logs are in " + str(options.folder)
        )
    return 1


if __name__ == "__main__":
    sys.exit(run())
