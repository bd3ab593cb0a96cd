"""A brain of plain rules over the tools that it is offered.

It knows some English sentences and nothing of the home: what there is, it reads
from the prompt, the note before the sentence and the tools' schemas.
"""

from collections.abc import Iterator
import json
import re
from typing import Any

from . import actions, questions
from .answers import describe, error_in
from .home import Home
from .offered import Toolset
from .plan import Call, Outcome, Plan, Rule, Situation
from .script import Step, Text, UsageChunk, whole_call

RULES = (*questions.RULES, *actions.RULES)

LOST = (
    "Sorry, I did not understand “{}”. I am a demo model and know only a few plain "
    "sentences, like “turn on the kitchen lights”."
)

UNABLE = "Sorry, I was offered no tool that can do “{}”."

_POLITE = re.compile(
    r"^(?:(?:please|now|also|and|then|ok(?:ay)?|hey|"
    r"(?:can|could|would|will) you(?: please)?)[ ,]+)+|[ ,]+please$"
)
_BREAKS = re.compile(r",? and then |; |, then | then |,? and |, ")
_VERB = re.compile(r"(?:turn|switch) (?:on|off)|open|close|lock|unlock|shut")
_LISTS = ("items", "length", "message")
"""Groups of a pattern that may hold an "and"."""

_CHARACTERS_A_TOKEN = 4


class Planner:
    """Makes the steps of a reply to a chat request."""

    def __call__(self, request: dict[str, Any]) -> list[Step]:
        """Return tool calls if there is something to call, else an answer."""
        messages = request["messages"]
        last_said = _last(messages, "user")
        sentence, note = _parts(_text(messages[last_said]) if messages else "")
        prompt = "\n".join(_text(m) for m in messages if m["role"] == "system")
        situation = Situation(Toolset.read(request), Home.read(prompt), note, prompt)
        plan = make_plan(situation, sentence)
        results = _results(messages[last_said + 1 :])
        if plan.calls and not results:
            steps = _calling(situation, plan)
        else:
            steps = _speaking(_answer(plan, results))
        size = len(json.dumps(request, ensure_ascii=False))
        return [*steps, UsageChunk(size // _CHARACTERS_A_TOKEN, len(steps))]


def make_plan(situation: Situation, sentence: str) -> Plan:
    """Take a sentence apart and find a rule for each part of it.

    The longest run of parts that one rule takes counts, so that "milk and eggs" stays
    together; a part without a verb takes that of the part before it.
    """
    parts = _BREAKS.split(_clean(sentence))
    plan = Plan()
    verb = ""
    while parts:
        for length in range(len(parts), 0, -1):
            whole = " and ".join(parts[:length])
            outcome = _outcome(situation, whole, joined=length > 1)
            if outcome is None and length == 1 and verb and _names(situation, whole):
                outcome = _outcome(situation, f"{verb} {whole}", joined=False)
            if outcome is not None:
                break
        else:
            outcome, length = None, 1
        if outcome is None:
            knows = _matches(_clean(parts[0]), joined=False)
            (plan.unable if any(knows) else plan.lost).append(parts[0])
        elif isinstance(outcome, str):
            plan.said.append(outcome)
        else:
            plan.calls += outcome
        found = _VERB.match(_clean(parts[0]))
        verb = found[0] if found else verb
        parts = parts[length:]
    return plan


def _outcome(situation: Situation, part: str, joined: bool) -> Outcome:
    for rule, match in _matches(_clean(part), joined):
        if (outcome := rule(situation, match)) is not None:
            return outcome
    return None


def _matches(part: str, joined: bool) -> Iterator[tuple[Rule, re.Match[str]]]:
    """Yield the rules that a part is for."""
    for pattern, rule in RULES:
        if (match := re.fullmatch(pattern, part)) is None:
            continue
        # Only what is listed may hold an "and": the rest of it is another part.
        groups = match.groupdict()
        listed = next(filter(None, map(groups.get, _LISTS)), None)
        if joined and (not listed or " and " in part.replace(listed, "")):
            continue
        yield rule, match


def _names(situation: Situation, part: str) -> bool:
    """Tell whether a part without a verb names a thing."""
    known = {thing.name.lower() for thing in situation.home.things}
    meant = situation.home.meant(part)
    return bool(
        part.startswith(("the ", "my ", "all "))
        or meant.area
        or (meant.name or "").lower() in known
    )


def _calling(situation: Situation, plan: Plan) -> list[Step]:
    """Call everything at once; close the turn with it where that may be done."""
    calls = list(plan.calls)
    closing = situation.tools.named("reply")
    if closing and not (plan.lost or plan.unable) and all(call.done for call in calls):
        say = " ".join([*(call.done for call in calls), *plan.said])
        calls.append(Call("reply", {"say": say, "expect_answer": False}))
    steps: list[Step] = []
    for index, call in enumerate(calls):
        call_id = f"call{index:05d}"
        steps += whole_call(call.tool, call.arguments, index=index, id=call_id, size=24)
    return steps


def _answer(plan: Plan, results: list[tuple[Any, Any]]) -> str:
    """Return what to say: what was done, what was read, what was not understood."""
    done = {
        (call.tool, json.dumps(call.arguments, sort_keys=True)): call.done
        for call in plan.calls
    }
    said = []
    for key, result in results:
        if error := error_in(result):
            said.append(f"That did not work: {error.rstrip('.')}.")
        else:
            said.append(done.get(key) or describe(result))
    said += plan.said
    said += [UNABLE.format(part) for part in plan.unable]
    said += [LOST.format(part) for part in plan.lost]
    return " ".join(dict.fromkeys(said)) or LOST.format("")


def _speaking(text: str) -> list[Step]:
    """Return the text in pieces of a word, as models speak."""
    return [Text(piece) for piece in re.findall(r"\S+\s*|\s+", text)]


def _results(messages: list[dict[str, Any]]) -> list[tuple[Any, Any]]:
    """Return the calls since the last sentence, as (name, arguments), with results."""
    results = {
        message["tool_call_id"]: message["content"]
        for message in messages
        if message["role"] == "tool"
    }
    found = []
    for message in messages:
        for call in message.get("tool_calls") or ():
            name = call["function"]["name"]
            if name == "reply" or call["id"] not in results:
                continue
            arguments = json.loads(call["function"]["arguments"] or "{}")
            key = (name, json.dumps(arguments, sort_keys=True))
            found.append((key, _read(results[call["id"]])))
    return found


def _read(content: str) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return {"result": content}


def _last(messages: list[dict[str, Any]], role: str) -> int:
    return max((i for i, m in enumerate(messages) if m["role"] == role), default=0)


def _text(message: dict[str, Any]) -> str:
    content = message.get("content") or ""
    if isinstance(content, list):
        return "\n".join(part.get("text", "") for part in content)
    return str(content)


def _parts(text: str) -> tuple[str, str]:
    """Part a message into what was said and the note before it."""
    text = text.strip()
    if not text.startswith("["):
        return text, ""
    note, _, sentence = text.partition("]\n\n")
    return sentence.strip(), note


def _clean(text: str) -> str:
    text = text.strip().lower().replace("\u2019", "'").rstrip(".!? ")
    return _POLITE.sub("", text).strip()
