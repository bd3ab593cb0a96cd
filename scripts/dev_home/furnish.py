"""Make a home of the demo integration's entities: floors, areas, lists, what is exposed.

All of it can be done again to a home that has it already.
"""

from typing import Any

from .client import HomeClient

FLOORS = {"Ground floor": 0, "First floor": 1}

AREAS = {
    "Kitchen": "Ground floor",
    "Living Room": "Ground floor",
    "Hallway": "Ground floor",
    "Garage": "Ground floor",
    "Garden": "Ground floor",
    "Bedroom": "First floor",
    "Office": "First floor",
}

ENTITIES = {
    "Kitchen": (
        "cover.kitchen_window",
        "light.kitchen_lights",
        "media_player.kitchen_speaker",
        "switch.ac",
    ),
    "Living Room": (
        "climate.heatpump",
        "cover.living_room_window",
        "fan.ceiling_fan",
        "fan.living_room_fan",
        "light.ceiling_lights",
        "light.living_room_rgbww_lights",
        "media_player.living_room_speaker",
        "switch.decorative_lights",
        "vacuum.demo_vacuum_0_ground_floor",
    ),
    "Hallway": (
        "cover.hall_window",
        "light.entrance_color_white_lights",
        "sensor.carbon_dioxide",
        "sensor.carbon_monoxide",
    ),
    "Garage": ("cover.garage_door",),
    "Garden": (
        "binary_sensor.movement_backyard",
        "cover.pergola_roof",
        "sensor.outside_humidity",
        "sensor.outside_temperature",
        "valve.back_garden",
        "valve.front_garden",
    ),
    "Bedroom": ("climate.hvac", "light.bed_light", "media_player.bedroom_speaker"),
    "Office": ("climate.ecobee", "light.office_rgbw_lights"),
}
"""The demo entities that have a place, by area."""

EXPOSED_DOMAINS = ("calendar", "weather")
EXPOSED_ENTITIES = ("lock.front_door",)
"""What Home Assistant does not expose to Assist by itself."""

TO_DO_LIST = "Chores"

OFF_AT_START = ("light.kitchen_lights",)
"""Demo lights start on; this one has to be off to be turned on."""


async def furnish(home: HomeClient) -> None:
    """Do all of the above to a running Home Assistant."""
    await _place_entities(home, await _make_areas(home, await _make_floors(home)))
    await _make_lists(home)
    await _expose(home)
    await home.call_service("light", "turn_off", entity_id=list(OFF_AT_START))


async def finish_flow(home: HomeClient, handler: str, *answers: dict[str, Any]) -> Any:
    """Go through an integration's config flow; return the last step's result."""
    flows = "/api/config/config_entries/flow"
    step = await home.post(flows, {"handler": handler, "show_advanced_options": False})
    for answer in answers:
        step = await home.post(f"{flows}/{step['flow_id']}", answer)
    return step


async def _make_floors(home: HomeClient) -> dict[str, str]:
    """Return each floor's id by its name."""
    listed = await home.command("config/floor_registry/list")
    floors = {floor["name"]: floor["floor_id"] for floor in listed}
    for name, level in FLOORS.items():
        if name not in floors:
            made = await home.command(
                "config/floor_registry/create", name=name, level=level
            )
            floors[name] = made["floor_id"]
    return floors


async def _make_areas(home: HomeClient, floors: dict[str, str]) -> dict[str, str]:
    """Return each area's id by its name. Onboarding has made some of them."""
    areas = {a["name"]: a for a in await home.command("config/area_registry/list")}
    for name, floor in AREAS.items():
        if name not in areas:
            areas[name] = await home.command(
                "config/area_registry/create", name=name, floor_id=floors[floor]
            )
        elif areas[name]["floor_id"] is None:
            await home.command(
                "config/area_registry/update",
                area_id=areas[name]["area_id"],
                floor_id=floors[floor],
            )
    return {name: area["area_id"] for name, area in areas.items()}


async def _place_entities(home: HomeClient, areas: dict[str, str]) -> None:
    """Put entities where they belong: the device if there is one, else the entity."""
    entities = {
        entity["entity_id"]: entity
        for entity in await home.command("config/entity_registry/list")
    }
    for area, entity_ids in ENTITIES.items():
        for entity_id in entity_ids:
            if (entity := entities.get(entity_id)) is None:
                continue
            if entity["device_id"] is None:
                thing = ("entity", "entity_id", entity_id)
            else:
                thing = ("device", "device_id", entity["device_id"])
            registry, key, name = thing
            await home.command(
                f"config/{registry}_registry/update",
                **{key: name, "area_id": areas[area]},
            )


async def _make_lists(home: HomeClient) -> None:
    entries = await home.command("config_entries/get")
    domains = {entry["domain"] for entry in entries}
    if "shopping_list" not in domains:
        await finish_flow(home, "shopping_list", {})
    if "local_todo" not in domains:
        await finish_flow(home, "local_todo", {"todo_list_name": TO_DO_LIST})


async def _expose(home: HomeClient) -> None:
    states = await home.states()
    await home.command(
        "homeassistant/expose_entity",
        assistants=["conversation"],
        entity_ids=[
            e
            for e in states
            if e.split(".")[0] in EXPOSED_DOMAINS or e in EXPOSED_ENTITIES
        ],
        should_expose=True,
    )
