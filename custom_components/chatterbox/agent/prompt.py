"""What the model is told before anybody speaks: the same bytes, turn after turn."""

from dataclasses import dataclass
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import llm, template

from ..providers.base import ToolSpec
from ..tools.reply_tool import REPLY
from ..tools.toolbox import Toolbox
from .home_map import build_home_map
from .options import AgentOptions
from .tool_specs import build_tool_specs
from .turn_note import NOTE_BEGIN, NOTE_END

NOTE: Final = (
    f"A note from Home Assistant, {NOTE_BEGIN} …{NOTE_END}, stands before what a person says:"
    " the time, where they are, who speaks, the present state of devices that they name."
    " Only the newest holds. Answer from it, without a tool, where it has the answer;"
    " never mention it."
)
CONTROL: Final = (
    "To act in the home, call the tools; never say that something is done without a"
    " call that did it. Call at once all that do not wait for another's result."
    " Name a device as the list below does. For a whole area pass area and domain."
)
GENERIC: Final = (
    "'Turn on the lights' without a place is for the area in the newest note. If that"
    " names none, ask which, unless there is only one device of that kind."
)
QUESTIONS: Final = (
    "What exists, and where, is in the list below; its state is not: take that from the"
    " newest note, else from a tool that reads it, never from an earlier answer."
    " Answer questions that are not about the home from what you know."
)
CLOSING: Final = (
    f"When a request needs only actions, call `{REPLY}` with the last of them."
)
NOTHING_EXPOSED: Final = (
    "No device is exposed to you. If the person wants to control one, tell them to"
    " expose it to their voice assistant in Home Assistant."
)
HOME: Final = "The home by area, names and domain:"


@dataclass(frozen=True, slots=True)
class Prefix:
    """What every request of an agent begins with."""

    system: str
    tools: tuple[ToolSpec, ...]


@callback
def build_prefix(
    hass: HomeAssistant,
    options: AgentOptions,
    toolbox: Toolbox,
    user_name: str | None = None,
) -> Prefix:
    """Return the system prompt and the tools. Raises TemplateError."""
    parts = [render(hass, options.prompt, toolbox.llm_context, user_name), NOTE]
    if controls_home(options):
        assistant = toolbox.llm_context.assistant
        if home_map := build_home_map(hass, assistant):
            parts += [CONTROL, GENERIC, QUESTIONS]
        if toolbox.find(REPLY):
            parts.append(CLOSING)
        parts.append(toolbox.api_prompt)
        # Last, for it changes most often.
        parts.append(f"{HOME}\n{home_map}" if home_map else NOTHING_EXPOSED)
    else:
        parts.append(toolbox.api_prompt)
    system = "\n".join(part.strip() for part in parts if part.strip())
    return Prefix(system, build_tool_specs(toolbox))


def controls_home(options: AgentOptions) -> bool:
    """Return whether the agent has tools that act on what is exposed."""
    return llm.LLM_API_ASSIST in options.llm_hass_api or bool(options.services)


@callback
def render(
    hass: HomeAssistant,
    prompt: str | None,
    llm_context: llm.LLMContext,
    user_name: str | None,
) -> str:
    """Return the user's prompt, or Home Assistant's. Raises TemplateError."""
    return str(
        template.Template(prompt or llm.DEFAULT_INSTRUCTIONS_PROMPT, hass).async_render(
            {
                "ha_name": hass.config.location_name,
                "user_name": user_name,
                "llm_context": llm_context,
            },
            parse_result=False,
        )
    )
