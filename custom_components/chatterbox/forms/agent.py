"""The form of an agent: the one place where its fields are listed."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from homeassistant.const import (
    CONF_LLM_HASS_API,
    CONF_MODEL,
    CONF_NAME,
    CONF_PROMPT,
    UnitOfTime,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
from homeassistant.helpers import llm
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    ObjectSelector,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TemplateSelector,
    TextSelector,
)
from homeassistant.helpers.typing import VolDictType
import probatio as vol

from ..agent.options import Priming
from ..const import (
    CONF_CACHED_TOOLS,
    CONF_DANGER_POLICY,
    CONF_EXTRA_BODY,
    CONF_FORESIGHT,
    CONF_MAX_ITERATIONS,
    CONF_MAX_TOKENS,
    CONF_PLAIN_SPEECH,
    CONF_PREFACE,
    CONF_PRIMING,
    CONF_REPLY,
    CONF_RETENTION,
    CONF_SERVICES,
    CONF_SERVICES_NOT_AWAITED,
    CONF_TEMPERATURE,
    CONF_TEST_MODEL,
    CONF_THINKING,
    CONF_THINKING_TIMEOUT,
    CONF_TIMEOUT,
    CONF_TURN_TIMEOUT,
    CONF_USE_IN_PIPELINE,
    DEFAULT_MAX_ITERATIONS,
    DEFAULT_TIMEOUT,
)
from ..providers.base import ModelInfo, Retention, Thinking
from ..tools.confirmation.options import DEFAULT_POLICY
from ..tools.services_api import is_ours
from .actions import HARMFUL_MARK, with_missing
from .calls import dispatch_fields
from .choices import ROW_TOOL, Choices
from .danger import SECTION_DANGER, danger_fields
from .failover import SECTION_FAILOVER, failover_fields
from .models import context_field, model_field
from .widgets import actions, number_box, rows, whole_number

SECTION_ACTIONS: Final = "actions"
SECTION_ADVANCED: Final = "advanced"
SECTION_SPEED: Final = "speed"
SECTION_RESULTS: Final = "results"


def agent_schema(
    hass: HomeAssistant,
    models: Sequence[ModelInfo],
    data: Mapping[str, Any],
    choices: Choices,
    *,
    sections: bool,
    use_in_pipeline: bool,
    sizes_context: bool = False,
) -> vol.Schema:
    """Return the schema of an agent's form.

    `data` is what the agent has, so that what is gone for now stays selectable, and
    `choices` what can be picked; `use_in_pipeline` offers the preferred assistant,
    `sizes_context` the context's size, for servers that have to be told.
    """
    schema = _basic_fields(hass, models, data)
    schema[vol.Optional(CONF_SERVICES)] = actions(choices.services.options)
    if use_in_pipeline:
        schema[vol.Optional(CONF_USE_IN_PIPELINE, default=False)] = BooleanSelector()
    if sections:
        for name, fields_of in _SECTIONS.items():
            fields = fields_of(choices)
            if name == SECTION_ADVANCED and sizes_context:
                fields = {**context_field(models), **fields}
            schema[vol.Optional(name)] = section(
                vol.Schema(fields), {"collapsed": True}
            )
    else:
        schema[vol.Optional(CONF_TEST_MODEL)] = BooleanSelector()
    return vol.Schema(schema)


def new_agent(
    hass: HomeAssistant, models: Sequence[ModelInfo], choices: Choices
) -> dict[str, Any]:
    """Return the data that a new agent starts from."""
    data: dict[str, Any] = {
        CONF_PROMPT: llm.DEFAULT_INSTRUCTIONS_PROMPT,
        CONF_SERVICES: list(choices.services.at_first),
    }
    if llm.LLM_API_ASSIST in {api.id for api in llm.async_get_apis(hass)}:
        data[CONF_LLM_HASS_API] = [llm.LLM_API_ASSIST]
    if len(models) == 1:
        data[CONF_MODEL] = models[0].name
    return data


def form_values(title: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return an agent as the suggested values of its form."""
    prompt = {CONF_PROMPT: llm.DEFAULT_INSTRUCTIONS_PROMPT}
    return {CONF_NAME: title, **prompt, **data, **dict.fromkeys(_SECTIONS, data)}


class ModelCheck:
    """Warns once of a model that the server does not list, and then takes it."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def errors(
        self,
        user_input: Mapping[str, Any],
        models: Sequence[ModelInfo],
        present: str = "",
    ) -> dict[str, str]:
        """Return the errors of a form; `present` is the model that the agent has."""
        model = user_input.get(CONF_MODEL, "").strip()
        if not model:
            return {CONF_MODEL: "model_required"}
        extra = user_input.get(SECTION_ADVANCED, {}).get(CONF_EXTRA_BODY)
        if extra is not None and not isinstance(extra, dict):
            return {"base": "extra_body_no_object"}
        if not models or model in (present, *self._taken, *(m.name for m in models)):
            return {}
        self._taken.add(model)
        return {CONF_MODEL: "model_not_listed"}


def read_form(user_input: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return title (else the model) and data of the agent that a form describes."""
    data: dict[str, Any] = {}
    for key, value in user_input.items():
        data.update(value if key in _SECTIONS else {key: value})
    data[CONF_MODEL] = data[CONF_MODEL].strip()
    # Who saves the form has been told, or starts anew.
    data.setdefault(CONF_DANGER_POLICY, DEFAULT_POLICY.value)
    title = data.pop(CONF_NAME, "").strip()
    return title or data[CONF_MODEL], data


def _api_label(api: llm.API) -> str:
    return (
        f"{HARMFUL_MARK} {api.name}"
        if getattr(api, "requires_admin", False)
        else api.name
    )


def _basic_fields(
    hass: HomeAssistant, models: Sequence[ModelInfo], data: Mapping[str, Any]
) -> VolDictType:
    apis = {
        api.id: _api_label(api)
        for api in llm.async_get_apis(hass)
        if not is_ours(api.id)
    }
    api_options = with_missing(
        (SelectOptionDict(value=id_, label=name) for id_, name in apis.items()),
        data.get(CONF_LLM_HASS_API) or (),
    )
    return {
        vol.Optional(CONF_NAME): TextSelector(),
        **model_field(models),
        vol.Optional(CONF_PROMPT): TemplateSelector(),
        vol.Optional(CONF_LLM_HASS_API): SelectSelector(
            SelectSelectorConfig(options=list(api_options), multiple=True)
        ),
    }


def _advanced_fields(_choices: Choices) -> VolDictType:
    return {
        vol.Optional(CONF_TEMPERATURE): NumberSelector(
            NumberSelectorConfig(min=0, max=2, step=0.05, mode=NumberSelectorMode.BOX)
        ),
        vol.Optional(CONF_MAX_TOKENS): whole_number(number_box(1, 1_000_000)),
        vol.Required(CONF_PLAIN_SPEECH, default=True): BooleanSelector(),
        vol.Required(CONF_MAX_ITERATIONS, default=DEFAULT_MAX_ITERATIONS): whole_number(
            number_box(1, 50)
        ),
        vol.Required(CONF_TIMEOUT, default=DEFAULT_TIMEOUT): whole_number(
            number_box(1, 600, UnitOfTime.SECONDS)
        ),
        vol.Optional(CONF_TURN_TIMEOUT): whole_number(
            number_box(5, 3600, UnitOfTime.SECONDS)
        ),
        vol.Optional(CONF_THINKING_TIMEOUT): whole_number(
            number_box(5, 3600, UnitOfTime.SECONDS)
        ),
        vol.Optional(CONF_EXTRA_BODY): ObjectSelector(),
    }


def result_fields(choices: Choices) -> VolDictType:
    """Return the fields for how long results of tools are kept."""
    return {
        vol.Optional(CONF_CACHED_TOOLS): rows(
            CONF_CACHED_TOOLS,
            ROW_TOOL,
            choices.kept,
            "ttl",
            number_box(0, 86_400, UnitOfTime.SECONDS, step="any"),
            private={"boolean": {}},
        )
    }


def action_fields(choices: Choices) -> VolDictType:
    """Return the fields for how actions are called."""
    return {
        vol.Optional(CONF_SERVICES_NOT_AWAITED): actions(choices.services.acting),
        **dispatch_fields(choices),
    }


def _speed_fields(_choices: Choices) -> VolDictType:
    return {
        vol.Required(CONF_REPLY, default=True): BooleanSelector(),
        vol.Required(CONF_PREFACE, default=True): BooleanSelector(),
        vol.Required(CONF_FORESIGHT, default=True): BooleanSelector(),
        vol.Required(CONF_PRIMING, default=Priming.AUTO): SelectSelector(
            SelectSelectorConfig(
                options=list(Priming),
                mode=SelectSelectorMode.DROPDOWN,
                translation_key=CONF_PRIMING,
            )
        ),
        vol.Required(CONF_THINKING, default=Thinking.OFF): SelectSelector(
            SelectSelectorConfig(
                options=list(Thinking),
                mode=SelectSelectorMode.DROPDOWN,
                translation_key=CONF_THINKING,
            )
        ),
        vol.Required(CONF_RETENTION, default=Retention.SERVER): SelectSelector(
            SelectSelectorConfig(
                options=list(Retention),
                mode=SelectSelectorMode.DROPDOWN,
                translation_key=CONF_RETENTION,
            )
        ),
    }


_SECTIONS: Final[dict[str, Callable[[Choices], VolDictType]]] = {
    SECTION_ACTIONS: action_fields,
    SECTION_DANGER: danger_fields,
    SECTION_SPEED: _speed_fields,
    SECTION_FAILOVER: failover_fields,
    SECTION_RESULTS: result_fields,
    SECTION_ADVANCED: _advanced_fields,
}
