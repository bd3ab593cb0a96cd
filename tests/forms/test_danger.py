"""The section of an agent's form for what is dangerous."""

from typing import Any

import pytest

from custom_components.chatterbox.forms.agent import read_form
from custom_components.chatterbox.forms.danger import (
    SECTION_DANGER,
    danger_errors,
    danger_fields,
)
from custom_components.chatterbox.tools.confirmation.options import (
    DangerOptions,
    Policy,
)


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({}, None),
        ({"danger_policy": "confirm"}, None),
        ({"danger_policy": "code", "danger_code": "4071"}, None),
        ({"danger_policy": "confirm", "danger_code": "4071"}, None),
        ({"danger_policy": "code"}, "danger_code_missing"),
        ({"danger_policy": "code", "danger_code": "407"}, "danger_code_invalid"),
        ({"danger_policy": "code", "danger_code": "open"}, "danger_code_invalid"),
        ({"danger_policy": "code", "danger_code": "40 71"}, "danger_code_invalid"),
        (
            {"danger_policy": "code", "danger_code": "\u0664\u0660\u0667\u0661"},
            "danger_code_invalid",
        ),
    ],
)
def test_codes(given: dict[str, Any], error: str | None) -> None:
    """A code is digits that can be said, and there is one where it is asked for."""
    found = danger_errors({SECTION_DANGER: given})
    assert found == ({"base": error} if error else {})


def test_read_as_it_was_stored() -> None:
    """What the form stores is what the agent reads; without the section it is safe."""
    fields = {str(key) for key in danger_fields()}
    section = {
        "danger_policy": "code",
        "danger_code": "4071",
        "danger_entities": ["switch.gate"],
        "danger_labels": ["risky"],
        "danger_services": ["switch.turn_on"],
        "danger_trusted": ["search"],
        "admin_without_user": True,
    }
    assert fields == section.keys()
    _, data = read_form({"model": "demo", SECTION_DANGER: section})
    options = DangerOptions.from_subentry(data)
    assert (options.policy, options.code) == (Policy.CODE, "4071")
    assert options.additions.entities == {"switch.gate"}
    assert options.additions.labels == {"risky"}
    assert options.additions.services == {"switch.turn_on"}
    assert options.additions.trusted == {"search"}
    assert options.admin_without_user
    assert "4071" not in repr(options)
    _, plain = read_form({"model": "demo"})
    assert plain["danger_policy"] == "confirm"
    assert not DangerOptions.from_subentry(plain).admin_without_user
