"""What the model is told before anybody speaks: the same bytes, turn after turn."""

from dataclasses import dataclass
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import llm, template

from ..providers.base import ToolSpec
from ..tools.reply import REPLY
from ..tools.toolbox import Toolbox
from .home_map import build_home_map
from .options import AgentOptions
from .tool_specs import build_tool_specs
from .turn_note import NOTE_BEGIN, NOTE_END

NOTE: Final = (
    "Before what a person says there is a note from Home Assistant that starts with"
    f" {NOTE_BEGIN} and ends with {NOTE_END}. It tells the time, the date, where the person"
    " is, who speaks, and the present state of devices that they name. What the person"
    " says comes after it. Answer from the note, without a tool, where it has the answer."
    " Only the newest note holds. The person did not say it and does not see it: do not"
    " repeat or mention it."
)
CONTROL: Final = (
    "To act in the home, call the tools; never say that something is done without a"
    " call that did it. Call all tools that do not wait for each other's result at once."
    " Name a device as the list below does, with its domain. For a whole area pass the"
    " area and the domain. A lock is locked by turning it on and unlocked by turning it"
    " off."
)
GENERIC: Final = (
    "A request that names no place, like 'turn on the lights', is for the area in the"
    " newest note. If that names no area, ask which one is meant, unless there is only"
    " one device of that kind."
)
QUESTIONS: Final = (
    "Whether a device exists, and where, is in the list below. What state it is in now"
    " is not: take that from the newest note, else from a tool that reads it, never from"
    " an earlier answer. Questions that are not about the home, answer from what you"
    " know."
)
CLOSING: Final = (
    f"When a request needs only actions, call `{REPLY}` together with the last of them."
)
NOTHING_EXPOSED: Final = (
    "No device is exposed to you. If the person wants to control one, tell them to"
    " expose it to their voice assistant in Home Assistant."
)
HOME: Final = "The areas of this home, and the names and domain of what is in each:"


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
    """Return the system prompt and the tools.

    There is no time, area, speaker or state in them, unless the user's own template
    asks for it.

    Raises TemplateError.
    """
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
    """Return the user's prompt, by default Home Assistant's, as Home Assistant does.

    Raises TemplateError.
    """
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
