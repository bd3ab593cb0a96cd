"""Tests of the entities of a home: each does what the services of its domain say."""

from typing import Any

from scripts.evaluation.home import load_home
from scripts.evaluation.our_set import FOLDER
from scripts.evaluation.snapshot import matches, take_snapshot
from scripts.evaluation.world import fresh_home

ACTS: tuple[tuple[str, str, dict[str, Any], dict[str, Any]], ...] = (
    ("light.reading", "turn_on", {"brightness_pct": 40}, {"state": "on", "brightness_pct": 40}),
    ("light.sofa", "turn_on", {"color_name": "red"}, {"rgb_color": [255, 0, 0]}),
    ("light.sofa", "turn_off", {}, {"state": "off", "brightness": None}),
    ("light.kitchen_ceiling", "turn_on", {"color_temp_kelvin": 2700}, {"color_temp_kelvin": 2700}),
    ("switch.kettle", "toggle", {}, {"state": "on"}),
    ("cover.kitchen_blind", "close_cover", {}, {"state": "closed", "current_position": 0}),
    ("cover.kitchen_blind", "set_cover_position", {"position": 30}, {"state": "open", "current_position": 30}),
    ("climate.bathroom", "set_temperature", {"temperature": 22, "hvac_mode": "heat"}, {"state": "heat", "temperature": 22}),
    ("climate.bathroom", "turn_off", {}, {"state": "off"}),
    ("fan.bedroom", "set_percentage", {"percentage": 50}, {"state": "on", "percentage": 50}),
    ("fan.bedroom", "turn_off", {}, {"state": "off"}),
    ("humidifier.kids_room", "turn_on", {}, {"state": "on"}),
    ("humidifier.kids_room", "set_humidity", {"humidity": 55}, {"humidity": 55}),
    ("media_player.television", "turn_on", {}, {"state": "playing"}),
    ("media_player.kitchen_radio", "volume_down", {}, {"volume_level": 0.3}),
    ("media_player.kitchen_radio", "volume_mute", {"is_volume_muted": True}, {"is_volume_muted": True}),
    ("media_player.lounge_speaker", "media_previous_track", {}, {"state": "playing", "media_track": 2}),
    ("lock.front_door", "unlock", {}, {"state": "unlocked"}),
    ("lock.front_door", "lock", {}, {"state": "locked"}),
    ("alarm_control_panel.house", "alarm_disarm", {}, {"state": "disarmed"}),
    ("alarm_control_panel.house", "alarm_arm_away", {}, {"state": "armed_away"}),
    ("vacuum.dusty", "start", {}, {"state": "cleaning"}),
    ("vacuum.dusty", "return_to_base", {}, {"state": "returning"}),
    ("lawn_mower.mower", "start_mowing", {}, {"state": "mowing"}),
    ("valve.sprinkler", "open_valve", {}, {"state": "open"}),
    ("todo.chores", "add_item", {"item": "Sweep"}, {"items": ["mow the lawn", "sweep"]}),
    ("todo.chores", "update_item", {"item": "mow the lawn", "status": "completed"}, {"items": ["sweep"], "done_items": ["mow the lawn", "water the plants"]}),
    ("todo.chores", "remove_item", {"item": "Sweep"}, {"items": [], "state": "0"}),
    ("scene.bedtime", "turn_on", {}, {"state": {"changed": True}}),
)  # fmt: skip


async def test_services_act_at_once(socket_enabled: None) -> None:
    home = load_home(FOLDER / "home.yaml")
    async with fresh_home(home) as hass:
        for entity_id, service, data, wanted in ACTS:
            before = take_snapshot(hass, home)[entity_id]
            target = {"entity_id": entity_id}
            domain = entity_id.partition(".")[0]
            await hass.services.async_call(
                domain, service, {**target, **data}, blocking=True
            )
            after = take_snapshot(hass, home)[entity_id]
            for name, value in wanted.items():
                assert matches(value, after.get(name), before.get(name)), (
                    f"{entity_id} {service}: {name} is {after.get(name)}"
                )
        states = take_snapshot(hass, home)
        assert states["light.kids_ceiling"]["state"] == "off"
        assert states["light.moon"]["brightness_pct"] == 10


async def test_weather_and_calendar_answer(socket_enabled: None) -> None:
    home = load_home(FOLDER / "home.yaml")
    async with fresh_home(home) as hass:
        forecasts = await hass.services.async_call(
            "weather",
            "get_forecasts",
            {"entity_id": "weather.home", "type": "daily"},
            blocking=True,
            return_response=True,
        )
        events = await hass.services.async_call(
            "calendar",
            "get_events",
            {"entity_id": "calendar.family", "duration": {"days": 5}},
            blocking=True,
            return_response=True,
        )
    assert "'condition': 'rainy'" in str(forecasts)
    for summary in ("Dentist with Mia", "Choir practice", "Grandma visits"):
        assert summary in str(events)
