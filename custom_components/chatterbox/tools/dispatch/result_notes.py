"""What a result must say so that the model knows what is so."""

import copy
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import intent, llm
from homeassistant.helpers.llm import IntentResponseDict

from ..calls import error_result
from ..instructions import DO_NOT_SAY_DONE
from .call_record import CallRecord
from .reports import label
from .service_watch import ServiceWork

NOT_STARTED = "The turn was interrupted before this call started. Nothing was done."
STOPPED = "The call was stopped before it ended."


def deadline_result(record: CallRecord) -> llm.ToolResult:
    """Return the result of a call that runs into its deadline."""
    seconds = f"{record.plan.deadline:g} seconds"
    if not record.writes:
        return error_result(f"No answer within {seconds}. The call was given up.")
    if record.plan.goes_on:
        return llm.ToolResult(
            {
                "status": "started, still running",
                "note": f"It had not ended after {seconds} and goes on.",
            }
        )
    return error_result(
        f"Not done within {seconds}. It goes on and may still complete: {DO_NOT_SAY_DONE}"
    )


def _with_reasons(record: CallRecord, result: llm.ToolResult) -> llm.ToolResult:
    """Return an error with what its service calls failed with, if it leaves that out."""
    error = result.data.get("error") if isinstance(result.data, dict) else None
    reasons = [str(work.error) for work in failures(record.services)]
    unsaid = [reason for reason in reasons if reason and reason not in str(error)]
    if not isinstance(error, str) or not unsaid:
        return result
    return error_result(f"{error} ({', '.join(unsaid)})")


def truthful(
    hass: HomeAssistant, record: CallRecord, result: llm.ToolResult
) -> llm.ToolResult:
    """Return the result of a tool with what it leaves out or gets wrong.

    Which targets failed, and which are still under way. An intent's own lists may name
    the wrong ones; the service calls know better.
    """
    data = result.data
    if result.error:
        return _with_reasons(record, result)
    if not isinstance(data, IntentResponseDict):
        return result
    lists = data.get("data")
    if not isinstance(lists, dict) or not (lists.get("failed") or record.services):
        return result
    ids = {
        target["id"]: target
        for target in (*lists.get("success", ()), *lists.get("failed", ()))
        if target.get("type") == intent.IntentResponseTargetType.ENTITY
    }
    failed, under_way = _sort(record.services, ids, lists)
    if not failed and not under_way:
        return result
    reasons = ", ".join(_reason(hass, record.services, i) for i in sorted(failed))
    if len(failed) == len(ids):
        return error_result(f"{record.call.tool_name} failed: {reasons}.")
    changed = copy.copy(data)
    changed["data"] = {
        **lists,
        # That an area is among the successes would say that all of it is.
        "success": [ids[i] for i in ids if i not in failed | under_way],
        "failed": [ids[i] for i in ids if i in failed],
    }
    if under_way:
        changed["still_under_way"] = [_name(hass, i) for i in sorted(under_way)]
        changed["note"] = "Started, not finished yet; it may still fail."
    if failed:
        changed["warning"] = f"{len(failed)} of {len(ids)} failed: {reasons}."
    return llm.ToolResult(changed, error=False)


def _reason(hass: HomeAssistant, services: list[ServiceWork], entity_id: str) -> str:
    """Return what an entity is called and, if it is known, why it failed."""
    for work in services:
        if entity_id in work.entity_ids and work.error:
            return f"{_name(hass, entity_id)} ({_error(work)})"
    return _name(hass, entity_id)


def _sort(
    services: list[ServiceWork], ids: dict[str, Any], lists: dict[str, Any]
) -> tuple[set[str], set[str]]:
    failed, under_way, seen = set(), set(), set()
    for work in services:
        for entity_id in ids.keys() & set(work.entity_ids):
            seen.add(entity_id)
            if not work.task.done():
                under_way.add(entity_id)
            elif work.error:
                failed.add(entity_id)
    # What failed before its service was called is seen by nobody but the intent.
    unseen = ids.keys() - seen
    count = len(lists.get("failed") or ()) - len(failed)
    if count >= len(unseen):
        failed |= unseen
    elif count > 0:
        failed |= {t["id"] for t in lists["failed"] if t.get("id") in unseen}
    return failed, under_way - failed


def failures(services: list[ServiceWork]) -> list[ServiceWork]:
    """Return the service calls that failed, each failure once."""
    return list({id(w.error): w for w in reversed(services) if w.error}.values())


def unseen_failures(record: CallRecord, result: llm.ToolResult) -> list[ServiceWork]:
    """Return the service calls that failed, and of which a result says nothing."""
    if result.error:
        return []
    told: set[str] = set()
    if isinstance(result.data, IntentResponseDict):
        lists = result.data.get("data")
        failed = lists.get("failed") if isinstance(lists, dict) else None
        told = {target.get("id") for target in failed or ()}
    return [w for w in failures(record.services) if told.isdisjoint(w.entity_ids)]


def with_failures(
    hass: HomeAssistant, result: llm.ToolResult, failed: list[ServiceWork]
) -> llm.ToolResult:
    """Return a result that says what failed of what the tool set going."""
    data = copy.copy(result.data)
    data.pop("success", None)
    told = " ".join(
        f"A part of it failed: {_names(hass, work)}{_error(work)}." for work in failed
    )
    data["warning"] = f"{data['warning']} {told}" if "warning" in data else told
    return llm.ToolResult(data, error=False)


def late_failure(hass: HomeAssistant, record: CallRecord, work: ServiceWork) -> str:
    """Say that something failed after its call had returned."""
    names = _names(hass, work)
    return (
        f"{label(record.call)}, which had returned as started, failed: "
        f"{names}{_error(work)}"
    )


def _names(hass: HomeAssistant, work: ServiceWork) -> str:
    """Return what a service was called for, as the beginning of a reason."""
    names = ", ".join(_name(hass, entity_id) for entity_id in work.entity_ids)
    return f"{names}: " if names else ""


def _error(work: ServiceWork) -> str:
    return str(work.error) or type(work.error).__name__


def with_notes(
    hass: HomeAssistant, record: CallRecord, result: llm.ToolResult, news: list[str]
) -> llm.ToolResult:
    """Return the result with what the model must know besides."""
    overdue_conflicts, late = record.overdue_conflicts, record.late_states
    if not overdue_conflicts and not late and not news:
        return result
    data: dict[str, Any] = copy.copy(result.data)
    if overdue_conflicts:
        calls = ", ".join(label(record.call) for record in overdue_conflicts)
        data["order"] = (
            f"{calls}, called earlier, had passed its deadline and was still under way "
            "as this ran, so their order is not certain."
        )
    if late:
        names = ", ".join(sorted(_name(hass, entity_id) for entity_id in late))
        data["may_be_old"] = (
            f"{names}: acted upon just before, and not heard of since. "
            "What is said of it here may be from before the change."
        )
    if news:
        data["meanwhile"] = list(news)
    return llm.ToolResult(data, error=result.error)


def _name(hass: HomeAssistant, entity_id: str) -> str:
    state = hass.states.get(entity_id)
    return state.name if state else entity_id
