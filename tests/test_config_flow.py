"""Tests for adding a model server, changing it and giving it a new key."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any
from unittest.mock import patch

from homeassistant.components import assist_pipeline
from homeassistant.config_entries import (
    SOURCE_REAUTH,
    SOURCE_USER,
    ConfigEntry,
    ConfigFlowResult,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import llm
from homeassistant.helpers.selector import TextSelector
from homeassistant.setup import async_setup_component
import probatio as vol
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.chatterbox.const import DOMAIN
from scripts.demo_model import ModelServer

from .home import Agent

AGENT = {
    "name": "Jeeves",
    "model": "demo",
    "prompt": "Be brief.",
    "llm_hass_api": ["assist"],
}


@pytest.fixture(autouse=True)
async def home(hass: HomeAssistant) -> None:
    """Set up what Chatterbox depends on."""
    for component in ("homeassistant", "conversation"):
        assert await async_setup_component(hass, component, {})


@pytest.fixture
async def assistant(hass: HomeAssistant) -> None:
    """Set up Assist with its preferred assistant."""
    assert await async_setup_component(hass, "assist_pipeline", {})


@pytest.fixture
async def silent_url(socket_enabled: None) -> AsyncIterator[str]:
    """Give the address of a server that takes connections and says nothing."""
    released = asyncio.Event()

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await released.wait()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1")
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    released.set()
    server.close()
    await server.wait_closed()


async def start(hass: HomeAssistant) -> ConfigFlowResult:
    """Open the form for a new server."""
    return await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )


async def submit(
    hass: HomeAssistant, form: ConfigFlowResult, **user_input: Any
) -> ConfigFlowResult:
    """Send a form."""
    result = await hass.config_entries.flow.async_configure(form["flow_id"], user_input)
    await hass.async_block_till_done(wait_background_tasks=True)
    return result


async def pick(hass: HomeAssistant, service: str) -> ConfigFlowResult:
    """Pick a service; returns the form for its address."""
    return await submit(hass, await start(hass), service=service)


async def connect(
    hass: HomeAssistant, url: str, api_key: str | None = None, **more: str
) -> ConfigFlowResult:
    """Send the first two forms, filled in."""
    given = more if api_key is None else {"api_key": api_key, **more}
    return await submit(hass, await pick(hass, "other"), url=url, **given)


def field(form: ConfigFlowResult, name: str) -> Any:
    """Return the marker of a form's field; raises KeyError if there is none."""
    assert form["data_schema"] is not None
    return {str(marker): marker for marker in form["data_schema"].schema}[name]


def suggested(form: ConfigFlowResult, name: str) -> Any:
    """Return what a field of a form is filled with."""
    return (field(form, name).description or {}).get("suggested_value")


def options(form: ConfigFlowResult, name: str) -> list[Any]:
    """Return what a field of a form offers."""
    assert form["data_schema"] is not None
    selector = form["data_schema"].schema[field(form, name)]
    selector = getattr(selector, "validators", [selector])[0]
    found = selector.config["options"]
    assert isinstance(found, list)
    return found


async def test_server_and_first_agent(
    hass: HomeAssistant, model_server: ModelServer
) -> None:
    """The two forms make an entry, a subentry and an agent that answers."""
    model_server.models = ["large", "small"]
    form = await connect(hass, model_server.url, " key ")
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "agent")
    assert form["description_placeholders"] == {"model_count": "2", "not_exposed": ""}
    assert [m["value"] for m in options(form, "model")] == ["large", "small"]
    assert suggested(form, "model") is None
    assert suggested(form, "prompt") == llm.DEFAULT_INSTRUCTIONS_PROMPT
    assert suggested(form, "llm_hass_api") == ["assist"]
    with pytest.raises(KeyError):
        field(form, "use_in_pipeline")

    result = await submit(hass, form, **AGENT | {"model": "small"})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == f"127.0.0.1:{model_server.port}"
    assert result["data"] == {
        "provider": "openai",
        "url": model_server.url,
        "api_key": "key",
    }
    (subentry,) = result["result"].subentries.values()
    assert (subentry.subentry_type, subentry.title) == ("conversation", "Jeeves")
    assert dict(subentry.data) == {
        **{k: v for k, v in AGENT.items() if k != "name"},
        "model": "small",
        "danger_policy": "confirm",
    }
    assert hass.states.get("conversation.jeeves")


@pytest.mark.parametrize(
    ("service", "url", "key"),
    [
        ("openai", "https://api.openai.com/v1", vol.Required),
        ("ollama", "http://localhost:11434", vol.Optional),
        ("other", None, vol.Optional),
    ],
)
async def test_address_is_filled_in_as_text(
    hass: HomeAssistant, service: str, url: str | None, key: type[vol.Marker]
) -> None:
    """What is typed over it stays, for it is no list that falls back to its first."""
    form = await pick(hass, service)
    assert (form["step_id"], form["errors"]) == ("server", {})
    assert suggested(form, "url") == url
    assert form["data_schema"] is not None
    assert isinstance(form["data_schema"].schema[field(form, "url")], TextSelector)
    assert isinstance(field(form, "url"), vol.Required)
    assert isinstance(field(form, "api_key"), key)


async def test_typed_address_in_place_of_the_services(
    hass: HomeAssistant, model_server: ModelServer
) -> None:
    """The key goes to the address that was typed, and nowhere else."""
    model_server.api_key = "mine"
    form = await pick(hass, "openai")
    form = await submit(hass, form, url=model_server.url, api_key="mine")
    result = await submit(hass, form, **AGENT)
    assert result["data"]["url"] == model_server.url
    assert result["title"] == f"127.0.0.1:{model_server.port}"


async def test_server_can_be_named(
    hass: HomeAssistant, model_server: ModelServer
) -> None:
    """Two servers of one kind can be told apart, and renamed with their address."""
    form = await connect(hass, model_server.url, name=" Attic ")
    result = await submit(hass, form, **AGENT)
    assert result["title"] == "Attic"


async def test_server_is_renamed_with_its_address(
    hass: HomeAssistant, agent: Agent
) -> None:
    """The form that changes a server shows its name."""
    form = await agent.entry.start_reconfigure_flow(hass)
    assert suggested(form, "name") == "Model server"
    await submit(hass, form, url=agent.server.url, name=" Cellar ")
    assert agent.entry.title == "Cellar"


async def test_only_model_is_filled_in(
    hass: HomeAssistant, model_server: ModelServer
) -> None:
    """A server with one model leaves nothing to choose."""
    form = await connect(hass, model_server.url)
    assert suggested(form, "model") == "demo"


@pytest.mark.parametrize("model", [{}, {"model": " "}], ids=["none", "blank"])
async def test_name_may_be_blank_and_model_may_not(
    hass: HomeAssistant, model_server: ModelServer, model: dict[str, str]
) -> None:
    """A model that the server did not list is taken after a warning, none is not."""
    form = await connect(hass, model_server.url)
    form = await submit(hass, form, name=" ", prompt="Be brief.", **model)
    assert form["errors"] == {"model": "model_required"}
    assert suggested(form, "prompt") == "Be brief."
    assert suggested(form, "llm_hass_api") is None
    form = await submit(hass, form, name=" ", model=" another ")
    assert form["errors"] == {"model": "model_not_listed"}
    result = await submit(hass, form, name=" ", model=" another ")
    (subentry,) = result["result"].subentries.values()
    assert subentry.title == "another"
    assert dict(subentry.data) == {"model": "another", "danger_policy": "confirm"}


async def test_models_that_chat_come_first(
    hass: HomeAssistant, model_server: ModelServer
) -> None:
    """A service lists models for all sorts of things."""
    model_server.models = ["text-embedding-3", "whisper-1", "Zephyr", "gpt-5-mini"]
    form = await connect(hass, model_server.url)
    assert [model["value"] for model in options(form, "model")] == [
        "gpt-5-mini",
        "Zephyr",
        "text-embedding-3",
        "whisper-1",
    ]


@pytest.mark.parametrize(
    ("url", "title"),
    [
        ("https://api.openai.com/v1", "OpenAI"),
        ("https://openrouter.ai/api/v1/", "OpenRouter"),
        ("http://localhost:11434/v1", "localhost:11434"),
        ("https://models.example.com/v1", "models.example.com"),
    ],
)
async def test_entry_is_named_after_its_service_or_host(
    hass: HomeAssistant, url: str, title: str
) -> None:
    """What people chose is what they see in the list."""
    with patch(
        "custom_components.chatterbox.providers.client.HttpProvider.get_json",
        return_value={"data": [{"id": "demo"}], "models": [{"name": "demo"}]},
    ):
        result = await submit(hass, await connect(hass, url, "key"), **AGENT)
    assert result["title"] == title


type Break = Callable[[ModelServer], None]


def break_with(status: int, body: str = "", times: int = 1) -> Break:
    """Answer the list of models with a status."""

    def apply(server: ModelServer) -> None:
        for _ in range(times):
            server.fail_models(status, body)

    return apply


def break_key(server: ModelServer) -> None:
    """Ask for a key."""
    server.api_key = "right"


def break_models(server: ModelServer) -> None:
    """Have no models."""
    server.models = []


@pytest.mark.parametrize(
    ("break_it", "error"),
    [
        pytest.param(break_key, "invalid_auth", id="wrong key"),
        pytest.param(break_with(403), "invalid_auth", id="forbidden"),
        pytest.param(break_with(404), "not_a_model_server", id="404"),
        pytest.param(
            break_with(200, "<html>Router</html>"), "not_a_model_server", id="page"
        ),
        pytest.param(break_models, "no_models", id="no models"),
        pytest.param(break_with(503), "unknown", id="503"),
        pytest.param(break_with(429), "unknown", id="429"),
    ],
)
async def test_server_that_answers_wrong(
    hass: HomeAssistant, model_server: ModelServer, break_it: Break, error: str
) -> None:
    """The form says what is wrong, keeps what was typed, and goes on once mended."""
    break_it(model_server)
    form = await connect(hass, model_server.url, "wrong")
    assert (form["step_id"], form["errors"]) == ("server", {"base": error})
    assert suggested(form, "url") == model_server.url
    assert suggested(form, "api_key") == "wrong"

    model_server.models = ["demo"]
    form = await submit(hass, form, url=model_server.url, api_key="right")
    assert form["step_id"] == "agent"
    result = await submit(hass, form, **AGENT)
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(
    "url",
    [
        "",
        "my server",
        "ftp://192.168.1.20/v1",
        "http://",
        "http://host:port/v1",
        "http://host:99999/v1",
        "http://user:secret@host/v1",
        "https://host/v1?key=secret",
        "https://host/v1#models",
    ],
)
async def test_address_that_is_none(hass: HomeAssistant, url: str) -> None:
    """Nothing is sent to what is no address."""
    form = await connect(hass, url)
    assert form["errors"] == {"base": "invalid_url"}
    assert form["description_placeholders"]["example_url"].startswith("http://")


@pytest.mark.parametrize(
    ("in_container", "error"),
    [(True, "localhost_in_container"), (False, "cannot_connect")],
)
async def test_nothing_listens(
    hass: HomeAssistant, model_server: ModelServer, in_container: bool, error: str
) -> None:
    """A refused connection is said; in a container, that this is Home Assistant."""
    await model_server.close()
    with patch(
        "custom_components.chatterbox.forms.server.is_docker_env",
        return_value=in_container,
    ):
        form = await connect(hass, model_server.url)
    assert form["errors"] == {"base": error}


async def test_https_where_the_server_speaks_http(
    hass: HomeAssistant, model_server: ModelServer
) -> None:
    """It is not said to be out of reach."""
    form = await connect(hass, f"https://127.0.0.1:{model_server.port}/v1")
    assert form["errors"] == {"base": "no_tls"}


async def test_address_without_a_scheme(
    hass: HomeAssistant, model_server: ModelServer
) -> None:
    """People type what they see: a host and a port."""
    form = await connect(hass, f"127.0.0.1:{model_server.port}")
    result = await submit(hass, form, **AGENT)
    assert result["data"]["url"] == model_server.url


async def test_server_says_nothing(hass: HomeAssistant, silent_url: str) -> None:
    """A form does not wait forever."""
    with patch(
        "custom_components.chatterbox.providers.discovery.LIST_MODELS_TIMEOUT", 0.01
    ):
        form = await connect(hass, silent_url)
    assert form["errors"] == {"base": "timeout"}


async def test_fault_of_our_own(
    hass: HomeAssistant, caplog: pytest.LogCaptureFixture
) -> None:
    """An error that nobody foresaw leaves a form and a log line."""
    with patch(
        "custom_components.chatterbox.providers.discovery.create_provider",
        side_effect=RuntimeError("boom"),
    ):
        form = await connect(hass, "http://127.0.0.1:1/v1", "sesame")
    assert form["errors"] == {"base": "unknown"}
    assert "boom" in caplog.text
    assert "sesame" not in caplog.text


@pytest.mark.parametrize(
    "path",
    ["", "/", "/v1", "/v1/", "/v1/models", "/v1/chat/completions", "/v1/completions/"],
)
async def test_address_is_brought_to_its_base(
    hass: HomeAssistant, model_server: ModelServer, path: str
) -> None:
    """What people paste from a manual works."""
    form = await connect(hass, f" http://127.0.0.1:{model_server.port}{path} ")
    result = await submit(hass, form, **AGENT)
    assert result["data"]["url"] == model_server.url


async def test_missing_key_is_not_called_refused(
    hass: HomeAssistant, model_server: ModelServer
) -> None:
    """Whoever typed none learns that one is asked for."""
    model_server.api_key = "right"
    for given in ({}, {"api_key": " "}):
        form = await submit(
            hass, await pick(hass, "other"), url=model_server.url, **given
        )
        assert form["errors"] == {"base": "key_missing"}


async def test_key_is_refused_where_only_the_path_was_missing(
    hass: HomeAssistant, model_server: ModelServer
) -> None:
    """The answer of the address that is meant is the one to tell."""
    model_server.api_key = "right"
    form = await connect(hass, f"http://127.0.0.1:{model_server.port}", "wrong")
    assert form["errors"] == {"base": "invalid_auth"}


async def test_host_without_models_at_either_path(
    hass: HomeAssistant, model_server: ModelServer
) -> None:
    """A web server remains one."""
    model_server.fail_models(404)
    form = await connect(hass, f"http://127.0.0.1:{model_server.port}")
    assert form["errors"] == {"base": "not_a_model_server"}


@pytest.mark.parametrize("path", ["/v1/", ""])
async def test_same_server_and_key_are_refused(
    hass: HomeAssistant, agent: Agent, path: str
) -> None:
    """One server with one key is one entry, however it is written."""
    url = f"http://127.0.0.1:{agent.server.port}{path}"
    result = await connect(hass, url, "test-key")
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"


async def test_same_server_in_two_forms_at_once(
    hass: HomeAssistant, model_server: ModelServer
) -> None:
    """The form that is sent last makes no second entry."""
    first = await connect(hass, model_server.url)
    second = await connect(hass, model_server.url)
    result = await submit(hass, first, **AGENT)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    result = await submit(hass, second, **AGENT)
    assert result["reason"] == "already_configured"


async def test_same_server_with_another_key(hass: HomeAssistant, agent: Agent) -> None:
    """Two accounts of one service may stand side by side."""
    form = await connect(hass, agent.server.url, "other-key")
    result = await submit(hass, form, **AGENT)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_first_agent_becomes_the_assistants(
    hass: HomeAssistant, model_server: ModelServer, assistant: None
) -> None:
    """The tick makes the preferred assistant use the agent, in its languages."""
    before = assist_pipeline.pipeline.async_get_pipeline(hass)
    form = await connect(hass, model_server.url)
    assert field(form, "use_in_pipeline").default() is False
    result = await submit(hass, form, **AGENT, use_in_pipeline=True)

    after = assist_pipeline.pipeline.async_get_pipeline(hass)
    assert after.conversation_engine == "conversation.jeeves"
    assert after.conversation_language == "*"
    assert (after.id, after.name, after.language) == (
        before.id,
        before.name,
        before.language,
    )
    (subentry,) = result["result"].subentries.values()
    assert "use_in_pipeline" not in subentry.data


async def test_assistant_is_left_alone_without_the_tick(
    hass: HomeAssistant, model_server: ModelServer, assistant: None
) -> None:
    """Nobody loses an assistant by adding an agent."""
    before = assist_pipeline.pipeline.async_get_pipeline(hass)
    await submit(
        hass, await connect(hass, model_server.url), **AGENT, use_in_pipeline=False
    )
    assert assist_pipeline.pipeline.async_get_pipeline(hass) == before


async def reauth(hass: HomeAssistant, entry: ConfigEntry) -> ConfigFlowResult:
    """Return the form that asks for a new key."""
    entry.async_start_reauth(hass)
    await hass.async_block_till_done()
    (form,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert form["context"]["source"] == SOURCE_REAUTH
    return form


async def test_new_key_in_place_of_a_refused_one(
    hass: HomeAssistant, agent: Agent
) -> None:
    """The entry takes the new key once the server does, and is loaded with it."""
    form = await reauth(hass, agent.entry)
    agent.server.api_key = "new"
    form = await submit(hass, form, api_key="wrong")
    assert form["step_id"] == "reauth_confirm"
    assert form["errors"] == {"base": "invalid_auth"}
    assert form["description_placeholders"]["name"] == "Model server"

    result = await submit(hass, form, api_key=" new ")
    assert (result["type"], result["reason"]) == (
        FlowResultType.ABORT,
        "reauth_successful",
    )
    assert agent.entry.data["api_key"] == "new"
    agent.server.reply("Hello.")
    await agent.say("hi")
    assert agent.server.requests[-1].headers["Authorization"] == "Bearer new"


async def test_new_key_of_another_entry(hass: HomeAssistant, agent: Agent) -> None:
    """Two entries do not grow together by a new key."""
    MockConfigEntry(
        domain=DOMAIN, data={**agent.entry.data, "api_key": "theirs"}
    ).add_to_hass(hass)
    result = await submit(hass, await reauth(hass, agent.entry), api_key="theirs")
    assert result["reason"] == "already_configured"
    assert agent.entry.data["api_key"] == "test-key"


async def test_refused_key_asks_for_a_new_one_once(
    hass: HomeAssistant, agent: Agent
) -> None:
    """However often one speaks to it, there is one form."""
    agent.server.api_key = "new"
    for _ in range(2):
        await agent.say("hello")
    await hass.async_block_till_done()
    (form,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert form["context"]["source"] == SOURCE_REAUTH


async def reconfigure(
    hass: HomeAssistant, agent: Agent, **user_input: Any
) -> ConfigFlowResult:
    """Send the form that changes a server."""
    form = await agent.entry.start_reconfigure_flow(hass)
    assert form["step_id"] == "reconfigure"
    assert suggested(form, "url") == agent.entry.data["url"]
    assert suggested(form, "api_key") is None
    return await submit(hass, form, **user_input)


async def test_key_stays_on_its_own_server(hass: HomeAssistant, agent: Agent) -> None:
    """An empty field keeps the key, where the server is the same."""
    subentries = agent.entry.subentries
    root = f"http://127.0.0.1:{agent.server.port}"
    result = await reconfigure(hass, agent, url=root)
    assert result["reason"] == "reconfigure_successful"
    assert agent.entry.data == {
        "provider": "openai",
        "url": f"{root}/v1",
        "api_key": "test-key",
    }
    assert agent.entry.subentries == subentries


@pytest.mark.parametrize("renamed", [True, False], ids=["renamed", "as made"])
async def test_title_follows_the_server_unless_a_person_gave_it(
    hass: HomeAssistant, agent: Agent, renamed: bool
) -> None:
    """A name that someone chose outlives a move of the server."""
    title = "Attic" if renamed else f"127.0.0.1:{agent.server.port}"
    hass.config_entries.async_update_entry(agent.entry, title=title)
    await hass.async_block_till_done(wait_background_tasks=True)
    other = await ModelServer().start()
    await reconfigure(hass, agent, url=other.url, name=title)
    await other.close()
    assert agent.entry.title == ("Attic" if renamed else f"127.0.0.1:{other.port}")


async def test_key_is_not_sent_to_another_server(
    hass: HomeAssistant, agent: Agent
) -> None:
    """A key belongs to the server that it was given for."""
    other = await ModelServer().start()
    result = await reconfigure(hass, agent, url=other.url)
    await other.close()
    assert result["reason"] == "reconfigure_successful"
    assert agent.entry.data["api_key"] == ""
    assert other.other_requests
    for request in other.other_requests:
        assert "Authorization" not in request.headers


async def test_key_is_replaced(hass: HomeAssistant, agent: Agent) -> None:
    """A key that is typed is the one."""
    agent.server.api_key = "new"
    result = await reconfigure(hass, agent, url=agent.server.url, api_key="new")
    assert result["reason"] == "reconfigure_successful"
    assert agent.entry.data["api_key"] == "new"


async def test_change_that_does_not_work_is_not_kept(
    hass: HomeAssistant, agent: Agent
) -> None:
    """The entry stays as it was until the new address answers."""
    before = dict(agent.entry.data)
    form = await reconfigure(hass, agent, url="no address")
    assert form["errors"] == {"base": "invalid_url"}
    assert suggested(form, "url") == "no address"
    assert agent.entry.data == before


@pytest.mark.parametrize("provider", ["responses", "ollama"])
async def test_a_protocol_that_the_server_does_not_have_is_not_kept(
    hass: HomeAssistant, agent: Agent, provider: str
) -> None:
    """Its models may be listed all the same, and each sentence would fail."""
    form = await reconfigure(hass, agent, url=agent.server.url, provider=provider)
    assert form["errors"] == {"provider": "not_spoken"}
    assert suggested(form, "provider") == provider
    assert agent.entry.data["provider"] == "openai"
    assert agent.server.requests == []
