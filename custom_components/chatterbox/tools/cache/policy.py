"""Which results are kept, for how long, and why: all defaults of the cache."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Self

from ...const import CONF_CACHED_TOOLS, CONF_KEEP_RESULTS

MAX_ENTRIES: Final = 512
MAX_BYTES: Final = 4 * 1024 * 1024
TTL_WITHOUT_POLICY: Final = 300.0
"""Seconds for what is put in by name and arguments only, which no tool of a turn is."""
REFRESH_TIMEOUT: Final = 30.0
"""Seconds for a call that nobody waits for."""
HOLD: Final = 10.0
"""Seconds for which nothing that a service was called for is kept."""
SHARED_FOR: Final = 10.0
"""Seconds for which a call under way is joined, and its deadline for those who join."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CachePolicy:
    """How a tool's results are kept. All times are in seconds."""

    ttl: float
    """0 or less: not kept; calls at the same time are still one."""
    stale_while_revalidate: float = 0.0
    """After the TTL: answered with the old result at once, fetched anew behind it."""
    stale_if_error: float = 0.0
    """After the fetch: the old result stands in where a new one cannot be had."""
    outlives_state: bool = False
    """Still true of its time when its entity's state changes: may stand in then, too."""
    shared_for: float = SHARED_FOR
    private: bool = False
    """Never written to disk."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CacheChoice:
    """What the user chose for one tool."""

    ttl: float
    private: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheOptions:
    """What the user chose for the results of one agent's calls."""

    choices: Mapping[str, CacheChoice] = field(default_factory=dict)
    private: bool = False
    """Nothing that the agent asks is written to disk."""

    @property
    def private_tools(self) -> set[str]:
        """Return the names of the tools that the user marked private."""
        return {tool for tool, choice in self.choices.items() if choice.private}

    @classmethod
    def from_entry(cls, agent: Mapping[str, Any], options: Mapping[str, Any]) -> Self:
        """Read an agent's data and its entry's options as the forms stored them."""
        return cls(
            choices={
                row["tool"].strip(): CacheChoice(
                    ttl=float(row["ttl"]), private=bool(row.get("private"))
                )
                for row in agent.get(CONF_CACHED_TOOLS) or ()
            },
            private=not options.get(CONF_KEEP_RESULTS, True),
        )


NOT_KEPT: Final = CachePolicy(ttl=0.0, reason="nobody chose to keep it")

_HOUR: Final = 3600.0


def _forecast(reason: str) -> CachePolicy:
    return CachePolicy(
        ttl=300.0,
        stale_while_revalidate=600.0,
        stale_if_error=_HOUR,
        outlives_state=True,
        reason=reason,
    )


_FORECAST = _forecast("weather models run every hour at most")
_PRICES = _forecast("prices are set for a day ahead, or for the half hour")
_CALENDAR = CachePolicy(
    ttl=60.0,
    stale_if_error=_HOUR,
    reason="other clients add events unseen, and 'now' moves on",
)
_LIST = CachePolicy(
    ttl=60.0,
    stale_if_error=_HOUR,
    reason="other clients change items unseen where the number of them stays",
)
_PARCELS = CachePolicy(ttl=300.0, reason="carriers scan a few times a day")

CACHED_SERVICES: Final[Mapping[str, CachePolicy]] = {
    "weather.get_forecasts": _FORECAST,
    "environment_canada.get_forecasts": _FORECAST,
    "google_air_quality.get_forecast": _FORECAST,
    "stookwijzer.get_forecast": _FORECAST,
    "forecast_solar.get_forecast": _FORECAST,
    "amberelectric.get_forecasts": _PRICES,
    "easyenergy.get_energy_return_prices": _PRICES,
    "easyenergy.get_energy_usage_prices": _PRICES,
    "easyenergy.get_gas_prices": _PRICES,
    "energyzero.get_energy_prices": _PRICES,
    "energyzero.get_gas_prices": _PRICES,
    "green_planet_energy.get_prices": _PRICES,
    "nordpool.get_prices_for_date": _PRICES,
    "nordpool.get_price_indices_for_date": _PRICES,
    "omie.get_prices_for_date": _PRICES,
    "tibber.get_prices": _PRICES,
    "calendar.get_events": _CALENDAR,
    "todo.get_items": _LIST,
    "habitica.get_tasks": _LIST,
    "mealie.get_mealplan": _LIST,
    "mealie.get_shopping_list_items": _LIST,
    "seventeentrack.get_packages": _PARCELS,
}
"""The only services whose results are kept without being asked to.

Left out: what costs nothing (schedules, statistics), what is old in a minute
(departures, traffic), and what warns (weather alerts).
"""

_MOMENT: Final = 1.0

STALE_AT_ONCE: Final[Mapping[str, str]] = {
    "GetDateTime": "the time",
    "GetLiveContext": "every state there is",
    "HassTimerStatus": "seconds that are left",
    "HassGetCurrentTime": "the time",
    "HassGetCurrentDate": "the date",
    "HassGetState": "the present state",
    "HassClimateGetTemperature": "the present temperature",
    "HassGetWeather": "the present weather",
}
"""Tools, by the last part of their name, that are never kept, and what they tell."""


def policy_for(tool: str, options: CacheOptions, *, is_service: bool) -> CachePolicy:
    """Return a read-only tool's policy; the user's goes before the table's."""
    if (bare := tool.rpartition("__")[2]) in STALE_AT_ONCE:
        return CachePolicy(
            ttl=0.0, shared_for=_MOMENT, reason=f"tells {STALE_AT_ONCE[bare]}"
        )
    policy = CACHED_SERVICES.get(tool, NOT_KEPT) if is_service else NOT_KEPT
    if choice := options.choices.get(tool):
        policy = _chosen(policy, choice)
    return replace(policy, private=True) if options.private else policy


def _chosen(policy: CachePolicy, choice: CacheChoice) -> CachePolicy:
    """Return the policy with what the user chose; with a shorter TTL, nothing stale."""
    patient = choice.ttl >= policy.ttl
    return replace(
        policy,
        ttl=choice.ttl,
        stale_while_revalidate=policy.stale_while_revalidate if patient else 0.0,
        stale_if_error=policy.stale_if_error if choice.ttl > 0 else 0.0,
        private=choice.private,
        reason="by the user's choice",
    )
