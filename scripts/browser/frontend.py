"""Home Assistant's frontend in a browser, logged in."""

import json
from typing import Any

from scripts.dev_home.client import HomeClient

from . import PAGE_LIMIT, Page

FIND_CARD = """
(() => {
  const find = (root) => {
    const card = root.querySelector("chatterbox-timeline-card");
    if (card) return card;
    for (const element of root.querySelectorAll("*")) {
      const found = element.shadowRoot && find(element.shadowRoot);
      if (found) return found;
    }
    return null;
  };
  return find(document);
})()
"""
"""An expression for the timeline card, which lies below many shadow roots."""


async def log_in(page: Page, home: HomeClient) -> None:
    """Have every page that is opened from now on be the client's user."""
    tokens = {
        "access_token": home.token,
        "token_type": "Bearer",
        "refresh_token": "",
        "expires_in": 1800,
        "expires": 9_999_999_999_999,
        "hassUrl": home.url,
        "clientId": f"{home.url}/",
        "ha_auth_provider": "homeassistant",
    }
    await page.before_each_page(
        f"localStorage.setItem('hassTokens', {json.dumps(json.dumps(tokens))});"
        "localStorage.setItem('dockedSidebar', '\"always_hidden\"');"
    )


async def speak_language(home: HomeClient, language: str) -> None:
    """Have the frontend speak a language to the user."""
    await home.command(
        "frontend/set_user_data",
        key="language",
        value={
            "language": language,
            "number_format": "language",
            "time_format": "language",
            "date_format": "language",
            "first_weekday": "language",
            "time_zone": "local",
        },
    )


async def in_card(page: Page, script: str) -> Any:
    """Run the body of a function of the card, `card`, and return its value."""
    return await page.run(f"((card) => {{ {script} }})({FIND_CARD})")


async def wait_for_card(page: Page, script: str, seconds: float = PAGE_LIMIT) -> Any:
    """Return the first true value of a function of the card, `card`."""
    return await page.wait_for(f"((card) => {{ {script} }})({FIND_CARD})", seconds)


async def card_box(page: Page, margin: int = 12) -> dict[str, float]:
    """Return where the card is on the page, with a margin, in CSS pixels."""
    box: dict[str, float] = await in_card(
        page,
        "const b = card.getBoundingClientRect();"
        f"return {{x: Math.max(0, b.x - {margin}), y: Math.max(0, b.y - {margin}),"
        f" width: b.width + 2 * {margin}, height: b.height + 2 * {margin}}};",
    )
    return box
