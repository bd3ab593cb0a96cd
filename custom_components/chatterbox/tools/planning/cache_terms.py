"""What a call means, and so which result answers it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from homeassistant.auth.permissions.const import POLICY_CONTROL
from homeassistant.core import HomeAssistant
from homeassistant.helpers import llm

from ..cache.dependencies import (
    EXPOSURE,
    REGISTRY,
    dependencies_of_read,
    person,
    service,
)
from ..cache.entries import CacheKey, CacheTerms
from ..cache.policy import CacheOptions, policy_for
from ..naming import unwrap
from ..services.call import ServiceCall
from ..services.tool import ServiceTool
from .footprint import footprint_of, read_by


@dataclass(frozen=True, slots=True)
class Meaning:
    """A call with all resolved that can be."""

    tool: str
    """``domain.service`` or the tool's own name."""
    is_service: bool
    args: dict[str, Any]
    scope: dict[str, str]
    """What else the answer depends on."""
    reads: frozenset[str]
    other_dependencies: frozenset[str]
    """What else its answer is made under."""


@dataclass(frozen=True, slots=True)
class CacheTermsOf:
    """Tells on what terms the calls of one turn may be answered from the cache."""

    hass: HomeAssistant
    llm_context: llm.LLMContext
    options: CacheOptions
    find: Callable[[str], llm.Tool | None]
    origin: Callable[[llm.Tool], str | None]
    """Returns the id of the LLM API that a tool is from."""

    async def __call__(self, call: llm.ToolInput) -> CacheTerms | None:
        """Return the terms; None for a write, and for a call that will be refused."""
        tool = self.find(call.tool_name)
        if tool is None or not tool.annotations.read_only:
            return None
        try:
            meaning = await self._meaning(tool, call)
            if meaning is None:
                return None
            key = CacheKey.of(meaning.tool, meaning.args, meaning.scope)
        except Exception:
            # The schema is the tool's own code. A call that will be refused, or
            # cannot be understood, is made each time.
            return None
        return CacheTerms(
            key,
            policy_for(meaning.tool, self.options, is_service=meaning.is_service),
            dependencies_of_read(self.hass, meaning.reads)
            | meaning.other_dependencies
            | {EXPOSURE},
        )

    async def _meaning(self, tool: llm.Tool, call: llm.ToolInput) -> Meaning | None:
        """Return what a call means. Raises what its arguments are refused with."""
        inner = unwrap(tool)
        if isinstance(inner, ServiceTool):
            resolved = inner.resolved(self.hass, call, self.llm_context)
            return await self._service_meaning(resolved)
        if (origin := self.origin(tool)) is None:
            return None
        context = self.llm_context
        user_id = context.context.user_id if context.context else None
        return Meaning(
            inner.name,
            False,
            inner.parameters(call.tool_args),
            {
                "api": origin,
                "assistant": context.assistant,
                "device": context.device_id or "",
                "language": context.language or "",
                "person": user_id or "",
            },
            footprint_of(self.hass, tool, call, context).reads,
            frozenset({REGISTRY, person(user_id)} if user_id else {REGISTRY}),
        )

    async def _service_meaning(self, call: ServiceCall) -> Meaning:
        """Return what a service call means: satellite and language are resolved away."""
        args = dict(call.data)
        scope = {}
        dependencies = {service(call.domain, call.service)}
        if by_entity := call.entity_ids is not None:
            args["entity_id"] = sorted(call.entity_ids or ())
        else:
            dependencies.add(REGISTRY)
        if user_id := await self._limited_person(by_entity=by_entity):
            scope["person"] = user_id
            dependencies.add(person(user_id))
        return Meaning(
            f"{call.domain}.{call.service}",
            True,
            args,
            scope,
            read_by(self.hass, call),
            frozenset(dependencies),
        )

    async def _limited_person(self, *, by_entity: bool) -> str | None:
        """Return who asks, unless they may do all that a satellite may."""
        context = self.llm_context.context
        if context is None or context.user_id is None:
            return None
        user = await self.hass.auth.async_get_user(context.user_id)
        if user is not None and user.is_active:
            rights = user.permissions
            if user.is_admin or (
                by_entity and rights.access_all_entities(POLICY_CONTROL)
            ):
                return None
        return context.user_id
