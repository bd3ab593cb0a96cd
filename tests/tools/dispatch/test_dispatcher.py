"""What goes wrong when a response's calls are merely started together, and does not here."""

import asyncio
from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from ..demo_intents import demo_entity, hold, intent_tool
from .dispatching import BOTH, CORE, OURS, FakeTool, Turn, quiet


@BOTH
@pytest.mark.usefixtures("demo_home")
async def test_off_then_on_ends_on(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch, dispatch: str
) -> None:
    """A slow "turn off" before a fast "turn on" of the same light."""
    gate = hold(
        monkeypatch, demo_entity(hass, "light.kitchen_lights"), "async_turn_off"
    )
    turn = Turn(
        hass,
        [intent_tool(hass, "HassTurnOff"), intent_tool(hass, "HassTurnOn")],
        dispatch,
    )
    running = asyncio.ensure_future(
        turn.run(
            ("HassTurnOff", {"name": "Kitchen Lights"}),
            ("HassTurnOn", {"name": "Kitchen Lights"}),
        )
    )
    await quiet()
    gate.set()
    await running
    await hass.async_block_till_done()
    ends = hass.states.get("light.kitchen_lights").state
    assert ends == ("on" if dispatch == OURS else "off")


@BOTH
@pytest.mark.usefixtures("demo_home")
async def test_off_on_off_ends_off(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch, dispatch: str
) -> None:
    """The third call repeats the first word for word, and is not dropped for it."""
    gate = hold(monkeypatch, demo_entity(hass, "light.kitchen_lights"), "async_turn_on")
    turn = Turn(
        hass,
        [
            intent_tool(hass, "HassTurnOff"),
            intent_tool(hass, "HassTurnOn"),
        ],
        dispatch,
    )
    running = asyncio.ensure_future(
        turn.run(
            ("HassTurnOff", {"name": "Kitchen Lights"}),
            ("HassTurnOn", {"name": "Kitchen Lights"}),
            ("HassTurnOff", {"name": "Kitchen Lights"}),
        )
    )
    await quiet()
    gate.set()
    await running
    await hass.async_block_till_done()
    ends = hass.states.get("light.kitchen_lights").state
    assert ends == ("off" if dispatch == OURS else "on")


@BOTH
async def test_three_additions_to_a_list_keep_three_items(
    hass: HomeAssistant, dispatch: str
) -> None:
    """A list that is read, changed and written as a whole."""
    stored: list[str] = []

    async def add(args: dict[str, Any]) -> None:
        items = list(stored)
        await asyncio.sleep(0)
        stored[:] = [*items, args["item"]]

    turn = Turn(hass, [FakeTool("add", add, integration="todo")], dispatch)
    await turn.run(*(("add", {"item": item}) for item in ("milk", "eggs", "tea")))
    assert stored == (["milk", "eggs", "tea"] if dispatch == OURS else ["tea"])


@BOTH
async def test_an_exception_harms_no_other_call(
    hass: HomeAssistant, dispatch: str
) -> None:
    """One tool's KeyError, beside one that still runs."""
    gate = asyncio.Event()
    ended: list[str] = []

    async def fails(args: dict[str, Any]) -> None:
        raise KeyError("brightness")

    async def works(args: dict[str, Any]) -> None:
        await gate.wait()
        ended.append("works")

    turn = Turn(
        hass,
        [
            FakeTool("fails", fails, integration="one"),
            FakeTool("works", works, integration="two"),
        ],
        dispatch,
    )
    running = asyncio.ensure_future(turn.run(("fails", {}), ("works", {})))
    await quiet()
    if dispatch == CORE:
        with pytest.raises(KeyError):
            await running
        assert not ended, "core leaves the turn while the other call runs"
        gate.set()
        await hass.async_block_till_done()
        return
    gate.set()
    failed, worked = await running
    assert failed.error
    assert "brightness" in failed.data["error"]
    assert worked.data == {"ok": True}


@BOTH
async def test_no_call_starts_after_the_turn_is_cancelled(
    hass: HomeAssistant, dispatch: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The first call goes on, the second, "unlock", must not come after it."""
    gate = asyncio.Event()
    done: list[str] = []

    async def act(args: dict[str, Any]) -> None:
        await gate.wait()
        done.append(args["what"])

    turn = Turn(hass, [FakeTool("act", act, integration="lock")], dispatch)
    running = asyncio.ensure_future(
        turn.run(("act", {"what": "close"}), ("act", {"what": "unlock"}))
    )
    await quiet()
    running.cancel()
    await quiet()
    assert running.cancelled()
    gate.set()
    await hass.async_block_till_done()
    # Core tears the first apart and lets the second run to its end.
    assert done == (["close"] if dispatch == OURS else ["unlock"])
