"""Take the pictures: `python -m scripts.screenshots`, with what scripts/setup --home makes."""

import argparse
import asyncio
from dataclasses import dataclass
from pathlib import Path
import tempfile

from scripts.browser import Page, browsing
from scripts.browser.frontend import (
    card_box,
    in_card,
    log_in,
    speak_language,
    wait_for_card,
)
from scripts.demo_model import ModelServer
from scripts.dev_home.client import HomeClient
from scripts.dev_home.dashboard import make_dashboard
from scripts.dev_home.home import started
from scripts.dev_home.options import CHECKOUT, ModelChoice, Options
from scripts.dev_home.turn import speak

from .showpiece import (
    allow_actions,
    plan_forecast,
    plan_showpiece,
    write_configuration,
)

CARD = {
    "type": "custom:chatterbox-timeline-card",
    "turns": 3,
    "grid_options": {"columns": "full"},
}


@dataclass(frozen=True, slots=True)
class Picture:
    """One file, and how the page looks in it."""

    name: str
    width: int = 560
    dark: bool = False
    language: str = "en"
    open_row: int | None = None


PICTURES = (
    Picture("timeline-light", width=900),
    Picture("timeline-dark", width=900, dark=True),
    Picture("timeline-phone", width=390),
    Picture("timeline-german", language="de", open_row=5),
)


async def main(folder: Path, images: Path) -> None:
    """Start a home, speak the turns, and take all pictures of the card."""
    server = await ModelServer().start()
    home_folder = folder / "home"
    write_configuration(home_folder)
    options = Options(
        folder=home_folder,
        port=0,
        sentences=("",),
        model_server=ModelChoice(server.url, None, None),
        fresh=False,
        follow_log=False,
    )
    try:
        async with started(options) as (home, _), HomeClient.connected(home.url) as ha:
            await allow_actions(ha)
            path = await make_dashboard(ha, CARD)
            for plan in (plan_forecast, plan_showpiece):
                turn = await speak(ha, home.pipeline, plan(server))
                if turn.error:
                    raise SystemExit(turn.error)
            async with browsing(folder / "browser") as page:
                await log_in(page, ha)
                for picture in PICTURES:
                    await speak_language(ha, picture.language)
                    taken = await _take(page, f"{home.url}{path}", picture)
                    (images / f"{picture.name}.png").write_bytes(taken)
                    print(f"{picture.name}.png  {len(taken) / 1000:.0f} kB")
                if page.errors:
                    print("\n".join(page.errors))
    finally:
        await server.close()


async def _take(page: Page, url: str, picture: Picture) -> bytes:
    await page.looks(width=picture.width, height=1100, scale=1.25, dark=picture.dark)
    await page.open(url)
    await wait_for_card(
        page, "return card?.shadowRoot?.querySelectorAll('.turn').length > 1"
    )
    if picture.open_row is not None:
        await in_card(
            page,
            f"card.shadowRoot.querySelectorAll('.row')[{picture.open_row}].click()",
        )
    # Fonts and Home Assistant's own fading in are not told of.
    await asyncio.sleep(2)
    return await page.picture(await card_box(page))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=Path, default=CHECKOUT / "docs" / "images")
    images = parser.parse_args().images
    images.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(main(Path(folder), images))
