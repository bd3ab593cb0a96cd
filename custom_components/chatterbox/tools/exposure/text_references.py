"""What a text names, however it is written: entities, addresses, files."""

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address
import re
import socket
from typing import Any, Final
import unicodedata
from urllib.parse import unquote, urlsplit

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant

from ...const import LOCAL_SUFFIXES
from ..calls import ToolError

_MOST_ESCAPES: Final = 16
"""Times that a text is decoded: more is nobody's address, and would cost time."""
_WORD: Final = re.compile(r"[a-z0-9_.]+")
_ENTITY_ID: Final = re.compile(r"([a-z0-9_]+)\.([a-z0-9_]+)")
_HOST: Final = re.compile(r"(?:://|@)([a-z0-9_.-]+)")
_ADDRESS: Final = re.compile(r"\b[a-z][a-z0-9+.-]*:/{1,2}[^\s\"'<>]+")
_OWN_API: Final = re.compile(r"/api(?:/|$)")
_SLASHES: Final = re.compile(r"/(?:\.?/)+")
_PATH: Final = re.compile(
    r"(?:~?/[^\s/]+/\S*|~?/[^\s/]+\.[a-z0-9]+|~/\S*|[a-z]:/\S*|//\S+)"
)
_UPWARDS: Final = re.compile(r"(?:^|/)\.\./")
_PART: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+")
_ADDRESS_PARTS: Final = frozenset(
    {"action", "address", "attachment", "audio", "click", "host", "icon", "image"}
    | {"link", "media", "picture", "photo", "uri", "url", "video"}
)
"""Words in the name of a field that is there to hold an address."""
_PATH_PARTS: Final = frozenset(
    {"directory", "dir", "file", "filename", "folder", "path", "paths"}
)
"""Words in the name of a field that is there to hold a path."""
_ENTITY_DOMAINS: Final = frozenset(Platform) | frozenset(
    [
        "alert",
        "automation",
        "counter",
        "group",
        "input_boolean",
        "input_button",
        "input_datetime",
        "input_number",
        "input_select",
        "input_text",
        "person",
        "plant",
        "proximity",
        "schedule",
        "script",
        "sun",
        "timer",
        "zone",
    ]
)
_FILE_ENDINGS: Final = frozenset(
    [
        "bmp",
        "conf",
        "csv",
        "flac",
        "gif",
        "html",
        "ics",
        "jpeg",
        "jpg",
        "json",
        "log",
        "m3u",
        "m4a",
        "mkv",
        "mov",
        "mp3",
        "mp4",
        "ogg",
        "pdf",
        "png",
        "svg",
        "txt",
        "wav",
        "webm",
        "webp",
        "xml",
        "yaml",
        "yml",
        "zip",
    ]
)
"""``camera.jpg`` is a file, unless there is an entity of that name."""
_SITES: Final = frozenset(["com", "net", "org"])
"""``weather.com`` is a site, unless there is an entity of that name."""


def texts(value: Any) -> Iterator[str]:
    """Yield every text in a value, the keys of objects included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from texts(key)
            yield from texts(inner)
    elif isinstance(value, list | tuple | set | frozenset):
        for inner in value:
            yield from texts(inner)


def decoded(text: str) -> str:
    """Return the text in small letters, no part escaped. Raises ToolError."""
    for _ in range(_MOST_ESCAPES):
        plain = unquote(text)
        if plain == text:
            normal = unicodedata.normalize("NFKC", text).lower()
            return normal if normal == text or "%" not in normal else decoded(normal)
        text = plain
    raise ToolError("A text is percent-encoded too many times over.")


def entity_ids_in(hass: HomeAssistant, text: str) -> tuple[str, ...]:
    """Return the entity ids that a text names, wherever they stand in it.

    By their look, not by what exists, so that no answer tells what is hidden. Whoever
    gets the text may part it, so an id counts beside anything else.
    """
    text = decoded(text)
    hosts = {host.strip(".") for host in _HOST.findall(text)}
    words = (word.strip(".") for word in _WORD.findall(text))
    return tuple(
        dict.fromkeys(w for w in words if _is_entity_id(hass, w, host=w in hosts))
    )


def _is_entity_id(hass: HomeAssistant, word: str, *, host: bool) -> bool:
    if not (found := _ENTITY_ID.fullmatch(word)):
        return False
    domain, object_id = found.groups()
    if (
        domain not in _ENTITY_DOMAINS
        or object_id in _FILE_ENDINGS
        or object_id in _SITES
        or (host and len(object_id) == 2)
    ):
        return hass.states.get(word) is not None
    return True


def refuse_addresses(hass: HomeAssistant, argument: str, text: str) -> None:
    """Raise ToolError if a text leads into Home Assistant, its files or its network.

    An `argument` for addresses or paths may have those, but not our own API.
    """
    plain = _SLASHES.sub("/", decoded(text).replace("\\", "/").strip())
    if _OWN_API.search(plain):
        raise ToolError(f"{argument}: Home Assistant's own addresses are not accepted.")
    addresses = _ADDRESS.findall(plain)
    if any(address.startswith("file:") for address in addresses):
        raise ToolError(f"{argument}: files are not accepted.")
    parts = {part.lower() for part in _PART.findall(argument.rpartition(".")[2])}
    path = decoded(text).replace("\\", "/").strip()
    if not parts & (_PATH_PARTS | _ADDRESS_PARTS) and _PATH.fullmatch(path):
        raise ToolError(f"{argument}: a file's path is not accepted.")
    if _UPWARDS.search(path):
        raise ToolError(f"{argument}: a path with .. is not accepted.")
    for address in addresses:
        host = _host_of(address)
        if _is_own(hass, host) or (
            not parts & _ADDRESS_PARTS and host and _is_internal(host)
        ):
            raise ToolError(f"{argument}: addresses of the home are not accepted.")


def _host_of(address: str) -> str:
    scheme, _, rest = address.partition(":")
    if scheme == "media-source":
        return ""
    try:
        host = urlsplit(f"{scheme}://{rest.lstrip('/')}").hostname or ""
    except ValueError:
        return "localhost"  # What cannot be read is not let through.
    return host.rstrip(".")


def _ip(host: str) -> IPv4Address | IPv6Address | None:
    """Return the address that a host is, in any form that the system understands."""
    try:
        return ip_address(host)
    except ValueError:
        pass
    if not re.fullmatch(r"[0-9a-fx.]+", host) or not host[:1].isdigit():
        return None
    try:
        return IPv4Address(socket.inet_aton(host))
    except OSError:
        return None


def _is_internal(host: str) -> bool:
    """Return whether a host is one of the home's network, as far as it shows."""
    if (address := _ip(host)) is None:
        return "." not in host or host.endswith(LOCAL_SUFFIXES)
    return not address.is_global


def _is_own(hass: HomeAssistant, host: str) -> bool:
    """Return whether a host is Home Assistant itself, as far as it shows."""
    if not host:
        return False
    address = _ip(host)
    if host == "localhost" or host.endswith(".localhost"):
        return True
    if address and (address.is_loopback or address.is_unspecified):
        return True
    api = hass.config.api
    own = {
        urlsplit(url).hostname
        for url in (hass.config.internal_url, hass.config.external_url)
        if url
    } | ({api.local_ip} if api else set())
    return host in own
