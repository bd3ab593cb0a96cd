"""What model servers have taught about their models, over restarts."""

from dataclasses import dataclass, field
import logging
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_URL
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.singleton import singleton
from homeassistant.helpers.storage import Store
from homeassistant.util.hass_dict import HassKey

from .const import CONF_PROVIDER, DOMAIN
from .providers.needs import Learnt

_LOGGER = logging.getLogger(__name__)

STORAGE_KEY: Final = f"{DOMAIN}.needs"
_VERSION: Final = 1
_SAVE_DELAY: Final = 60.0
"""Seconds."""


@dataclass(slots=True, eq=False)
class LearntNeeds:
    """What was learnt of all servers, by protocol and address."""

    hass: HomeAssistant
    _servers: dict[str, Learnt] = field(default_factory=dict)
    _store: Store[dict[str, Any]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._store = Store(
            self.hass, _VERSION, STORAGE_KEY, private=True, atomic_writes=True
        )

    async def async_load(self) -> None:
        """Read what was learnt before; of a file that is odd, nothing."""
        try:
            stored = await self._store.async_load() or {"servers": {}}
            self._servers = {
                str(server): Learnt.from_dict(models, self._save)
                for server, models in stored["servers"].items()
            }
        except Exception as err:
            # Whatever is wrong with the file, the servers will say it again.
            _LOGGER.warning("What servers said of their models is not read: %s", err)

    @callback
    def of(self, entry: ConfigEntry[Any]) -> Learnt:
        """Return what an entry's server has taught, kept up by whoever asks it."""
        return self._servers.setdefault(_server(entry), Learnt(self._save))

    async def async_tidy(self) -> None:
        """Forget the servers that no entry asks any longer, and with the last the file."""
        entries = self.hass.config_entries.async_entries(DOMAIN)
        if not entries:
            self._servers.clear()
            await self._store.async_remove()
        elif gone := self._servers.keys() - {_server(entry) for entry in entries}:
            for server in gone:
                del self._servers[server]
            self._save()

    @callback
    def _save(self) -> None:
        self._store.async_delay_save(
            lambda: {
                "servers": {
                    server: models
                    for server, learnt in self._servers.items()
                    if (models := learnt.as_dict())
                }
            },
            _SAVE_DELAY,
        )


def _server(entry: ConfigEntry[Any]) -> str:
    return f"{entry.data[CONF_PROVIDER]} {entry.data[CONF_URL]}"


DATA_LEARNT_NEEDS: HassKey[LearntNeeds] = HassKey("chatterbox_needs")


@callback
@singleton(DATA_LEARNT_NEEDS)
def async_get_learnt_needs(hass: HomeAssistant) -> LearntNeeds:
    """Return what the home's model servers have taught."""
    return LearntNeeds(hass)
