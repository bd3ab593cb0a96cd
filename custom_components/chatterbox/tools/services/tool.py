"""Services as tools."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, override

from homeassistant.const import ATTR_ENTITY_ID, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant, SupportsResponse
from homeassistant.helpers import llm, selector
import probatio

from ..calls import ToolError
from ..exposure.entity_filter import TargetFilter
from ..exposure.exposed import is_exposed
from ..exposure.groups import members_of_user_group
from ..exposure.guard import refuse_templates, without_hidden
from ..exposure.targets import resolve_target
from ..naming import legal_name
from ..plain_json import json_safe
from ..selectors import coerce
from ..selectors.kinds import JsonSchema
from ..selectors.schema import KINDS, REFERENCES, coerce_value
from ..target_keys import ALIASES
from .call import ResolvedInput, ServiceCall
from .fields import Field
from .references import ReferenceResolver
from .response import trim

SCRIPT: Final = "script"


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a model sent, validated and coerced, with names not yet resolved."""

    data: dict[str, Any] = field(default_factory=dict)
    target: dict[str, list[str]] = field(default_factory=dict)


class ServiceTool(llm.Tool):
    """Calls one service on nothing but what is exposed."""

    def __init__(
        self,
        domain: str,
        service: str,
        *,
        title: str | None,
        description: str,
        fields: tuple[Field, ...],
        target: TargetFilter | None,
        target_schema: Mapping[str, JsonSchema],
        answers: SupportsResponse,
        annotations: llm.ToolAnnotations,
    ) -> None:
        """Take what is known of the service; ``target_schema`` by parameter name."""
        self.domain = domain
        self.service = service
        self.name = legal_name(f"{domain}__{service}")
        self.title = title
        self.description = description
        self.integration = domain
        self.annotations = annotations
        self.fields = {field.name: field for field in fields}
        self.target = target
        self.answers = answers
        self.json_schema: JsonSchema = {
            "type": "object",
            "properties": {
                **target_schema,
                **{
                    name: field.schema
                    for name, field in self.fields.items()
                    if field.default is None
                },
            },
            "required": [
                name
                for name, field in self.fields.items()
                if field.required and field.default is None
            ],
            "additionalProperties": False,
        }
        self.parameters = _parameters(target_schema, fields)

    def validate(self, args: Mapping[str, Any]) -> Arguments:
        """Return the arguments coerced, names not yet resolved. Raises ToolError."""
        found = Arguments()
        for name, value in self._without_wrapping(args).items():
            refuse_templates(name, value)
            if value is None:
                continue
            if name in self.fields:
                found.data[name] = self._coerced(self.fields[name], value)
            elif key := self._target_key(name):
                found.target.setdefault(key, []).extend(_texts(name, value))
            else:
                raise ToolError(
                    f"{name!r} is not an argument of {self.name}. "
                    f"It takes: {', '.join(self.json_schema['properties']) or 'none'}."
                )
        for name, field_ in self.fields.items():
            if name not in found.data and field_.required:
                if field_.default is None:
                    raise ToolError(f"{name} is missing.")
                found.data[name] = field_.default
        return found

    def resolved(
        self,
        hass: HomeAssistant,
        tool_input: llm.ToolInput,
        llm_context: llm.LLMContext,
    ) -> ServiceCall:
        """Return what a call was resolved to, else resolve it. Raises ToolError."""
        if isinstance(tool_input, ResolvedInput) and tool_input.resolved:
            return tool_input.resolved
        return self.resolve(hass, tool_input.tool_args, llm_context)

    def resolve(
        self, hass: HomeAssistant, args: Mapping[str, Any], llm_context: llm.LLMContext
    ) -> ServiceCall:
        """Return the call on exposed entities only, without I/O. Raises ToolError."""
        try:
            return self._resolve(hass, args, llm_context)
        except RecursionError as err:
            raise ToolError("The arguments are nested too deeply.") from err

    def _resolve(
        self, hass: HomeAssistant, args: Mapping[str, Any], llm_context: llm.LLMContext
    ) -> ServiceCall:
        arguments = self.validate(args)
        references = ReferenceResolver(
            hass,
            llm_context,
            has_target=self.target is not None,
            is_script=self.domain == SCRIPT,
        )
        data = {}
        for name, value in arguments.data.items():
            field_ = self.fields[name]
            try:
                data[name] = references.resolve(name, field_.kind, field_.config, value)
            except ValueError as err:
                raise ToolError(f"{name}: {err}.") from err
        entity_ids = None
        if self.target is not None:
            entity_ids = resolve_target(
                hass, arguments.target, self.target, llm_context
            )
        return ServiceCall(
            domain=self.domain,
            service=self.service,
            data=data,
            entity_ids=entity_ids,
            referenced=tuple(sorted(references.referenced)),
        )

    def narrowed(
        self, args: Mapping[str, Any], entity_ids: Iterable[str]
    ) -> dict[str, Any]:
        """Return the arguments with these entities for the target."""
        kept = {
            name: value
            for name, value in self._without_wrapping(args).items()
            if name in self.fields or not self._target_key(name)
        }
        return {**kept, ATTR_ENTITY_ID: sorted(entity_ids)}

    @override
    async def async_call(
        self,
        hass: HomeAssistant,
        tool_input: llm.ToolInput,
        llm_context: llm.LLMContext,
    ) -> llm.ToolResult:
        """Call the service and wait for it. Raises ToolError, and what it raises."""
        call = self.resolved(hass, tool_input, llm_context)
        if not self.still_there(hass, call, llm_context):
            call = self.resolve(hass, tool_input.tool_args, llm_context)
        away = self._unavailable(hass, call)
        answers = self.answers is not SupportsResponse.NONE
        response = await hass.services.async_call(
            call.domain,
            call.service,
            call.service_data,
            blocking=True,
            context=llm_context.context,
            return_response=answers,
        )
        if response or self.answers is SupportsResponse.ONLY:
            safe = without_hidden(hass, llm_context.assistant, json_safe(response))
            return llm.ToolResult(data=trim(safe))
        done: dict[str, Any] = {"success": True}
        if call.entity_ids is not None:
            done["entity_ids"] = [id_ for id_ in call.entity_ids if id_ not in away]
        if away:
            done["unavailable"] = away
        return llm.ToolResult(data=trim(done))

    @staticmethod
    def still_there(
        hass: HomeAssistant, call: ServiceCall, llm_context: llm.LLMContext
    ) -> bool:
        """Return whether all that a call was resolved to is there and exposed yet."""
        named = {*(call.entity_ids or ()), *call.referenced}
        return all(
            is_exposed(hass, llm_context.assistant or "", one)
            for entity_id in named
            for one in (entity_id, *members_of_user_group(hass, entity_id))
        )

    def _without_wrapping(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments with those in a ``target`` object taken out of it."""
        plain = dict(args)
        inner = coerce.from_json(plain.get("target"))
        if self.target is not None and "target" not in self.fields:
            if isinstance(inner, Mapping):
                del plain["target"]
                plain = {**inner, **plain}
            elif inner is not None:
                plain[ATTR_ENTITY_ID] = plain.pop("target")
        return plain

    def _target_key(self, name: str) -> str | None:
        if self.target is None:
            return None
        return ALIASES.get(name) or ALIASES.get(name.removeprefix("target_"))

    def _coerced(self, field_: Field, value: Any) -> Any:
        if field_.kind == "config_entry" and field_.default is not None:
            # There is but one, so nothing else can be meant.
            return field_.default
        try:
            return coerce_value(field_.kind, field_.config, value)
        except ValueError as err:
            raise ToolError(f"{field_.name}: {err}.") from err

    def _unavailable(self, hass: HomeAssistant, call: ServiceCall) -> list[str]:
        """Return the targets that cannot act. Raises ToolError if none can."""
        if not call.entity_ids or self.target is None or not self.target.domains:
            return []
        away = [
            entity_id
            for entity_id in call.entity_ids
            if (state := hass.states.get(entity_id))
            and state.state == STATE_UNAVAILABLE
        ]
        if len(away) == len(call.entity_ids):
            raise ToolError(f"{', '.join(away)} cannot be reached: unavailable.")
        return away


def _texts(name: str, value: Any) -> list[str]:
    """Return the values of a target's part; an empty one says nothing."""
    try:
        values = [coerce.as_text(one) for one in coerce.as_list(value)]
    except ValueError as err:
        raise ToolError(f"{name}: {err}.") from err
    return [text for text in values if text.strip()]


def _parameters(
    target_schema: Mapping[str, JsonSchema], fields: tuple[Field, ...]
) -> probatio.Schema:
    schema: dict[probatio.Marker, Any] = {
        probatio.Optional(name, description=part.get("description")): [str]
        for name, part in target_schema.items()
    }
    for field_ in fields:
        if field_.default is not None:
            continue
        marker = probatio.Required if field_.required else probatio.Optional
        description = field_.schema.get("description")
        schema[marker(field_.name, description=description)] = _selector(field_)
    return probatio.Schema(schema)


def _selector(field_: Field) -> selector.Selector[Any]:
    """Return the field's selector, or a plainer one that takes names, not ids."""
    if field_.kind in REFERENCES or field_.kind not in KINDS:
        multiple = bool(field_.config.get("multiple"))
        return selector.TextSelector({"multiple": multiple})
    if field_.kind in ("object", "choose"):
        return selector.ObjectSelector()
    return selector.selector({field_.kind: dict(field_.config)})
