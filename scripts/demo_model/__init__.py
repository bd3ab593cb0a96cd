"""An OpenAI-compatible model server for trying and testing without a model.

`python -m scripts.demo_model --port N` plans by plain rules over the tools that
it is offered. Tests script its replies, paces and faults with `ModelServer`.
"""

from .planner import Planner
from .script import (
    CallPiece,
    Chunk,
    Drop,
    Finish,
    Pause,
    Raw,
    Stall,
    Status,
    Step,
    Text,
    Thinking,
    UsageChunk,
    whole_call,
)
from .server import ModelServer, RecordedRequest, Reply

__all__ = [
    "CallPiece",
    "Chunk",
    "Drop",
    "Finish",
    "ModelServer",
    "Pause",
    "Planner",
    "Raw",
    "RecordedRequest",
    "Reply",
    "Stall",
    "Status",
    "Step",
    "Text",
    "Thinking",
    "UsageChunk",
    "whole_call",
]
