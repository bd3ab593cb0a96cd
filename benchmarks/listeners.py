"""What our listeners cost everything else: more time for each 1,000 state changes."""

from collections.abc import AsyncIterator
import gc
from statistics import median

from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import callback
from homeassistant.setup import async_setup_component

from custom_components.chatterbox.tools.cache.cache import (
    CachingDispatcher,
    ToolResultCache,
)
from custom_components.chatterbox.tools.cache.invalidation import Invalidator
from custom_components.chatterbox.tools.exposure.known import async_get_known_home

from .cache import Tool, change_states, forecast, question, terms_of
from .homes import empty_home
from .report import OURS, Line
from .row import Row, Settings


async def measure(settings: Settings) -> AsyncIterator[Line]:
    """Yield milliseconds by the results that are kept.

    Somebody else listens in both cases, as the recorder does in every home.
    """
    for kept in settings.sizes(0, 100, 512):
        async with empty_home() as hass:
            for component in ("homeassistant", "conversation"):
                assert await async_setup_component(hass, component, {})
            hass.bus.async_listen(EVENT_STATE_CHANGED, callback(lambda event: None))
            cache = ToolResultCache(create_task=hass.async_create_background_task)
            dispatch = CachingDispatcher(Tool(forecast(7)), cache, terms_of)
            invalidator = Invalidator(hass, cache)
            for domain, what in (("sensor", "not read"), ("weather", "read")):
                taken: dict[bool, list[float]] = {True: [], False: []}
                for value in range(2 if settings.smoke else 60):
                    for number in range(kept):
                        await dispatch(question(number))
                    if listening := bool(value % 2):
                        invalidator.start()
                    gc.collect()
                    gc.disable()
                    taken[listening].append(change_states(hass, domain, value) * 1000)
                    gc.enable()
                    invalidator.stop()
                    await hass.async_block_till_done()
                more = median(taken[True]) - median(taken[False])
                yield Line(
                    f"1,000 changes of what is {what}, {kept} results kept",
                    "ms more",
                    {OURS: [more]},
                    note=f"{median(taken[False]):.2f} ms without",
                )
            before = [change_states(hass, "sensor", 900 + n) for n in range(15)]
            async_get_known_home(hass)
            after = [change_states(hass, "sensor", 950 + n) for n in range(15)]
            more = (median(after) - median(before)) * 1000
            yield Line(
                f"1,000 changes, for the names of the home, {kept} results kept",
                "ms more",
                {OURS: [more]},
            )


ROWS = {"listeners": Row(title="cost to everything else", measure=measure)}
