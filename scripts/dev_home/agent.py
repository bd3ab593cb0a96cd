"""Chatterbox in the demo home: its entry, and the Assist pipeline that uses it."""

import asyncio
from dataclasses import asdict
import hashlib
import json
from pathlib import Path
from typing import Any

from .client import POLL, HomeClient, HomeError
from .furnish import finish_flow
from .options import ModelChoice

DOMAIN = "chatterbox"
PIPELINE = "Chatterbox"
LANGUAGE = "en"
RELOAD_LIMIT = 60.0
"""Seconds for an entry to be loaded again, on a machine that is busy."""


async def set_up_agent(home: HomeClient, folder: Path, server: ModelChoice) -> str:
    """Have Chatterbox use the model server; return its pipeline's id.

    An entry that was made for another server is replaced. Raises HomeError with what
    the config flow says if it refuses the server.
    """
    note = folder / "model_server.json"
    wanted = _mark(server)
    entries = [
        entry["entry_id"]
        for entry in await home.command("config_entries/get", domain=DOMAIN)
    ]
    if not entries or not note.exists() or note.read_text() != wanted:
        for entry_id in entries:
            await home.delete(f"/api/config/config_entries/entry/{entry_id}")
        entry_id = await _add_entry(home, server)
        if server.timeout is not None:
            await change_agent(home, entry_id, advanced={"timeout": server.timeout})
        note.write_text(wanted)
    return await _set_up_pipeline(home, await _agent_entity(home))


async def find_pipeline(home: HomeClient) -> str:
    """Return the id of the pipeline that `set_up_agent` made."""
    listed = await home.command("assist_pipeline/pipeline/list")
    for pipeline in listed["pipelines"]:
        if pipeline["name"] == PIPELINE:
            return str(pipeline["id"])
    raise HomeError(f"There is no pipeline named {PIPELINE}")


def _mark(server: ModelChoice) -> str:
    """Return what tells one server from another, without its key."""
    key = hashlib.sha256((server.api_key or "").encode()).hexdigest()[:16]
    return json.dumps({**asdict(server), "api_key": key})


async def _add_entry(home: HomeClient, server: ModelChoice) -> str:
    """Go through Chatterbox's config flow; return the new entry's id."""
    account = {"url": server.url}
    if server.api_key:
        account["api_key"] = server.api_key
    form = await finish_flow(home, DOMAIN, {"service": "other"}, account)
    if form.get("step_id") != "agent":
        raise HomeError(f"Chatterbox refuses {server.url}: {_reason(form)}")
    answers = form_defaults(form["data_schema"]) | {"test_model": False}
    if server.model:
        answers["model"] = server.model
    outcome = await home.post(
        f"/api/config/config_entries/flow/{form['flow_id']}", answers
    )
    if outcome.get("type") != "create_entry":
        raise HomeError(f"Chatterbox refuses its agent: {_reason(outcome)}")
    return str(outcome["result"]["entry_id"])


async def change_agent(home: HomeClient, entry_id: str, **changes: Any) -> None:
    """Reconfigure the entry's agent; its first form does not ask for everything.

    What is changed in a section is a dict. Raises HomeError if the form refuses it.
    """
    flows = "/api/config/config_entries/subentries/flow"
    listed = await home.command("config_entries/subentries/list", entry_id=entry_id)
    agent = {
        "handler": [entry_id, "conversation"],
        "subentry_id": listed[0]["subentry_id"],
    }
    form = await home.post(flows, agent)
    answers = form_defaults(form["data_schema"])
    for name, value in changes.items():
        if isinstance(value, dict):
            answers[name] |= value
        else:
            answers[name] = value
    outcome = await home.post(f"{flows}/{form['flow_id']}", answers)
    if outcome.get("reason") != "reconfigure_successful":
        raise HomeError(f"Chatterbox refuses the change: {_reason(outcome)}")
    await _until_loaded(home, entry_id)


async def _until_loaded(home: HomeClient, entry_id: str) -> None:
    """Wait until the entry has been loaded again with what was changed."""
    # The reload begins in a task of its own: at first the old entry is still there.
    await asyncio.sleep(POLL)
    async with asyncio.timeout(RELOAD_LIMIT):
        while True:
            entry = await home.command("config_entries/get_single", entry_id=entry_id)
            if entry["config_entry"]["state"] == "loaded":
                return
            await asyncio.sleep(POLL)


def _reason(form: dict[str, Any]) -> str:
    return json.dumps(form.get("errors") or form.get("reason") or form)


def form_defaults(schema: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a form's fields as it suggests them; a bare choice's first option.

    The schema is what a config flow's step hands out as `data_schema`: a list of
    fields, of which a section has a `schema` of its own.
    """
    answers: dict[str, Any] = {}
    for field in schema:
        name, suggested = field["name"], field.get("description") or {}
        if "schema" in field:
            answers[name] = form_defaults(field["schema"])
        elif suggested.get("suggested_value") is not None:
            answers[name] = suggested["suggested_value"]
        elif field.get("default", "") != "":
            answers[name] = field["default"]
        elif field.get("required") and (options := _choices(field)):
            answers[name] = options[0]
    return answers


def _choices(field: dict[str, Any]) -> list[str]:
    options = field.get("selector", {}).get("select", {}).get("options", [])
    return [o["value"] if isinstance(o, dict) else o for o in options]


async def _agent_entity(home: HomeClient) -> str:
    for entity in await home.command("config/entity_registry/list"):
        if entity["platform"] == DOMAIN and entity["entity_id"].startswith(
            "conversation."
        ):
            return str(entity["entity_id"])
    raise HomeError("Chatterbox has no conversation entity; see the log")


async def _set_up_pipeline(home: HomeClient, agent: str) -> str:
    stt = (await home.command("stt/engine/list"))["providers"]
    tts = (await home.command("tts/engine/list"))["providers"]
    settings = {
        "name": PIPELINE,
        "language": LANGUAGE,
        "conversation_engine": agent,
        "conversation_language": LANGUAGE,
        "stt_engine": stt[0]["engine_id"],
        "stt_language": LANGUAGE,
        "tts_engine": tts[0]["engine_id"],
        "tts_language": LANGUAGE,
        "tts_voice": None,
        "wake_word_entity": None,
        "wake_word_id": None,
        "prefer_local_intents": False,
    }
    try:
        pipeline = await find_pipeline(home)
    except HomeError:
        made = await home.command("assist_pipeline/pipeline/create", **settings)
        pipeline = str(made["id"])
    else:
        await home.command(
            "assist_pipeline/pipeline/update", pipeline_id=pipeline, **settings
        )
    await home.command("assist_pipeline/pipeline/set_preferred", pipeline_id=pipeline)
    return pipeline
