"""What a turn sends, and how much of it the server has read already."""

from collections.abc import AsyncIterator
import json
from typing import Any

from .home_map import count_tokens
from .questions import CASES
from .report import OURS, Line
from .row import Row, Settings
from .stage import HELLO, Stage, stage

WEATHER = next(
    case for case in CASES if case.sentence.startswith("What is the weather")
)


def prompt(request: dict[str, Any]) -> str:
    """Return what a server reads, in its order: the tools, then the messages."""
    return json.dumps([request.get("tools"), request["messages"]], ensure_ascii=False)


def shared(before: str, after: str) -> float:
    """Return the share of a prompt that is as in the one before, from its begin."""
    both = zip(before, after, strict=False)
    same = next((i for i, (a, b) in enumerate(both) if a != b), len(before))
    return same / len(after)


async def asked(
    home: Stage, agent: str, case: Any, **more: Any
) -> list[dict[str, Any]]:
    """Say a sentence and return the bodies of its requests."""
    await home.model.play(case, bodies=True)
    await home.say(agent, case, **more)
    return [seen.body for seen in await home.model.play()]


async def measure(settings: Settings) -> AsyncIterator[Line]:
    """Yield bytes, tokens and shares."""
    for size in settings.sizes(20, 200):
        async with stage(size) as home:
            kitchen = home.house.satellite("One", "kitchen")
            study = home.house.satellite("Two", "study")
            sizes, tokens, stable, moved, later = ({} for _ in range(5))
            for agent in home.agents:
                (first, *_) = await asked(home, agent, HELLO, device_id=kitchen)
                state = home.hass.states.get("light.e7")
                assert state
                home.hass.states.async_set("light.e7", "on", state.attributes)
                (second, *_) = await asked(home, agent, HELLO, device_id=kitchen)
                (third, *_) = await asked(home, agent, HELLO, device_id=study)
                text = prompt(first)
                sizes[agent] = [float(len(text.encode()))]
                if count := await count_tokens(
                    settings.url and settings.url.removesuffix("/v1"), text
                ):
                    tokens[agent] = [float(count)]
                stable[agent] = [1 - shared(text, prompt(second))]
                moved[agent] = [1 - shared(prompt(second), prompt(third))]
            for agent in home.agents:
                later[agent] = [1 - await follow_up(home, agent)]
            where = f"{size} entities"
            yield Line(f"a first request, {where}", "bytes", sizes)
            if tokens:
                yield Line(f"a first request, {where}", "tokens", tokens)
            yield Line(
                f"to read anew after a change of state, {where}", "share", stable
            )
            yield Line(f"to read anew at another satellite, {where}", "share", moved)
            yield Line(
                f"to read anew in the next turn, after the weather, {where}",
                "share",
                later,
                note="ours has foreseen the weather, which then shrinks to a line",
            )


async def follow_up(home: Stage, agent: str) -> float:
    """Return what a conversation's second turn shares with its first."""
    for _ in range(2 if agent == OURS else 0):
        await asked(home, agent, WEATHER)
    conversation_id = f"{agent}-talk"
    *_, last = await asked(home, agent, WEATHER, conversation_id=conversation_id)
    (after, *_) = await asked(home, agent, HELLO, conversation_id=conversation_id)
    return shared(prompt(last), prompt(after))


ROWS = {"requests": Row(title="what is sent", measure=measure)}
