"""The demo home's dashboard: where the time of each answer went."""

from typing import Any

from .client import HomeClient

PATH = "demo-timeline"
TITLE = "Timeline"
CARD: dict[str, Any] = {
    "type": "custom:chatterbox-timeline-card",
    "turns": 10,
    "grid_options": {"columns": "full"},
}
LIGHTS: dict[str, Any] = {
    "type": "entities",
    "title": "Lights",
    "entities": [
        "light.kitchen_lights",
        "light.ceiling_lights",
        "light.bed_light",
        "light.office_rgbw_lights",
    ],
}


async def make_dashboard(home: HomeClient, *cards: dict[str, Any]) -> str:
    """Make the dashboard if there is none, show the cards in it, and return its path."""
    listed = await home.command("lovelace/dashboards/list")
    if PATH not in {dashboard["url_path"] for dashboard in listed}:
        await home.command(
            "lovelace/dashboards/create",
            url_path=PATH,
            title=TITLE,
            icon="mdi:chart-timeline",
            show_in_sidebar=True,
            require_admin=False,
            mode="storage",
        )
    sections = [
        {"type": "grid", "column_span": 2, "cards": [card]}
        for card in cards or (CARD, LIGHTS)
    ]
    view = {
        "title": TITLE,
        "type": "sections",
        "max_columns": 2,
        "sections": sections,
    }
    await home.command("lovelace/config/save", url_path=PATH, config={"views": [view]})
    return f"/{PATH}"
