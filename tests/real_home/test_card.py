"""A browser opens the dashboard, a turn runs, and its bars come while it runs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
import subprocess
import warnings

import pytest

from scripts.browser import Page, browsing, find_browser
from scripts.browser.frontend import in_card, log_in, wait_for_card
from scripts.demo_model import ModelServer
from scripts.demo_model.script import Text, whole_call
from scripts.dev_home.client import HomeClient
from scripts.dev_home.dashboard import PATH
from scripts.dev_home.home import Home
from scripts.dev_home.turn import speak

from .conftest import PYTHON, running_home

LIVE = "Boolean(card.shadowRoot.querySelector('.pill.live'))"


@pytest.fixture(scope="module")
def browser() -> None:
    """Need a Chromium; Debian's is fetched where there is none and that is possible."""
    if not PYTHON.exists():
        pytest.skip("needs what `scripts/setup --home` makes; scripts/test has it")
    if find_browser() is None:
        install = ["apt-get", "install", "-y", "--no-install-recommends", "chromium"]
        with suppress(OSError, subprocess.TimeoutExpired):
            subprocess.run(install, capture_output=True, check=False, timeout=600)
    if find_browser() is None:
        why = "NO CHROMIUM: the timeline card is not tested in a browser"
        warnings.warn(why, stacklevel=1)
        pytest.skip(why)


@dataclass
class Watched:
    """A home, and a browser with one of its users logged in."""

    home: Home
    client: HomeClient
    page: Page
    server: ModelServer

    async def open(self) -> None:
        """Open the dashboard with the timeline."""
        await self.page.open(f"{self.home.url}/{PATH}")


@pytest.fixture
async def watched(
    browser: None, model_server: ModelServer, tmp_path: Path
) -> AsyncIterator[Watched]:
    """Give a home that asks the test's model, and a page for it."""
    with ExitStack() as home_end:
        # In a thread, for the home asks the server of this loop while it starts.
        home = await asyncio.to_thread(
            home_end.enter_context,
            running_home(tmp_path / "home", "--url", model_server.url),
        )
        async with AsyncExitStack() as stack:
            client = await stack.enter_async_context(HomeClient.connected(home.url))
            page = await stack.enter_async_context(browsing(tmp_path / "browser"))
            await page.looks(width=900, height=1000)
            await log_in(page, client)
            yield Watched(home, client, page, model_server)
        await asyncio.to_thread(home_end.close)


async def test_the_card_shows_a_turn_as_it_runs(watched: Watched) -> None:
    """No turn at first; then its bars, one after the other; then details by keyboard."""
    page, server = watched.page, watched.server
    await watched.open()
    await wait_for_card(page, "return Boolean(card.shadowRoot.querySelector('.none'))")

    asked, answered = asyncio.Event(), asyncio.Event()
    call = whole_call("intent__HassTurnOn", {"name": "Kitchen Lights"})
    server.script(asked, *call)
    server.script(answered, Text("It is on."))
    talking = asyncio.ensure_future(
        speak(watched.client, watched.home.pipeline, "Turn on the kitchen lights")
    )
    rows = "card.shadowRoot.querySelectorAll('.row[part=%s]').length"
    await wait_for_card(page, f"return {rows % 'model'} === 1 && {LIVE}")
    assert await in_card(page, f"return {rows % 'tool'}") == 0
    asked.set()
    await wait_for_card(
        page, f"return {rows % 'tool'} === 1 && {rows % 'model'} === 2 && {LIVE}"
    )
    answered.set()
    turn = await talking
    assert turn.spoken == "It is on."
    await wait_for_card(page, f"return !{LIVE}")
    said = "return card.shadowRoot.querySelector('[aria-live]').textContent"
    assert "Whole answer" in await wait_for_card(page, said)

    await in_card(page, "card.shadowRoot.querySelector('.row').focus()")
    focused = "return card.shadowRoot.activeElement?.getAttribute('aria-label')"
    for _ in range(6):
        if "HassTurnOn" in await in_card(page, focused):
            break
        await page.press("ArrowDown")
    assert "HassTurnOn" in await in_card(page, focused)
    details = "card.shadowRoot.querySelector('.more')"
    assert not await in_card(page, f"return Boolean({details})")
    await page.press("Enter")
    shown = await wait_for_card(page, f"return {details}?.textContent")
    assert "light.kitchen_lights" in shown
    assert "HassTurnOn" in await in_card(page, focused)
    await page.press("Escape")
    await wait_for_card(page, f"return !{details}")
    assert page.errors == []


async def test_the_card_may_be_there_before_the_frontend(watched: Watched) -> None:
    """The frontend replaces the browser's registry of elements when it is loaded."""
    page = watched.page
    await page.hold("*/app.*.js")
    await watched.open()
    # From 2026.11 on the frontend itself asks for no module before it is ready for it.
    await page.wait_for(
        "'__haLoadExtraModules' in window || performance.getEntriesByType('resource').some((it) =>"
        " it.name.includes('chatterbox-timeline-card') && it.responseEnd > 0)"
    )
    await page.run("new Promise((done) => setTimeout(done, 300))")
    await page.let_go()
    await wait_for_card(page, "return Boolean(card.shadowRoot.querySelector('.none'))")
