"""The demo home's configuration folder, before Home Assistant starts in it."""

from datetime import UTC, datetime
import json
from pathlib import Path
import shutil
from typing import Any

from .options import CHECKOUT

LOG_NAME = "home-assistant.log"

CONFIGURATION = """\
# Made by scripts/develop. Change it as you like; `scripts/develop --fresh` makes it anew.
homeassistant:
  name: Demo home
  country: GB
  currency: GBP
  language: en
  unit_system: metric
  latitude: 51.5
  longitude: -0.12
  elevation: 15

api:
auth:
config:
frontend:
history:
logbook:
my:
system_health:

conversation:
assist_pipeline:
demo:

# The demo media players cannot be put into an area; these can.
media_player:
  - platform: universal
    name: Kitchen Speaker
    unique_id: kitchen_speaker
    children: [media_player.kitchen]
  - platform: universal
    name: Living Room Speaker
    unique_id: living_room_speaker
    children: [media_player.living_room]
  - platform: universal
    name: Bedroom Speaker
    unique_id: bedroom_speaker
    children: [media_player.bedroom]

logger:
  default: warning
  logs:
    custom_components.chatterbox: debug
    # Says so if something is installed at start, which needs a network.
    homeassistant.util.package: info
    # The demo home gets along without ffmpeg and libturbojpeg.
    haffmpeg: critical
    homeassistant.components.camera.img_util: critical
"""


def prepare(folder: Path, port: int, *, fresh: bool) -> None:
    """Write what Home Assistant needs to start on the port with nothing left to ask."""
    if fresh:
        shutil.rmtree(folder, ignore_errors=True)
    (folder / ".storage").mkdir(parents=True, exist_ok=True)
    configuration = folder / "configuration.yaml"
    if not configuration.exists():
        configuration.write_text(CONFIGURATION)
    _link_integration(folder)
    _write_storage(folder, "http", 2, 2, _http(port))
    if not (folder / ".storage" / "onboarding").exists():
        # The step that is left makes the user.
        steps = {"done": ["core_config", "analytics", "integration"]}
        _write_storage(folder, "onboarding", 4, 1, steps)


def _link_integration(folder: Path) -> None:
    """Have this Home Assistant run the checkout's code."""
    link = folder / "custom_components" / "chatterbox"
    code = CHECKOUT / "custom_components" / "chatterbox"
    link.parent.mkdir(exist_ok=True)
    if link.is_symlink() and link.readlink() == code:
        return
    link.unlink(missing_ok=True)
    link.symlink_to(code)


def _http(port: int) -> dict[str, Any]:
    """Return the `http` integration's stored settings, for this machine only."""
    stable = {
        "server_host": ["127.0.0.1"],
        "server_port": port,
        "cors_allowed_origins": ["https://cast.home-assistant.io"],
        "login_attempts_threshold": -1,
        "ip_ban_enabled": False,
        "ssl_profile": "modern",
        "use_x_frame_options": True,
        "created_at": datetime.now(UTC).isoformat(),
        "error": None,
        "error_message": None,
    }
    return {"stable": stable, "pending": None, "yaml_migration_done": True}


def _write_storage(
    folder: Path, key: str, version: int, minor_version: int, data: dict[str, Any]
) -> None:
    """Write a file as Home Assistant's `Store` does."""
    content = {
        "version": version,
        "minor_version": minor_version,
        "key": key,
        "data": data,
    }
    (folder / ".storage" / key).write_text(json.dumps(content, indent=2))
