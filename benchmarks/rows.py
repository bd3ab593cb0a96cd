"""All rows of the bench, in the order in which they are run."""

from typing import Final

from . import (
    chunks,
    endurance,
    growth,
    imports,
    listeners,
    overhead,
    printed,
    questions,
    requests,
    results,
    satellites,
    tool_phase,
)
from .row import Row

ROWS: Final[dict[str, Row]] = {
    **overhead.ROWS,
    **questions.ROWS,
    **requests.ROWS,
    **tool_phase.ROWS,
    **results.ROWS,
    **chunks.ROWS,
    **imports.ROWS,
    **satellites.ROWS,
    **endurance.ROWS,
    **growth.ROWS,
    **listeners.ROWS,
    **printed.ROWS,
}
