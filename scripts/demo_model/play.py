"""Writing a scripted reply to a client."""

import asyncio
from collections.abc import Iterable
import json
import time
from typing import Any
import uuid

from aiohttp import web

from .script import (
    CallPiece,
    Chunk,
    Drop,
    Finish,
    Pause,
    Raw,
    Stall,
    Step,
    Text,
    Thinking,
    UsageChunk,
)


async def play(
    request: web.Request,
    asked: dict[str, Any],
    steps: Iterable[Step],
    done_marker: bool,
) -> web.StreamResponse:
    """Stream the steps as server-sent events."""
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"}
    )
    await response.prepare(request)
    envelope = _envelope(asked, "chat.completion.chunk")
    finished = False
    reason = "stop"
    for step in steps:
        if isinstance(step, Drop):
            _break(request)
            return response
        if await _waited(step):
            continue
        if isinstance(step, UsageChunk) and not finished:
            await _send(response, envelope, {}, finish_reason=reason)
            finished = True
        if isinstance(step, CallPiece):
            reason = "tool_calls"
        finished = finished or isinstance(step, Finish)
        await response.write(_event_of(step, envelope))
    if not finished:
        await _send(response, envelope, {}, finish_reason=reason)
    if done_marker:
        await response.write(b"data: [DONE]\n\n")
    await response.write_eof()
    return response


async def play_at_once(
    request: web.Request, asked: dict[str, Any], steps: Iterable[Step]
) -> web.StreamResponse:
    """Answer with one JSON body: what the steps come to."""
    message: dict[str, Any] = {"role": "assistant", "content": None}
    calls: dict[int | None, dict[str, Any]] = {}
    usage: dict[str, Any] | None = None
    reason: str | None = None
    for step in steps:
        if isinstance(step, Drop):
            _break(request)
            return web.Response()
        if await _waited(step):
            continue
        match step:
            case str() | Text():
                text = step if isinstance(step, str) else step.text
                message["content"] = (message["content"] or "") + text
            case Thinking():
                message[step.key] = message.get(step.key, "") + step.text
            case CallPiece():
                _join(calls, step)
            case UsageChunk():
                usage = step.as_usage()
            case Finish():
                reason = step.reason
            case Raw():
                return web.Response(body=step.data, content_type="application/json")
            case Chunk():
                return web.json_response(step.data)
    if calls:
        message["tool_calls"] = list(calls.values())
    choice = {
        "index": 0,
        "message": message,
        "finish_reason": reason or ("tool_calls" if calls else "stop"),
    }
    body = {**_envelope(asked, "chat.completion"), "choices": [choice]}
    return web.json_response(body | ({"usage": usage} if usage else {}))


def _break(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


def _join(calls: dict[int | None, dict[str, Any]], piece: CallPiece) -> None:
    call = calls.setdefault(
        piece.index,
        {"id": "", "type": "function", "function": {"name": "", "arguments": ""}},
    )
    call["id"] += piece.id or ""
    call["function"]["name"] += piece.name or ""
    if isinstance(piece.arguments, dict):
        call["function"]["arguments"] = piece.arguments
    else:
        call["function"]["arguments"] += piece.arguments or ""


async def _waited(step: Step) -> bool:
    """Wait if the step is a wait, and tell whether it was."""
    match step:
        case asyncio.Event():
            await step.wait()
        case Pause():
            await asyncio.sleep(step.seconds)
        case Stall():
            # Ends when the client goes or the server closes: both cancel.
            await asyncio.Event().wait()
        case _:
            return False
    return True


def _envelope(asked: dict[str, Any], kind: str) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{uuid.uuid4().hex}",
        "object": kind,
        "created": int(time.time()),
        "model": asked.get("model", ""),
    }


async def _send(
    response: web.StreamResponse,
    envelope: dict[str, Any],
    delta: dict[str, Any],
    finish_reason: str | None = None,
) -> None:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    await response.write(_event({**envelope, "choices": [choice]}))


def _event_of(step: Step, envelope: dict[str, Any]) -> bytes:
    match step:
        case Raw():
            return step.data
        case Chunk():
            return _event(step.data)
        case UsageChunk():
            return _event({**envelope, "choices": [], "usage": step.as_usage()})
    choice: dict[str, Any] = {"index": 0, "delta": {}, "finish_reason": None}
    match step:
        case str():
            choice["delta"] = {"content": step}
        case Text():
            choice["delta"] = {"content": step.text}
        case Thinking():
            choice["delta"] = {step.key: step.text}
        case CallPiece():
            choice["delta"] = {"tool_calls": [step.as_delta()]}
        case Finish():
            choice["finish_reason"] = step.reason
        case _:
            raise TypeError(f"{step!r} must be the first step of its reply")
    return _event({**envelope, "choices": [choice]})


def _event(data: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(data, ensure_ascii=False).encode() + b"\n\n"
