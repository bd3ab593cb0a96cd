"""The command line of scripts/develop."""

import pytest

from scripts.dev_home.options import CACHE, ModelChoice, parse


def test_nothing_asked_is_the_demo_model_until_ctrl_c() -> None:
    """No arguments: the usual folder, no wish for a port, nothing to say."""
    options = parse([])
    assert options.folder == CACHE / "home"
    assert options.port is None
    assert options.sentences == ()
    assert options.model_server is None


def test_sentences_keep_their_order() -> None:
    """They are one conversation."""
    assert parse(["--say", "one", "--say", "two"]).sentences == ("one", "two")


def test_a_server_takes_a_key_and_a_model() -> None:
    """And the time that it may take."""
    given = "--url http://x/v1 --api-key k --model m --timeout 90"
    options = parse(given.split())
    assert options.model_server == ModelChoice("http://x/v1", "k", "m", 90)


@pytest.mark.parametrize(
    "lonely", [["--model", "m"], ["--api-key", "k"], ["--timeout", "9"]]
)
def test_a_key_or_model_without_a_server_is_refused(
    lonely: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Rather than silently used with the demo model."""
    with pytest.raises(SystemExit):
        parse(lonely)
    assert "go with --url" in capsys.readouterr().err
