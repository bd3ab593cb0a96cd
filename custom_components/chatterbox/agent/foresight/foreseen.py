"""A call that a sentence foretells."""

import asyncio
from dataclasses import dataclass

from ...tools.cache.look_ahead import Looked
from .table import LearntCall


@dataclass(slots=True)
class Foreseen:
    """A call that the sentence foretells, and what came of it."""

    call: LearntCall
    task: asyncio.Task[Looked | None]
    looked: Looked | None = None
    used: bool | None = None
    """Whether the answer was made of it; None if that cannot be told."""
