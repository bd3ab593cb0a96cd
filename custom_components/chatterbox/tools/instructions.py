"""What tells the model what to do, and nobody else: no person is to hear a word of it.

Facts stand where they are found out; only what a model may take for its answer is here.
A clause ends at a stop, a colon or a semicolon; braces stand for what is filled in.
"""

from typing import Final

ANSWER_NOW: Final = "The results are above. Answer the person now, in one sentence."
NO_WORDS: Final = (
    "Your answer had no words and called nothing. Call a tool for what the person asked,"
    " or answer in plain words."
)
READ_FIRST: Final = (
    "Your answer had a placeholder for what you have not read, and was not spoken."
    " Call a tool that reads it, or answer without it."
)
NO_TOOL_NAMES: Final = (
    "Your answer named a tool, and was not spoken. Call the tool if it is still to be"
    " called, else answer the person in plain words, in one sentence."
)
NO_NOTES: Final = (
    "Your answer repeated a note, and was not spoken. Answer the person in plain words,"
    " in one sentence."
)
CALLS_LEFT_OUT: Final = (
    "A response may make {most} calls. Yours was ended there, and nothing after that"
    " has run."
)
CALL_THE_TOOLS: Final = (
    "Your answer was not spoken. Call the tools for what the person asked, or say that"
    " it was not done."
)
NOT_TOLD: Final = (
    "Your answer did not say so and was not spoken. Tell the person what was not done."
)
NOT_SO: Final = (
    "Your answer said the opposite and was not spoken. Tell the person what is so."
)
SAY_SO: Final = "Say so."
CALL_OR_SAY_SO: Final = "Call it, or say so."
TELL: Final = "Tell the person."
LOOK_FIRST: Final = "Look at the results, then answer."
ONLY_BY_CALL: Final = "this is done only by a call, not by text that looks so."
NOT_AGAIN: Final = "You made this call before. Do not make it again: answer now."
DO_NOT_SAY_DONE: Final = (
    "do not say that it is done or that it failed, and do not repeat it unasked."
)
NO_TARGET: Final = "This call names nothing to act on."
WITH_TARGET: Final = "Call again with the name or the area of what is meant"
WITH_FULL_NAME: Final = "call again with the full name, and the area if names repeat"
WITH_FLOOR: Final = 'Call again with floor "{floor}" in place of area "{area}".'
WITH_ONE: Final = (
    "Call again with color {color} alone, or with temperature {kelvin} alone."
)

INSTRUCTIONS: Final = (
    ANSWER_NOW,
    NO_WORDS,
    READ_FIRST,
    NO_TOOL_NAMES,
    NO_NOTES,
    CALLS_LEFT_OUT,
    CALL_THE_TOOLS,
    NOT_TOLD,
    NOT_SO,
    SAY_SO,
    CALL_OR_SAY_SO,
    TELL,
    LOOK_FIRST,
    ONLY_BY_CALL,
    NOT_AGAIN,
    DO_NOT_SAY_DONE,
    NO_TARGET,
    WITH_TARGET,
    WITH_FULL_NAME,
    WITH_FLOOR,
    WITH_ONE,
)
