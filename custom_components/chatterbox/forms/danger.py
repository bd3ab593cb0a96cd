"""The fields of an agent's form for what is dangerous."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.helpers.selector import (
    BooleanSelector,
    EntitySelector,
    EntitySelectorConfig,
    LabelSelector,
    LabelSelectorConfig,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
from homeassistant.helpers.typing import VolDictType
import probatio as vol

from ..const import (
    CONF_ADMIN_WITHOUT_USER,
    CONF_DANGER_CODE,
    CONF_DANGER_ENTITIES,
    CONF_DANGER_LABELS,
    CONF_DANGER_POLICY,
    CONF_DANGER_SERVICES,
    CONF_DANGER_TRUSTED,
)
from ..tools.confirmation.options import DEFAULT_POLICY, Policy, is_code

SECTION_DANGER: Final = "danger"


def danger_fields(_: Any = None) -> VolDictType:
    """Return the fields, with the values that an agent has without them."""
    return {
        vol.Required(CONF_DANGER_POLICY, default=DEFAULT_POLICY.value): SelectSelector(
            SelectSelectorConfig(
                options=[
                    policy.value
                    for policy in (
                        Policy.CONFIRM,
                        Policy.CODE,
                        Policy.NEVER,
                        Policy.ALLOW,
                    )
                ],
                mode=SelectSelectorMode.DROPDOWN,
                translation_key=CONF_DANGER_POLICY,
            )
        ),
        vol.Optional(CONF_DANGER_CODE): TextSelector(
            TextSelectorConfig(type=TextSelectorType.PASSWORD)
        ),
        **also_dangerous(),
    }


def also_dangerous() -> VolDictType:
    """Return the fields for what is dangerous beside what always is, and what is not."""
    return {
        vol.Optional(CONF_DANGER_ENTITIES): EntitySelector(
            EntitySelectorConfig(multiple=True)
        ),
        vol.Optional(CONF_DANGER_LABELS): LabelSelector(
            LabelSelectorConfig(multiple=True)
        ),
        vol.Optional(CONF_DANGER_SERVICES): _names(),
        vol.Optional(CONF_DANGER_TRUSTED): _names(),
        vol.Required(CONF_ADMIN_WITHOUT_USER, default=False): BooleanSelector(),
    }


def danger_errors(user_input: Mapping[str, Any]) -> dict[str, str]:
    """Return what is wrong with the section: a code that is missing or cannot be one."""
    given = user_input.get(SECTION_DANGER) or {}
    code = str(given.get(CONF_DANGER_CODE) or "")
    if code and not is_code(code):
        return {"base": "danger_code_invalid"}
    if not code and given.get(CONF_DANGER_POLICY) == Policy.CODE:
        return {"base": "danger_code_missing"}
    return {}


def _names() -> TextSelector:
    """Return a list of the names of actions and tools; MCP's are known to no list."""
    return TextSelector(TextSelectorConfig(multiple=True))
