"""Tests for the words of the forms and of the agent, in every language."""

from collections.abc import Iterator
import json
from pathlib import Path
import re
import string
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import ObjectSelector
import pytest

from custom_components.chatterbox import config_flow
from custom_components.chatterbox.agent import turn_fault
from custom_components.chatterbox.forms import (
    agent as agent_form,
    server as server_form,
    services_flow,
    task_flow,
)
from custom_components.chatterbox.forms.choices import Choices
from custom_components.chatterbox.providers.base import ProviderErrorKind
from custom_components.chatterbox.providers.registry import PROVIDERS

ROOT = Path(config_flow.__file__).parent
FILES = sorted((ROOT / "translations").glob("*.json"))
LANGUAGES = [file.stem for file in FILES]

TURN_FAULTS = {
    "unknown",
    "prompt_template",
    turn_fault.EMPTY_ANSWER,
    turn_fault.MAX_ITERATIONS,
    *turn_fault.CUT_OFF.values(),
}


def read(path: Path) -> dict[str, str]:
    """Return a file's texts by their dotted keys."""
    return dict(flatten(json.loads(path.read_text("utf-8")), ""))


def flatten(tree: dict[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    """Yield dotted key and text."""
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def placeholders(text: str) -> set[str]:
    """Return the names in a text's braces."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


TEXTS = {file.stem: read(file) for file in FILES}
ENGLISH = TEXTS["en"]


def test_languages_that_are_shipped() -> None:
    """These are promised."""
    assert set(LANGUAGES) >= {"de", "en", "es", "fr", "it", "nl"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_everything(language: str) -> None:
    """No key is missing, left over or empty, and each text takes the same values."""
    texts = TEXTS[language]
    assert sorted(texts) == sorted(ENGLISH)
    for key, text in texts.items():
        assert text == text.strip()
        assert text, key
        assert placeholders(text) == placeholders(ENGLISH[key]), key


@pytest.mark.parametrize("language", sorted(set(LANGUAGES) - {"en"}))
def test_sentences_are_translated(language: str) -> None:
    """A long text that is the same as in English was forgotten."""
    same = [
        key
        for key, text in TEXTS[language].items()
        if text == ENGLISH[key] and len(text.split()) > 2
    ]
    assert same == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_holds_an_address(language: str) -> None:
    """Addresses are the code's; Home Assistant would make a link of them."""
    assert [text for text in TEXTS[language].values() if "://" in text] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_agent_reads_the_same_when_added_and_when_changed(language: str) -> None:
    """Both forms of an agent name their common fields alike."""
    texts = TEXTS[language]
    prefixes = (
        "config.step.agent.data",
        "config_subentries.conversation.step.agent.data",
    )
    first, later = (
        {
            key.removeprefix(prefix): text
            for key, text in texts.items()
            # The first agent's form alone can test the model.
            if key.startswith(prefix) and not key.endswith(".test_model")
        }
        for prefix in prefixes
    )
    assert first == later


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_spoken_can_be_spoken(language: str) -> None:
    """Each fault has one or two short sentences, without signs that nobody says.

    A question mark at the end would make the satellite listen on.
    """
    for key in {*ProviderErrorKind, *TURN_FAULTS}:
        text = TEXTS[language][f"exceptions.{key}.message"]
        assert len(text) <= 110, key
        assert text.endswith("."), key
        assert not re.search(r"https?|://|[{}<>/\\_*?]", text, re.IGNORECASE), key
        assert text.count(". ") <= 1, key


def labels(prefix: str, schema: Any) -> Iterator[str]:
    """Yield the keys of the texts that a form needs."""
    for marker, validator in schema.schema.items():
        if isinstance(validator, section):
            inner = f"{prefix}.sections.{marker}"
            yield f"{inner}.name"
            yield from labels(inner, validator.schema)
        else:
            yield f"{prefix}.data.{marker}"
            # The frontend shows no description of a list of objects.
            objects = isinstance(validator, ObjectSelector)
            lists = objects and validator.config.get("multiple")
            yield f"{prefix}.{'description' if lists else f'data_description.{marker}'}"


def test_every_field_has_a_name_and_a_description(hass: HomeAssistant) -> None:
    """No form shows a key in place of words."""

    def agent(*, sections: bool) -> Any:
        return agent_form.agent_schema(
            hass, [], {}, Choices(), sections=sections, use_in_pipeline=True
        )

    forms = {
        "config.step.user": server_form.SERVICE_SCHEMA,
        "config.step.server": server_form.server_schema("other"),
        "config.step.reconfigure": server_form.RECONFIGURE_SCHEMA,
        "config.step.reauth_confirm": server_form.REAUTH_SCHEMA,
        "config.step.agent": agent(sections=False),
        "config_subentries.conversation.step.agent": agent(sections=True),
        "config_subentries.ai_task_data.step.task": task_flow.task_schema(
            [], [], sizes_context=True
        ),
        "config_subentries.services_api.step.services": (
            services_flow.services_schema(Choices())
        ),
    }
    needed = {f"{prefix}.title" for prefix in forms}
    for prefix, schema in forms.items():
        needed |= set(labels(prefix, schema))
    needed |= {
        f"config.error.{error}"
        for error in (
            *server_form.FORM_ERRORS,
            server_form.KEY_MISSING,
            server_form.LOCALHOST_IN_CONTAINER,
            server_form.NO_MODELS,
            server_form.UNKNOWN,
            "model_required",
            "model_not_listed",
        )
    }
    needed |= {f"selector.provider.options.{kind}" for kind in PROVIDERS}
    assert needed - set(ENGLISH) == set()
