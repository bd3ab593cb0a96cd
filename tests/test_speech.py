"""What a pipeline with a streaming text-to-speech engine makes heard."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any, override
from unittest.mock import patch

from homeassistant.components import tts
from homeassistant.components.assist_pipeline.pipeline import KEY_ASSIST_PIPELINE
from homeassistant.components.tts import TTSAudioRequest, TTSAudioResponse
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from scripts.demo_model import Drop, Status, Step, Text, whole_call

from .home import Agent
from .test_conversation import returns

LONG = "It will be sunny all day, with a light breeze from the west, and it stays warm."


class Speaker(tts.TextToSpeechEntity):
    """A streaming engine that keeps what it is given to speak."""

    _attr_name = "Speaker"
    _attr_default_language = "en"
    _attr_supported_languages = ["en"]  # noqa: RUF012

    def __init__(self) -> None:
        """Start silent."""
        self.heard = ""

    @override
    async def async_stream_tts_audio(
        self, request: TTSAudioRequest
    ) -> TTSAudioResponse:
        """Take the text as it comes."""

        async def audio() -> AsyncGenerator[bytes]:
            async for text in request.message_gen:
                self.heard += text
                yield b"\0"

        return TTSAudioResponse("mp3", audio())

    @override
    async def async_get_tts_audio(
        self, message: str, language: str, options: dict[str, Any]
    ) -> tts.TtsAudioType:
        """Take a whole text."""
        self.heard += message
        return "mp3", b"\0"


@pytest.fixture
async def speaker(hass: HomeAssistant, agent: Agent, tmp_path: Path) -> Speaker:
    """Give the engine of a pipeline whose agent is ours."""
    # Its cache would make the second run of a test silent.
    with patch(
        "homeassistant.components.tts._init_tts_cache_dir", return_value=str(tmp_path)
    ):
        assert await async_setup_component(hass, "tts", {})
    assert await async_setup_component(hass, "assist_pipeline", {})
    speaker = Speaker()
    await hass.data[tts.DATA_COMPONENT].async_add_entities([speaker])
    store = hass.data[KEY_ASSIST_PIPELINE].pipeline_store
    pipeline = await store.async_create_item(
        {
            "name": "Ours",
            "language": "en",
            "conversation_engine": agent.entity_id,
            "conversation_language": "en",
            "stt_engine": None,
            "stt_language": None,
            "tts_engine": speaker.entity_id,
            "tts_language": "en",
            "tts_voice": None,
            "wake_word_entity": None,
            "wake_word_id": None,
        }
    )
    store.async_set_preferred_item(pipeline.id)
    return speaker


async def hear(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, speaker: Speaker
) -> str:
    """Say a sentence to the pipeline and return all that is heard."""
    client = await hass_ws_client(hass)
    await client.send_json_auto_id(
        {
            "type": "assist_pipeline/run",
            "start_stage": "intent",
            "end_stage": "tts",
            "input": {"text": "How will it be?"},
        }
    )
    assert (await client.receive_json())["success"]
    token = ""
    while (event := (await client.receive_json())["event"])["type"] != "run-end":
        assert event["type"] != "error", event
        if event["type"] == "tts-end":
            token = event["data"]["tts_output"]["token"]
    stream = tts.async_get_stream(hass, token)
    assert stream
    async for _ in stream.async_stream_result():
        pass
    return speaker.heard


@pytest.mark.parametrize(
    ("replies", "begins", "ends"),
    [
        pytest.param([[Text("Sunny.")]], "Sunny.", "Sunny.", id="short answer"),
        pytest.param([[Text(LONG)]], LONG, LONG, id="long answer"),
        pytest.param(
            [[Text("I look."), *whole_call("look", {})], [Text("Sunny.")]],
            "I look.",
            "I look. Sunny.",
            id="text, a call, an answer",
        ),
        pytest.param([[Status(500)]], "", "later.", id="error before any text"),
        pytest.param(
            [[Text("It will be"), Drop()]], "", "ask again.", id="error after little"
        ),
        pytest.param(
            [[Text(LONG), Drop()]], LONG, "ask again.", id="error after 80 characters"
        ),
        pytest.param(
            [[Text("I look."), *whole_call("look", {})], [Status(500)]],
            "I look.",
            "later.",
            id="error after text followed by a call",
        ),
    ],
)
async def test_all_is_heard(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    agent: Agent,
    speaker: Speaker,
    replies: list[list[Step]],
    begins: str,
    ends: str,
) -> None:
    """Whatever has been streamed already, what comes after it is heard too."""
    agent.tool("look", returns("sun"))
    for steps in replies:
        agent.server.script(*steps)
    heard = await hear(hass, hass_ws_client, speaker)
    assert heard.startswith(begins)
    assert heard.endswith(ends)
