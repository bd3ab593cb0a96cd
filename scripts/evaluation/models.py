"""Asks a server which models it has."""

import json
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

from .home import EvaluationFileError
from .jobs import ServerLostError


def first_model(url: str, api_key: str) -> str:
    """Return the first model that a server lists.

    Raises ServerLostError if it cannot be asked, EvaluationFileError if it lists none.
    """
    if not url.startswith(("http://", "https://")):
        raise EvaluationFileError(f"{url} is no address of a server")
    for address, key, name in (
        (f"{url.rstrip('/')}/models", "data", "id"),
        (f"{url.removesuffix('/v1').rstrip('/')}/api/tags", "models", "name"),
    ):
        try:
            listed = _get(address, api_key)
            return str(listed[key][0][name])
        except URLError as err:
            if not hasattr(err, "code"):
                raise ServerLostError(f"{address}: {err.reason}") from err
        except ValueError, KeyError, IndexError, TypeError:
            continue
        except OSError as err:
            raise ServerLostError(f"{address}: {err}") from err
    raise EvaluationFileError(f"{url} lists no models. Name one with --model")


def _get(address: str, api_key: str) -> Any:
    request = Request(address, headers={"Authorization": f"Bearer {api_key}"})  # noqa: S310
    with urlopen(request, timeout=15) as answer:  # noqa: S310
        return json.load(answer)
