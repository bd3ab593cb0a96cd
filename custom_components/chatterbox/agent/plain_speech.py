"""What is spoken is plain: no markup, no addresses, no pictures, no JSON."""

from dataclasses import dataclass
import html
import re
from typing import Final

from ..providers.json_end import JsonScanner

_MOST_HELD: Final = 2000
"""Characters of one token past which it is no markup."""
_PICTURES: Final = (
    "\u231a-\u23ff\u25a0-\u27bf\u2b00-\u2bff\u3030\u303d\u3297\u3299"
    "\U0001f000-\U0001faff\U000e0020-\U000e007f\u20e3\ufe0e\ufe0f"
)
_UNSEEN: Final = (
    "\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffb\ue000-\uf8ff\ud800-\udfff"
)
_ADDRESS: Final = r"(?:https?://|(?<![A-Za-z])www\.)[^\s<>()\[\]\"']*"
_JSON: Final = re.compile(r"\{\s*[\"'}]|\[\s*[\[{\"\]]")
_MARKUP: Final = re.compile(
    rf"""
    (?P<fence>```[\w+-]*[ \t]*\n?)
    |!?\[(?P<link>[^\[\]\n]*)\]\([^()\n]*\)
    |(?P<address>{_ADDRESS}[^\s<>()\[\]\"'.,;:!?]|https?://)
    |(?P<tag></?[A-Za-z][^<>\n]{{0,200}}>|<!--.{{0,200}}?-->)
    |(?P<entity>&(?:[A-Za-z]{{2,8}}|\#\d{{1,6}});)
    |(?P<line>(?m:^)[ \t]*(?:
        (?:-{{3,}}|\*{{3,}}|={{3,}}|_{{3,}})[ \t]*(?m:$)
        |\#{{1,6}}[ \t]+|(?:>[ \t]?)+|[-*+•][ \t]+))
    |(?P<mark>\*\*+|~~|__+|`+|[{{}}\[\]]
        |(?<![\s\d])\*|\*(?![\s\d])|(?<!\w)_|_(?!\w))
    |(?P<cell>[ \t]*\|[ \t]*)
    |(?P<picture>[{_PICTURES}]+(?:\u200d[{_PICTURES}]+)*)
    |(?P<unseen>[{_UNSEEN}]+)
    """,
    re.VERBOSE,
)
_MAY_BECOME: Final = re.compile(
    rf"""
    (?:
    h|ht|htt|https?|https?:|https?:/
    |(?<![A-Za-z])ww?w?
    |{_ADDRESS}
    |<(?:/?[A-Za-z][^<>\n]{{0,200}}|/|!(?:-[^>\n]{{0,200}})?)?
    |&\#?\w{{0,8}}
    |!
    |!?\[[^\[\]\n]{{0,200}}(?:\](?:\([^()\n]{{0,500}})?)?
    |\{{\s*
    |`{{1,3}}[\w+-]*[ \t]*
    |[*_~]+
    |(?m:^)[ \t]*[-*+•>\#=_]*[ \t]*
    |[ \t]*\|?[ \t]+
    )\Z
    """,
    re.VERBOSE,
)
_BLANKS: Final = re.compile(r"[ \t]{2,}")


@dataclass(slots=True)
class PlainSpeech:
    """Takes out of one answer, as it comes, what nobody wants to hear."""

    _held: str = ""
    _before: str = "\n"
    _json: JsonScanner | None = None

    def feed(self, text: str) -> str:
        """Return what may be spoken by now."""
        self._held += text
        return self._take(last=False)

    def end(self) -> str:
        """Return what was held back for markup that did not come."""
        return self._take(last=True)

    def _take(self, *, last: bool) -> str:
        spoken = ""
        while True:
            if self._json and not self._json_ends():
                return spoken
            found = _JSON.search(self._held)
            if not found:
                break
            spoken += self._plain(found.start(), spoken)
            self._json = JsonScanner()
        cut = len(self._held)
        if not last and cut <= _MOST_HELD and (may := _MAY_BECOME.search(self._held)):
            cut = may.start()
        return spoken + self._plain(cut, spoken)

    def _json_ends(self) -> bool:
        """Drop what is held of JSON; return whether that was its end."""
        assert self._json
        end = self._json.feed(self._held)
        self._held = "" if end is None else self._held[end:]
        if end is not None:
            self._json = None
        return end is not None

    def _plain(self, cut: int, spoken: str) -> str:
        text = self._before + self._held[:cut]
        at = len(self._before)
        self._held = self._held[cut:]
        pieces: list[str] = []
        for match in _MARKUP.finditer(text, at):
            pieces += [text[at : match.start()], _instead(match)]
            at = match.end()
        pieces.append(text[at:])
        self._before = text[-1:]
        plain = _BLANKS.sub(" ", "".join(pieces))
        return plain.removeprefix(" ") if spoken.endswith(" ") else plain


def plain(text: str) -> str:
    """Return a whole text as it is spoken."""
    speech = PlainSpeech()
    return (speech.feed(text) + speech.end()).strip()


def _instead(match: re.Match[str]) -> str:
    match match.lastgroup:
        case "link":
            return plain(match["link"])
        case "entity":
            return html.unescape(match[0]).replace("\xa0", " ")
        case "cell" | "tag":
            return " "
        case _:
            return ""
