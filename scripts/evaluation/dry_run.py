"""Speaks to a mirror of a running home, and shows what would have been called."""

from collections.abc import Sequence
import json
import logging

from .agents import add_agent
from .jobs import AgentConfig
from .mirror import mirrored_home, read_facts
from .speak import SpokenTurn, say


async def dry_run(
    home_url: str,
    token: str,
    agent: AgentConfig,
    sentences: Sequence[str],
    timeout: float,  # noqa: ASYNC109
) -> None:
    """Print the calls and the answer of each sentence, each a conversation of its own.

    Raises ServerLostError, EvaluationFileError.
    """
    facts = await read_facts(home_url, token)
    print(f"{len(facts.entities)} exposed entities are mirrored. Nothing acts.")
    logging.disable(logging.CRITICAL)
    async with mirrored_home(facts) as hass:
        agent_id = await add_agent(hass, agent)
        for sentence in sentences:
            turn, _ = await say(hass, sentence, facts.language, agent_id, timeout)
            print(shown(turn))


def shown(turn: SpokenTurn) -> str:
    """Return what came of a sentence, in lines to read."""
    lines = ["", f"“{turn.say}”"]
    for call in turn.calls:
        arguments = json.dumps(call["arguments"], ensure_ascii=False)
        error = f"  ! {call['error']}" if call.get("error") else ""
        lines.append(f"  would call {call['name']} {arguments}{error}")
    lines.append(f"  says “{turn.spoken}” after {turn.seconds:.1f} s")
    return "\n".join(lines)
