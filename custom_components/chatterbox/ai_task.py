"""Tasks that automations give a model."""

from typing import override

from homeassistant.components import ai_task, conversation
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .agent.options import AgentOptions
from .agent.task import ModelTask
from .const import SUBENTRY_TASK
from .data import ChatterboxConfigEntry
from .entity import agent_device
from .stand_ins import async_agent_models


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ChatterboxConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add an entity for each model that does tasks."""
    for subentry in entry.get_subentries_of_type(SUBENTRY_TASK):
        async_add_entities(
            [ChatterboxTaskEntity(entry, subentry)],
            config_subentry_id=subentry.subentry_id,
        )


class ChatterboxTaskEntity(ai_task.AITaskEntity):
    """A model that does tasks."""

    _attr_has_entity_name = True
    _attr_name = None
    _attr_supported_features = (
        ai_task.AITaskEntityFeature.GENERATE_DATA
        | ai_task.AITaskEntityFeature.SUPPORT_ATTACHMENTS
    )

    def __init__(self, entry: ChatterboxConfigEntry, subentry: ConfigSubentry) -> None:
        self._entry = entry
        self._options = AgentOptions.from_subentry(subentry.data, subentry.subentry_id)
        self._attr_unique_id = subentry.subentry_id
        self._attr_device_info = agent_device(subentry)

    @override
    async def _async_generate_data(
        self, task: ai_task.GenDataTask, chat_log: conversation.ChatLog
    ) -> ai_task.GenDataTaskResult:
        running = ModelTask(
            hass=self.hass,
            owner=self._entry,
            agent_id=self.entity_id,
            models=async_agent_models(self.hass, self._entry, self._options),
            chat_log=chat_log,
        )
        return ai_task.GenDataTaskResult(
            conversation_id=chat_log.conversation_id,
            data=await running.async_run(task.structure),
        )
