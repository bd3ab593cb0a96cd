"""The marks by which chat templates part one speaker from another, out of what is data.

Local servers read ``<|im_end|>``, ``<start_of_turn>`` or ``[/INST]`` as their own
wherever they stand, so nothing that others wrote holds one.
"""

import re
from typing import Any, Final

_MARK: Final = re.compile(r"<(?=[^\s\d=<])|\[(?=/?[A-Z_]{2,}\])")


def escaped(json: str) -> str:
    r"""Return JSON in which no string holds a mark; it means the same: ``\u003c|im_end|>``.

    Outside of its strings JSON has nothing that looks so.
    """
    return _MARK.sub(lambda found: f"\\u{ord(found[0]):04x}", json)


def unmarked(text: str) -> str:
    """Return a text with its marks taken apart: ``< |im_end|>``."""
    return _MARK.sub(lambda found: f"{found[0]} ", text)


def unmarked_within(value: Any) -> Any:
    """Return a value of JSON with the marks of all its texts taken apart."""
    if isinstance(value, str):
        return unmarked(value)
    if isinstance(value, dict):
        return {unmarked(k): unmarked_within(inner) for k, inner in value.items()}
    if isinstance(value, list | tuple):
        return [unmarked_within(inner) for inner in value]
    return value
