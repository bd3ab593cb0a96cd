"""What the families of models need, as data: independent facts, each with its source.

A name is matched in lower case, without its folder. Of facts that match the later wins;
what a server says in an error wins over all.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
import re
from typing import Any, Final

from .needs import Needs


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that a family needs."""

    models: str
    """A regular expression for the beginning of their names."""
    needs: Mapping[str, Any]
    """Fields of Needs."""
    source: str
    seen: str
    """The month in which the source said so."""


_REASONS: Final = "OpenAI's model pages, as Home Assistant's openai_conversation has it"
_CLAUDE: Final = "Anthropic's migration guides"
_CACHE: Final = "OpenAI's prompt caching guide, as openai_conversation has it"

FACTS: Final = (
    # OpenAI: what reasons takes no temperature and calls the limit otherwise.
    Fact(
        r"o\d|gpt-[5-9]",
        {"completion_tokens": True, "temperature": False},
        "OpenAI's reasoning guide",
        "2026-07",
    ),
    Fact(r"o\d", {"efforts": ("low", "medium", "high")}, _REASONS, "2026-11"),
    Fact(
        r"gpt-5",
        {"efforts": ("minimal", "low", "medium", "high")},
        _REASONS,
        "2026-11",
    ),
    Fact(r"gpt-5-chat", {"efforts": (), "temperature": True}, _REASONS, "2026-11"),
    Fact(r"gpt-5-pro", {"efforts": ("high",)}, _REASONS, "2026-11"),
    Fact(
        r"gpt-5\.1",
        {"efforts": ("none", "low", "medium", "high")},
        _REASONS,
        "2026-11",
    ),
    Fact(
        r"gpt-5\.[2-5]",
        {"efforts": ("none", "low", "medium", "high", "xhigh")},
        _REASONS,
        "2026-11",
    ),
    Fact(
        r"gpt-5\.\d+-pro", {"efforts": ("medium", "high", "xhigh")}, _REASONS, "2026-11"
    ),
    Fact(
        r"gpt-5\.[1-3]-chat",
        {"efforts": ("medium",)},
        "pydantic-ai's profiles, tried on OpenAI's server",
        "2026-07",
    ),
    Fact(
        r"gpt-5\.6",
        {"efforts": ("none", "low", "medium", "high", "xhigh", "max")},
        _REASONS,
        "2026-11",
    ),
    Fact(
        r"gpt-6",
        {"efforts": ("low", "medium", "high", "xhigh", "max")},
        _REASONS,
        "2026-11",
    ),
    Fact(
        r"gpt-6-luna|gpt-6\.1-terra",
        {"efforts": ("none", "low", "medium", "high", "xhigh", "max")},
        _REASONS,
        "2026-11",
    ),
    # How long OpenAI keeps a prompt, if it is asked to.
    Fact(r"gpt-4\.1|gpt-5", {"retention": "prompt_cache_retention"}, _CACHE, "2026-11"),
    Fact(
        r"gpt-4\.1-(mini|nano)|gpt-5-(mini|nano)",
        {"retention": None},
        _CACHE,
        "2026-11",
    ),
    Fact(r"gpt-5\.6|gpt-6", {"retention": "prompt_cache_options"}, _CACHE, "2026-11"),
    # Open models: the variable of the chat template that turns thinking on.
    Fact(
        r"qwen3|qwq|glm-(4\.[5-9]|[5-9])|smollm3|hunyuan|nemotron|gemma-?4",
        {"template_switch": "enable_thinking"},
        "the chat templates in their model cards",
        "2026-10",
    ),
    Fact(
        r"qwen3(\.\d+)?-coder|qwen3.*(instruct-\d|-instruct\b)",
        {"template_switch": None},
        "the model cards: they do not think",
        "2026-10",
    ),
    Fact(
        r"deepseek-v3\.[1-9]|deepseek-v[4-9]|granite|kimi-k2\.[5-9]",
        {"template_switch": "thinking"},
        "the chat templates in their model cards",
        "2026-10",
    ),
    Fact(
        r"gpt-oss",
        {"efforts": ("low", "medium", "high")},
        "the model card: it cannot be told not to think",
        "2026-08",
    ),
    Fact(
        r"gemini-2\.5-flash",
        {"efforts": ("none", "low", "medium", "high")},
        "Google's page on OpenAI compatibility",
        "2026-09",
    ),
    Fact(
        r"gemini-(2\.5-pro|3)",
        {"efforts": ("low", "medium", "high")},
        "Google's page on OpenAI compatibility",
        "2026-09",
    ),
    # Mistral's templates want its own ids.
    Fact(
        r"(open-)?(mi[sx]tral|ministral|codestral|magistral|devstral)",
        {"short_ids": True},
        "Mistral's error 400 to other ids",
        "2026-08",
    ),
    # Claude.
    Fact(
        r"claude-(3-7|(opus|sonnet|haiku)-4)",
        {"claude_thinking": "budget"},
        "Anthropic's page on extended thinking",
        "2026-11",
    ),
    Fact(
        r"claude-(opus|sonnet)-4-[6-9]|claude-\w+-[5-9]",
        {"claude_thinking": "adaptive"},
        "Anthropic's page on adaptive thinking",
        "2026-11",
    ),
    Fact(
        r"claude-opus-4-[7-9]|claude-\w+-[5-9]",
        {"temperature": False},
        _CLAUDE,
        "2026-11",
    ),
    Fact(r"claude-\w+-5", {"claude_off": "disabled"}, _CLAUDE, "2026-11"),
    Fact(r"claude-sonnet-5-5", {"claude_off": "between_tools"}, _CLAUDE, "2026-11"),
    Fact(r"claude-(opus-5-5|fable|mythos)", {"claude_off": "low"}, _CLAUDE, "2026-11"),
)
"""All that is known; what is not in it is learnt from the server's errors."""


@lru_cache(maxsize=64)
def needs_of(model: str) -> Needs:
    """Return what is known of a model by its name."""
    name = model.rsplit("/", 1)[-1].casefold()
    known: dict[str, Any] = {}
    for fact in FACTS:
        if re.match(fact.models, name):
            known |= fact.needs
    return Needs(**known)
