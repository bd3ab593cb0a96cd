"""What the user chose for the dangerous actions of one agent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Self

from ...const import (
    CONF_ADMIN_WITHOUT_USER,
    CONF_DANGER_CODE,
    CONF_DANGER_ENTITIES,
    CONF_DANGER_LABELS,
    CONF_DANGER_POLICY,
    CONF_DANGER_SERVICES,
    CONF_DANGER_TRUSTED,
)
from ..exposure.danger import Additions


class Policy(StrEnum):
    """What becomes of a dangerous action."""

    ALLOW = "allow"
    CONFIRM = "confirm"
    """It runs once the person has said yes to it, in a later sentence."""
    CODE = "code"
    """It runs once the person has said the code, in a later sentence."""
    NEVER = "never"


DEFAULT_POLICY: Final = Policy.CONFIRM
MIN_CODE: Final = 4
MAX_CODE: Final = 12
"""Digits of a code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DangerOptions:
    """What the user chose for the dangerous actions of one agent."""

    policy: Policy = DEFAULT_POLICY
    code: str = field(default="", repr=False)
    """Digits; empty if there is none."""
    additions: Additions = field(default_factory=Additions)
    admin_without_user: bool = False
    """Whether actions for administrators run where nobody knows who speaks."""

    @classmethod
    def from_subentry(cls, data: Mapping[str, Any]) -> Self:
        """Read the options as the form stored them."""
        return cls(
            policy=Policy(data.get(CONF_DANGER_POLICY) or DEFAULT_POLICY),
            code=str(data.get(CONF_DANGER_CODE) or ""),
            additions=Additions(
                services=frozenset(data.get(CONF_DANGER_SERVICES) or ()),
                entities=frozenset(data.get(CONF_DANGER_ENTITIES) or ()),
                labels=frozenset(data.get(CONF_DANGER_LABELS) or ()),
                trusted=frozenset(data.get(CONF_DANGER_TRUSTED) or ()),
            ),
            admin_without_user=bool(data.get(CONF_ADMIN_WITHOUT_USER)),
        )


def is_code(text: str) -> bool:
    """Return whether a text can be a code: only digits that all can say."""
    return MIN_CODE <= len(text) <= MAX_CODE and text.isascii() and text.isdecimal()
