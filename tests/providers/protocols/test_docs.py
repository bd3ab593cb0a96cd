"""The tables of docs/providers.md are made from the suite and from the facts."""

from collections.abc import Iterator
import inspect
import os
from pathlib import Path
import re
from typing import Any

from custom_components.chatterbox.providers.model_facts import FACTS

from . import test_behaviours
from .conftest import has
from .wire import PROTOCOLS

PAGE = Path(__file__).parents[3] / "docs" / "providers.md"


def table(head: list[str], rows: Iterator[list[str]]) -> str:
    """Return a table of Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def behaviours() -> Iterator[list[str]]:
    """Give a row for each behaviour."""
    tests: dict[str, Any] = vars(test_behaviours)
    for name, test in tests.items():
        if name.startswith("test_"):
            marks = ["✓" if has(protocol, test) else "-" for protocol in PROTOCOLS]
            yield [(inspect.getdoc(test) or "").split("\n")[0].rstrip("."), *marks]


def facts() -> Iterator[list[str]]:
    """Give a row for each fact."""
    for fact in FACTS:
        needs = ", ".join(f"{key} {value}" for key, value in fact.needs.items())
        models = fact.models.replace("|", "\\|")
        yield [f"`{models}`", f"`{needs}`", fact.source, fact.seen]


def test_the_tables_are_those_of_the_code() -> None:
    """`CHATTERBOX_WRITE_DOCS=1` writes them."""
    heads = ["Behaviour", *(protocol.name for protocol in PROTOCOLS)]
    made = {
        "behaviours": table(heads, behaviours()),
        "facts": table(["Models", "Needs", "Source", "Seen"], facts()),
    }
    page = PAGE.read_text()
    expected = page
    for name, text in made.items():
        expected = re.sub(
            rf"(<!-- {name} -->\n).*?(\n<!-- end -->)",
            lambda match, text=text: match[1] + text + match[2],  # type: ignore[misc]
            expected,
            flags=re.DOTALL,
        )
    if os.environ.get("CHATTERBOX_WRITE_DOCS"):
        PAGE.write_text(expected)
    assert page == expected
