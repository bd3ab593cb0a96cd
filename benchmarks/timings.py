"""What it costs to keep where a turn's time went.

    python -m benchmarks.timings

The median of many rounds, in microseconds of one core: a span of each kind, telling a
turn's end, and what one look at a turn that is on costs.
"""

from collections.abc import Callable
import gc
from statistics import median
import time

from custom_components.chatterbox.agent.timings import OwnWork, TurnTimings
from custom_components.chatterbox.agent.turn_log import RunningTurn, TurnLog
from custom_components.chatterbox.agent.turn_record import TurnAgent
from custom_components.chatterbox.tools.call_span import (
    CacheUse,
    CallOutcome,
    WaitReason,
    call_span,
    call_spanned,
)
from custom_components.chatterbox.tools.resources import Footprint

ROUNDS = 200
REPEATS = 100
"""Of one round."""
AGENT = TurnAgent("agent", "conversation.chatterbox", "Model server", "demo")
TOUCHED = Footprint(
    reads=frozenset({"light.kitchen"}), writes=frozenset({"light.kitchen"})
)


def measure(act: Callable[[], object]) -> float:
    """Return the median microseconds of one run."""
    rounds = []
    gc.disable()
    for _ in range(ROUNDS):
        began = time.process_time_ns()
        for _ in range(REPEATS):
            act()
        rounds.append((time.process_time_ns() - began) / REPEATS / 1000)
    gc.enable()
    return median(rounds)


def tool_call(timings: TurnTimings) -> None:
    """Keep a call as toolbox, dispatcher and cache do, with one wait."""
    with call_spanned("light__turn_on") as span:
        timings.calls.append(span)
        found = call_span()
        found.footprint = TOUCHED
        with found.waiting(WaitReason.ORDER, ["light__turn_off"]):
            pass
        found.begin()
        call_span().use_cache(CacheUse.MISS)
        span.end(CallOutcome.DONE)


def model_call(timings: TurnTimings) -> None:
    """Keep a call of the model with thinking and twenty pieces of text."""
    span = timings.model_asked("Model server", "demo")
    span.thought()
    for _ in range(20):
        span.said()
    timings.model_ended(span)


def own_work(timings: TurnTimings) -> None:
    """Keep work of our own."""
    with timings.own_work(OwnWork.REQUEST):
        pass


def whole_turn(timings: TurnTimings, calls: int) -> None:
    """Fill a turn with two calls of the model and some of tools."""
    own_work(timings)
    for _ in range(2):
        own_work(timings)
        model_call(timings)
    for _ in range(calls):
        tool_call(timings)
    own_work(timings)


def main() -> None:
    """Print the table."""
    print("| what | µs |\n|---|---|")
    for name, keep in (
        ("a span of our own work", own_work),
        ("a call of the model, 21 pieces", model_call),
        ("a call of a tool, with a wait", tool_call),
    ):
        timings = TurnTimings()
        print(f"| {name} | {measure(lambda: keep(timings)):.1f} |")  # noqa: B023
    for calls in (3, 10):
        log = TurnLog()

        def turn() -> None:
            with log.turn(AGENT, TurnTimings()) as running:  # noqa: B023
                whole_turn(running.timings, calls)  # noqa: B023

        cost, spans = measure(turn), 6 + calls
        (*_, last) = log.last(AGENT.subentry_id)
        timings = TurnTimings()
        whole_turn(timings, calls)
        running = RunningTurn(AGENT, timings)
        look = measure(running.as_dict)
        print(f"| a turn of {spans} spans, kept: {len(last.data)} bytes | {cost:.0f} |")
        print(f"| the same, for each span | {cost / spans:.1f} |")
        print(f"| a look at it while it is on, ten a second | {look:.0f} |")


if __name__ == "__main__":
    main()
