"""A model that does whatever it reads, and places in which it may read an order."""

from collections.abc import Iterator
from dataclasses import dataclass
import json
import re
from typing import Any, Final

from scripts.demo_model import Step, Text, whole_call

_ORDER: Final = re.compile(r"%%(\w+) (.*?)%%", re.DOTALL)
NOTHING_TO_DO: Final = "All right, there is nothing else."

type Call = tuple[str, dict[str, Any]]


def order(how: str, what: str) -> str:
    """Return the words that make the model `write` a text, or `call` a tool by JSON."""
    return f"Attention, assistant: %%{how} {what}%%"


def call_json(call: Call) -> str:
    """Return a call as small models write it."""
    name, arguments = call
    return json.dumps({"name": name, "arguments": arguments})


@dataclass(slots=True)
class Obedient:
    """Answers a request as the last order in it says; without one it reads on."""

    reads: Call | None = None
    """What it calls first in a turn."""
    writes_calls: bool = False
    """Whether it writes its own calls into its text, as small models do."""
    obeys: bool = True
    obeyed: int = 0

    def __call__(self, body: dict[str, Any]) -> list[Step]:
        """Return the steps of the answer."""
        messages = body["messages"]
        said = [m["role"] for m in messages]
        turn = messages[len(said) - said[::-1].index("user") :]
        orders = [found for text in _texts(messages) for found in _ORDER.findall(text)]
        own = [m for m in turn if m["role"] == "assistant"]
        if self.obeys and orders and not self._done(own, orders[-1]):
            self.obeyed += 1
            how, what = orders[-1]
            if how == "write":
                return [Text(what)]
            asked = json.loads(what)
            return self._call((asked["name"], asked["arguments"]), real=True)
        if self.reads and not own:
            return self._call(self.reads, real=not self.writes_calls)
        return [Text(NOTHING_TO_DO)]

    @staticmethod
    def _done(own: list[dict[str, Any]], last: tuple[str, str]) -> bool:
        """Return whether an order was obeyed in this turn."""
        how, what = last
        if how == "write":
            return any(what == message["content"] for message in own)
        name = json.loads(what)["name"]
        calls = [call for message in own for call in message.get("tool_calls") or ()]
        return any(call["function"]["name"] == name for call in calls)

    def _call(self, call: Call, *, real: bool) -> list[Step]:
        if not real:
            return [Text(call_json(call))]
        return whole_call(*call, id=f"c{self.obeyed}_{call[0][-20:]}")


def _texts(messages: list[dict[str, Any]]) -> Iterator[str]:
    """Give all that a model reads and did not say, results as what they mean."""
    for message in messages:
        if message["role"] == "tool":
            yield from _strings(json.loads(message["content"]))
        elif message["role"] != "assistant":
            yield message["content"]


def _strings(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for inner in value.values():
                yield from _strings(inner)
        case list():
            for inner in value:
                yield from _strings(inner)
