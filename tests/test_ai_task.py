"""Tasks of automations, through `ai_task.generate_data`, over each wire protocol."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

from homeassistant.components import conversation, media_source
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er, issue_registry as ir, llm
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.chatterbox.const import DOMAIN

from .home import ActionTool, ToolsAPI
from .providers.protocols.wire import NO_END, PROTOCOLS, Call, Protocol, Think
from .providers.replay import Answer, ReplayServer

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)
STRUCTURE = {
    "count": {
        "description": "How many there are",
        "required": True,
        "selector": {"number": {"min": 0, "max": 100}},
    },
    "colour": {"selector": {"select": {"options": ["red", "blue"]}}},
}


@dataclass
class Tasks:
    """An AI Task entity over one protocol."""

    hass: HomeAssistant
    entry: MockConfigEntry
    protocol: Protocol
    server: ReplayServer
    entity_id: str

    def answers(self, *parts: Any, **options: Any) -> None:
        """Have the model answer the next request."""
        body = self.protocol.answer(*parts, **options)
        self.server.answers.append(Answer(body, self.protocol.content_type))

    def refuses(self, status: int, message: str) -> None:
        """Have the server refuse the next request."""
        body = json.dumps({"error": {"message": message}}).encode()
        self.server.answers.append(Answer(body, "application/json", status))

    async def run(self, instructions: str = "Count the cars", **data: Any) -> Any:
        """Do a task and return its data."""
        response = await self.hass.services.async_call(
            "ai_task",
            "generate_data",
            {
                "task_name": "cars",
                "instructions": instructions,
                "entity_id": self.entity_id,
                **data,
            },
            blocking=True,
            return_response=True,
        )
        assert response
        return response["data"]


async def make(hass: HomeAssistant, protocol: Protocol, server: ReplayServer) -> Tasks:
    """Set up Home Assistant with one model for tasks."""
    server.pages = {protocol.models_path: protocol.models, **protocol.pages}
    for component in ("homeassistant", "conversation", "ai_task"):
        assert await async_setup_component(hass, component, {})
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Model server",
        data={"provider": protocol.kind, "url": server.origin + protocol.base},
        subentries_data=[
            {
                "subentry_type": "ai_task_data",
                "title": "Tasks",
                "unique_id": None,
                "data": {"model": "demo"},
            }
        ],
    )
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    (entity_id,) = hass.states.async_entity_ids("ai_task")
    return Tasks(hass, entry, protocol, server, entity_id)


@pytest.fixture(params=PROTOCOLS, ids=lambda protocol: protocol.kind)
async def tasks(
    request: pytest.FixtureRequest, hass: HomeAssistant, socket_enabled: None
) -> AsyncIterator[Tasks]:
    """Give a model for tasks over each protocol."""
    server = await ReplayServer().start()
    yield await make(hass, request.param, server)
    await server.close()


def asked_schema(body: dict[str, Any]) -> Any:
    """Return the JSON Schema that a server was given for its answer."""
    return (
        body.get("response_format", {}).get("json_schema", {}).get("schema")
        or body.get("text", {}).get("format", {}).get("schema")
        or body.get("output_config", {}).get("format", {}).get("schema")
        or body.get("format")
    )


async def test_text(tasks: Tasks) -> None:
    """Without a structure the answer is the data."""
    tasks.answers("There are ", "three.")
    assert await tasks.run() == "There are three."
    body = tasks.server.asked[0].json
    assert "Count the cars" in str(body)
    assert asked_schema(body) is None
    assert "tools" not in body


async def test_structure(tasks: Tasks) -> None:
    """The server gets the structure as JSON Schema, the model in words too."""
    tasks.answers('{"count": 3, ', '"colour": "red"}')
    assert await tasks.run(structure=STRUCTURE) == {"count": 3, "colour": "red"}
    body = tasks.server.asked[0].json
    schema = asked_schema(body)
    assert schema["type"] == "object"
    assert set(schema["properties"]) == {"count", "colour"}
    if tasks.protocol.kind != "ollama":
        # Strictly, all fields are there, and null is for what there is not.
        assert sorted(schema["required"]) == ["colour", "count"]
        assert schema["additionalProperties"] is False
    assert "JSON Schema" in str(body)


async def test_what_there_is_not(tasks: Tasks) -> None:
    """Null for a field that need not be there is the same as no field."""
    tasks.answers('{"count": 3, "colour": null}')
    assert await tasks.run(structure=STRUCTURE) == {"count": 3}


async def test_a_server_without_json_schema(tasks: Tasks) -> None:
    """It is asked without, what it says around the answer is left, and it is known then."""
    words = {
        "openai": "response_format is not supported",
        "responses": "text.format json_schema is not supported",
        "anthropic": "output_config.format: structured outputs are not supported",
        "ollama": "invalid format",
    }
    tasks.refuses(400, words[tasks.protocol.kind])
    tasks.answers('Here it is:\n```json\n{"count": 3}\n```\nAnything else?')
    tasks.answers('{"count": 4}')
    assert await tasks.run(structure=STRUCTURE) == {"count": 3}
    assert await tasks.run(structure=STRUCTURE) == {"count": 4}
    schemas = [asked_schema(asked.json) for asked in tasks.server.asked]
    assert [schema is None for schema in schemas] == [False, True, True]


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param("Three cars.", id="no JSON"),
        pytest.param('{"count": 300}', id="too many"),
        pytest.param('{"colour": "red"}', id="not all"),
        pytest.param('{"count": 3, "make": "Fiat"}', id="more"),
        pytest.param('{"count": 3', id="cut off"),
    ],
)
async def test_an_answer_that_does_not_fit(tasks: Tasks, wrong: str) -> None:
    """The model is told why and asked once more; then the error says what was wrong."""
    tasks.answers(wrong)
    tasks.answers('{"count": 3}')
    assert await tasks.run(structure=STRUCTURE) == {"count": 3}
    assert "Your answer" in str(tasks.server.asked[1].json)
    tasks.answers(wrong)
    tasks.answers(wrong)
    with pytest.raises(HomeAssistantError) as raised:
        await tasks.run(structure=STRUCTURE)
    assert raised.value.translation_key == "task_does_not_fit"
    assert "demo did not answer in the structure" in str(raised.value)
    assert len(tasks.server.asked) == 4


async def test_server_that_is_down(tasks: Tasks) -> None:
    """The error says which one and why, and Repairs too."""
    await tasks.server.close()
    with pytest.raises(HomeAssistantError) as raised:
        await tasks.run()
    assert raised.value.translation_key == "task_failed"
    assert "demo of Model server did not do the task" in str(raised.value)
    keys = [i.translation_key for i in ir.async_get(tasks.hass).issues.values()]
    assert "server_down" in keys


async def test_server_that_refuses(tasks: Tasks) -> None:
    """With the server's own reason."""
    tasks.refuses(429, "Too many requests today")
    with pytest.raises(HomeAssistantError, match="Too many requests today"):
        await tasks.run("Count")


@pytest.fixture
async def spare(tasks: Tasks) -> AsyncIterator[Tasks]:
    """Give the server of a stand-in, which speaks chat completions."""
    (protocol,) = (p for p in PROTOCOLS if p.kind == "openai")
    server = await ReplayServer().start()
    server.pages = {protocol.models_path: protocol.models}
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="In the cupboard",
        data={"provider": "openai", "url": server.origin + protocol.base},
        subentries_data=[
            {
                "subentry_type": "conversation",
                "subentry_id": "01SPARE",
                "title": "Spare",
                "unique_id": None,
                "data": {"model": "spare", "timeout": 5},
            }
        ],
    )
    entry.add_to_hass(tasks.hass)
    assert await tasks.hass.config_entries.async_setup(entry.entry_id)
    (own,) = tasks.entry.subentries.values()
    data = {**own.data, "stand_ins": ["01SPARE"]}
    tasks.hass.config_entries.async_update_subentry(tasks.entry, own, data=data)
    await tasks.hass.async_block_till_done()
    yield Tasks(tasks.hass, entry, protocol, server, tasks.entity_id)
    await server.close()


@pytest.mark.parametrize("fault", ["down", "refuses", "breaks off"])
async def test_a_stand_in_does_it(
    tasks: Tasks, spare: Tasks, tmp_path: Path, fault: str
) -> None:
    """With the same instructions, picture and structure; nothing of the first is kept."""
    match fault:
        case "down":
            await tasks.server.close()
        case "refuses":
            tasks.refuses(401, "no such key")
        case "breaks off":
            broken = tasks.protocol.answer(Think("Hm"), '{"count": 7', reason=NO_END)
            tasks.server.answers.append(
                Answer(broken, tasks.protocol.content_type, end="cut")
            )
    path = tmp_path / "door.png"
    path.write_bytes(PIXEL)
    spare.answers('{"count": 3}')
    data = await attach(tasks, path, "image/png", structure=STRUCTURE)
    assert data == {"count": 3}
    (asked,) = spare.server.asked
    assert asked.json["model"] == "spare"
    assert asked_schema(asked.json)
    (message,) = (m for m in asked.json["messages"] if m["role"] == "user")
    assert "Count the cars" in str(message)
    assert "image_url" in str(message)
    assert "assistant" not in [m["role"] for m in asked.json["messages"]]


async def test_a_stand_in_that_cannot_either(tasks: Tasks, spare: Tasks) -> None:
    """The error is that of the task's own model."""
    tasks.refuses(400, "no pictures today")
    spare.refuses(400, "nor here")
    with pytest.raises(HomeAssistantError, match=r"demo of Model server.*no pictures"):
        await tasks.run()


async def attach(tasks: Tasks, path: Path, mime_type: str, **data: Any) -> Any:
    """Return data for a task with a file."""

    class Media:
        """What the media source resolves it to."""

        url = "x"

    media = Media()
    media.path = path  # type: ignore[attr-defined]
    media.mime_type = mime_type  # type: ignore[attr-defined]
    with patch(
        "homeassistant.components.media_source.async_resolve_media", return_value=media
    ):
        return await tasks.run(
            attachments=[
                {
                    "media_content_id": "media-source://media_source/local/x",
                    "media_content_type": mime_type,
                }
            ],
            **data,
        )


async def test_a_picture(tasks: Tasks, tmp_path: Path) -> None:
    """It is in the request as the protocol has it, beside the instructions."""
    if tasks.protocol.kind == "ollama":
        shown = tasks.server.pages["/api/show"]
        can = [*shown["capabilities"], "vision"]
        tasks.server.pages["/api/show"] = {**shown, "capabilities": can}
    path = tmp_path / "door.png"
    path.write_bytes(PIXEL)
    tasks.answers("A red car.")
    assert await attach(tasks, path, "image/png") == "A red car."
    body = tasks.server.asked[0].json
    said = (body.get("messages") or body.get("input"))[-1]
    picture = "iVBORw0KGgo"
    match tasks.protocol.kind:
        case "openai":
            url = said["content"][1]["image_url"]["url"]
            assert url.startswith(f"data:image/png;base64,{picture}")
        case "responses":
            assert said["content"][1]["type"] == "input_image"
            assert picture in said["content"][1]["image_url"]
        case "anthropic":
            source = said["content"][0]["source"]
            assert source["media_type"] == "image/png"
            assert source["data"].startswith(picture)
            assert said["content"][1]["text"].startswith("Count the cars")
        case "ollama":
            assert said["images"][0].startswith(picture)


async def test_a_model_that_cannot_see(
    hass: HomeAssistant, socket_enabled: None, tmp_path: Path
) -> None:
    """Ollama tells it; it would leave the picture out in silence."""
    path = tmp_path / "door.png"
    path.write_bytes(PIXEL)
    server = await ReplayServer().start()
    tasks = await make(hass, PROTOCOLS[-1], server)
    with pytest.raises(HomeAssistantError, match="cannot see pictures"):
        await attach(tasks, path, "image/png")
    assert server.asked == []
    await server.close()


async def test_a_camera(tasks: Tasks) -> None:
    """Its picture is taken as the task is done."""
    if tasks.protocol.kind == "ollama":
        tasks.server.pages["/api/show"] = {"capabilities": ["vision"]}

    class Picture:
        """What a camera gives."""

        content_type = mime_type = "image/jpeg"
        content = b"\xff\xd8\xffjpeg"

    # Home Assistant 2026.11 asks the camera through its media source.
    through = hasattr(media_source, "async_get_media_image")
    taking = (
        "media_source.async_get_media_image" if through else "camera.async_get_image"
    )
    tasks.answers("Nobody is there.")
    with patch(f"homeassistant.components.{taking}", return_value=Picture):
        said = await tasks.run(
            attachments=[
                {
                    "media_content_id": "media-source://camera/camera.door",
                    "media_content_type": "image/jpeg",
                }
            ]
        )
    assert said == "Nobody is there."
    assert "/9j/anBlZw" in tasks.server.asked[0].body.decode()
    await tasks.hass.async_block_till_done()


@pytest.mark.parametrize(
    ("name", "mime_type", "key"),
    [
        pytest.param("song.mp3", "audio/mpeg", "attachment_kind", id="a song"),
        pytest.param("gone.png", "image/png", "attachment_gone", id="not there"),
    ],
)
async def test_a_file_that_cannot_be_sent(
    tasks: Tasks, tmp_path: Path, name: str, mime_type: str, key: str
) -> None:
    """The error names it, and no model is asked."""
    if key == "attachment_kind":
        (tmp_path / name).write_bytes(b"la la")
    with pytest.raises(HomeAssistantError) as raised:
        await attach(tasks, tmp_path / name, mime_type)
    assert raised.value.translation_key == key
    assert name in str(raised.value)
    assert tasks.server.asked == []


async def test_a_task_with_tools(tasks: Tasks) -> None:
    """An integration may give an API along; what the model calls runs once."""
    api = ToolsAPI(tasks.hass)
    done: list[Any] = []

    async def count(args: dict[str, Any]) -> int:
        done.append(args)
        return 7

    api.tools.append(ActionTool("count_cars", count))
    tasks.answers(Call("id_1", "count_cars", {"where": "drive"}))
    tasks.answers('{"count": 7}')
    from homeassistant.components.ai_task import async_generate_data  # noqa: PLC0415
    from homeassistant.components.ai_task.services import (  # noqa: PLC0415
        _validate_structure_fields,
    )

    result = await async_generate_data(
        tasks.hass,
        task_name="cars",
        entity_id=tasks.entity_id,
        instructions="Count the cars",
        structure=_validate_structure_fields(STRUCTURE),
        llm_api=api,
    )
    assert result.data == {"count": 7}
    assert done == [{"where": "drive"}]
    assert isinstance(llm.async_get_apis(tasks.hass), list)


async def test_beside_an_agent_and_gone_with_its_entry(tasks: Tasks) -> None:
    """One entry has both; each change loads what is needed, and unloads it."""
    hass = tasks.hass
    registry = er.async_get(hass)
    assert registry.entities[tasks.entity_id].config_subentry_id
    assert hass.states.async_entity_ids("conversation") == [
        conversation.HOME_ASSISTANT_AGENT
    ]
    assert await hass.config_entries.async_unload(tasks.entry.entry_id)
    state = hass.states.get(tasks.entity_id)
    assert state is not None
    assert state.state == "unavailable"
    assert await hass.config_entries.async_setup(tasks.entry.entry_id)
    await hass.async_block_till_done()
    tasks.answers("Three.")
    assert await tasks.run() == "Three."
