"""What a voice says has nothing in it that only eyes can read."""

from itertools import pairwise
from typing import Any

from homeassistant.core import HomeAssistant
from hypothesis import given, strategies as st
import pytest

from custom_components.chatterbox.agent.plain_speech import PlainSpeech, plain
from scripts.demo_model import ModelServer, Text, whole_call

from ..home import setup_agent, spoken
from ..test_conversation import returns

SPOKEN = [
    pytest.param("It is **on**.", "It is on.", id="bold"),
    pytest.param("It is *on*, __really__ _so_.", "It is on, really so.", id="emphasis"),
    pytest.param("~~No~~ yes", "No yes", id="struck out"),
    pytest.param("Call `light.turn_on`", "Call light.turn_on", id="code"),
    pytest.param("# Title\nText", "Title\nText", id="heading"),
    pytest.param("- one\n- two\n* three", "one\ntwo\nthree", id="list"),
    pytest.param("> quoted\n>> twice", "quoted\ntwice", id="quote"),
    pytest.param("above\n---\nbelow", "above\n\nbelow", id="rule"),
    pytest.param("```json\nhello\n```\n", "hello", id="fence"),
    pytest.param(
        "See [the page](https://a.example/b?c=d).", "See the page.", id="link"
    ),
    pytest.param("![A cat](cat.png) here", "A cat here", id="image"),
    pytest.param("Go to https://a.example/b. Now", "Go to . Now", id="address"),
    pytest.param("At www.example.com, there", "At , there", id="www"),
    pytest.param("It is <b>on</b>!", "It is on !", id="tags"),
    pytest.param("<speak><break time='9s'/>Hi</speak>", "Hi", id="SSML"),
    pytest.param("Tom &amp; Ann &lt;3", "Tom & Ann <3", id="entities"),
    pytest.param("Done \U0001f44d\U0001f3fd!", "Done !", id="emoji"),
    pytest.param("\U0001f468\u200d\U0001f469\u200d\U0001f467 Hi", "Hi", id="family"),
    pytest.param("\U0001f1e9\U0001f1ea Hi 1\ufe0f\u20e3", "Hi 1", id="flag, key"),
    pytest.param("A\u0007B\u200bC\u202eD\x1b[0mE", "ABCD0mE", id="control"),
    pytest.param('{"a": {"b": "}"}} It is on.', "It is on.", id="object"),
    pytest.param('On: [{"a": 1}, 2]!', "On: !", id="list of objects"),
    pytest.param('It is on. {"a": "b', "It is on.", id="object without end"),
    pytest.param("| a | b |\n| c | d |", "a b \n c d", id="table"),
]
KEPT = [
    "It is 21.5 °C, 3 < 5 & 2 * 3 = 6.",
    "-5 degrees at 10:30; 50 % of 2*3",
    "Its name is light.kitchen_lamp, not kitchen-lamp!",
    "Was hältst du davon? ¿Qué tal? Ça va… “Well”",
    "http is a protocol, www a web, AT&T a firm",
    "今日は晴れです。Привет! مرحبا",
    "1. One\n2. Two",
]


def in_pieces(*pieces: str) -> str:
    speech = PlainSpeech()
    return ("".join(map(speech.feed, pieces)) + speech.end()).strip()


@pytest.mark.parametrize(("text", "spoken"), SPOKEN)
def test_markup_is_taken_out_in_any_pieces(text: str, spoken: str) -> None:
    assert plain(text) == spoken
    for cut in range(len(text)):
        assert in_pieces(text[:cut], text[cut:]).split() == spoken.split(), cut
    assert in_pieces(*text).split() == spoken.split()


@pytest.mark.parametrize("text", KEPT)
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert plain(text) == text
    assert in_pieces(*text) == text


@pytest.mark.parametrize("text", ["Hello", "It is on", "21 degrees"])
def test_plain_words_are_spoken_at_once(text: str) -> None:
    """No more is held back than what may still become markup."""
    assert PlainSpeech().feed(text) == text


def test_json_without_end_is_not_kept() -> None:
    """It is dropped as it comes."""
    speech = PlainSpeech()
    assert speech.feed('So: {"a": "') == "So: "
    for _ in range(1000):
        assert speech.feed("a" * 1000) == ""
    assert speech._held == ""


@pytest.mark.parametrize(
    "text", ["http://", "a http:// b", "ahttp://b", "see http://."]
)
def test_half_an_address_is_none(text: str) -> None:
    """However it comes, and wherever it stops."""
    for cut in range(len(text) + 1):
        assert "http" not in in_pieces(text[:cut], text[cut:])


@given(st.text(alphabet='ab 1*_`~#>-<[](){}|\n"&;:/.hwtps', max_size=40), st.data())
def test_any_text_in_any_pieces_is_plain(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=4)))
    pieces = [text[start:end] for start, end in pairwise([0, *cuts, len(text)])]
    spoken = in_pieces(*pieces)
    assert not set(spoken) & set("`{}[]|")
    assert "http://" not in spoken
    assert len(spoken) <= len(text)


MARKED = 'It is **on** \U0001f44d. See [it](https://a.example).\n{"a": 1}'


@pytest.mark.parametrize(
    ("options", "kwargs", "spoken_text"),
    [
        pytest.param({}, {"satellite_id": "x"}, "It is on . See it.", id="satellite"),
        pytest.param({}, {"device_id": "x"}, "It is on . See it.", id="device"),
        pytest.param({}, {}, MARKED, id="typed"),
        pytest.param(
            {"plain_speech": False}, {"satellite_id": "x"}, MARKED, id="chosen"
        ),
    ],
)
async def test_satellite_speaks_plainly(
    hass: HomeAssistant,
    model_server: ModelServer,
    options: dict[str, Any],
    kwargs: dict[str, str],
    spoken_text: str,
) -> None:
    """The stream that the voice is made of has nothing else in it."""
    agent = await setup_agent(hass, model_server, **options)
    model_server.script(*map(Text, MARKED))
    result, deltas = await agent.say_streamed("Is it on?", **kwargs)
    heard = "".join(delta.get("content") or "" for delta in deltas)
    assert heard.strip() == spoken_text
    assert spoken(result).strip() == spoken_text


async def test_answer_of_markup_alone_is_no_silence(
    hass: HomeAssistant, model_server: ModelServer
) -> None:
    """What leaves nothing to say is an empty answer, the second time too."""
    agent = await setup_agent(hass, model_server)
    for _ in range(2):
        model_server.reply('{"answer": "on"}')
    result = await agent.say("Is it on?", satellite_id="x")
    assert "found no answer" in spoken(result)


async def test_reply_with_the_actions_is_plain_too(
    hass: HomeAssistant, model_server: ModelServer
) -> None:
    """It is spoken by the same voice."""
    agent = await setup_agent(hass, model_server)
    agent.tool("act", returns("done"))
    model_server.script(*whole_call("reply", {"say": "It is **on**."}))
    assert spoken(await agent.say("Hello", satellite_id="x")) == "It is on."
