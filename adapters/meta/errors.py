"""What Meta's refusals mean to us: one table by code, finer where a subcode says more. Words are never looked at.

The codes of all networks are in it, as they do not contradict each other, and WhatsApp gives them in statuses too.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from inbox.contract import AdapterError, NeedsReauth, Rejected, TryLater, Uncertain

Kind = Literal["rejected", "later", "reauth", "unsure"]

GOES_ON = "; it goes on by itself."
"""The end of a sentence about what is tried again."""
_SAID_MAX = 300
_METHOD = "GraphMethodException"
"""The type of errors about the call itself and not what it says; without a subcode it is the app secret's proof."""
_SECRET = re.compile(r"[A-Za-z0-9_|-]{32,}")


@dataclass(frozen=True)
class Meaning:
    """What a code means. `gone`: the customer cannot be reached at all until he writes again."""

    kind: Kind
    sentence: str
    gone: bool = False


def _no(sentence: str, *, gone: bool = False) -> Meaning:
    return Meaning("rejected", sentence, gone)


def _later(sentence: str) -> Meaning:
    return Meaning("later", sentence)


def _reauth(sentence: str) -> Meaning:
    return Meaning("reauth", sentence)


_THROTTLED = _later(f"Meta takes no more from this app for now{GOES_ON}")
_PAIR = _later(f"Too many messages went to this customer within a short time{GOES_ON}")
_WINDOW = _no(
    "The time in which Meta lets us answer is over: 24 hours after the customer's last message, or 7 days for a "
    "person with the right to answer late. The customer has to write again."
)
WINDOW = frozenset({"10/2018065", "10/2018278", "10/2534022"})
"""Errors that say so, as `AdapterError.code`."""

_AWAY = _no("This person cannot be written to now: they blocked the account or left the network.", gone=True)
_UNKNOWN_PERSON = _no("Meta knows no such person for this account.", gone=True)
_TOO_LARGE = _no("The file is larger than the network takes.")
_PROOF = _reauth(
    "Meta does not accept the app secret together with this access token. Copy both again from the same app."
)
_UNFIT_FILE = _no("Meta could not take the file: its kind or its content is not one that the network knows.")
_TOKEN = _reauth("Meta does not accept the access token any more. Make a new one and save it here.")
_RIGHTS = _reauth(
    "The app lacks a permission at Meta for this account. Grant it there, make a new access token and save it here."
)
_LOCKED = _reauth(
    "Meta has locked the account or the app for breaking its rules. See the account's quality page at Meta."
)
_NOT_LIVE = _no(
    "Meta lets the app write only to its own testers until its permissions are reviewed and it is live."
)
_TEMPLATE_FIELDS = _no("What fills the template does not fit the form that was approved.")

MEANINGS: Mapping[tuple[int, int | None], Meaning] = {
    # The app and its token
    (0, None): _TOKEN,
    (102, None): _TOKEN,
    (190, None): _TOKEN,
    (190, 458): _reauth(
        "The app was removed from the account at Meta. Connect it again and save the new token."
    ),
    (190, 460): _reauth(
        "The password behind the access token was changed. Make a new token and save it here."
    ),
    (190, 463): _reauth(
        "The access token has run out. Make a new one, best without an end, and save it here."
    ),
    (190, 467): _TOKEN,
    (3, None): _RIGHTS,
    (10, None): _RIGHTS,
    (200, 2018028): _NOT_LIVE,
    (368, None): _LOCKED,
    (131005, None): _RIGHTS,
    (131031, None): _LOCKED,
    (131045, None): _reauth(
        "The phone number is not registered with the WhatsApp Cloud API. Register it at Meta."
    ),
    (133010, None): _reauth(
        "The phone number is not registered with the WhatsApp Cloud API. Register it at Meta."
    ),
    # Trouble that passes
    (-1, None): _later("Meta has trouble of its own."),
    (1, None): _later("Meta has trouble of its own, or the app lacks a permission there."),
    (1, 1357046): Meaning("unsure", "Meta reported an error although it may have taken the message."),
    (2, None): _later("Meta has trouble of its own, or the customer has blocked the account."),
    (1200, None): _later("Meta could not send it for now."),
    (131000, None): _later("Something went wrong at Meta."),
    (131016, None): _later("WhatsApp is not available for now."),
    (131057, None): _later(f"Meta is maintaining the account{GOES_ON}"),
    (133004, None): _later("WhatsApp is not available for now."),
    # Too much
    (4, None): _THROTTLED,
    (9, None): _THROTTLED,
    (17, None): _THROTTLED,
    (32, None): _THROTTLED,
    (613, None): _THROTTLED,
    (80002, None): _THROTTLED,
    (80006, None): _THROTTLED,
    (80007, None): _THROTTLED,
    (130429, None): _THROTTLED,
    (131056, None): _PAIR,
    (131048, None): _no(
        "WhatsApp has limited this number because too many people blocked it or reported it. See its quality at Meta."
    ),
    # The customer and the time to answer
    (10, 2018065): _WINDOW,
    (10, 2018108): _AWAY,
    (10, 2018278): _WINDOW,
    (10, 2018300): _no(
        "Another app has this conversation now. Answer in that app, or let it hand the conversation over."
    ),
    (10, 2534022): _WINDOW,
    (100, 33): _no("Meta does not know this person or thing for the account, or the token may not see it."),
    (100, 2018001): _UNKNOWN_PERSON,
    (100, 2018218): _UNKNOWN_PERSON,
    (100, 2534014): _UNKNOWN_PERSON,
    (200, 1545041): _AWAY,
    (551, None): _AWAY,
    (131026, None): _no(
        "WhatsApp could not deliver it: the customer has no WhatsApp, an old version of it, or has not accepted its "
        "new terms."
    ),
    (131047, None): _no(
        "More than 24 hours have passed since the customer's last message. Send a template to go on."
    ),
    (131037, None): _no(
        "WhatsApp has not approved the number's display name yet. See WhatsApp Manager at Meta."
    ),
    (131050, None): _no("The customer does not want marketing messages of this business."),
    (131062, None): _no(
        "WhatsApp sends this only to a telephone number, and the customer does not show his."
    ),
    (131049, None): _no(
        "Meta did not deliver it, so that people do not get too many messages of businesses."
    ),
    (130472, None): _no("The customer is part of an experiment of Meta's and gets no such messages."),
    (130497, None): _no("Meta does not let this business write to customers in that country."),
    (131021, None): _no("The customer's number is the account's own."),
    # The message
    (100, None): _no("Meta does not understand the message as it was sent."),
    (100, 2018008): _UNFIT_FILE,
    (100, 2018034): _no("There is nothing to send: the message is empty."),
    (100, 2018047): _UNFIT_FILE,
    (100, 2018074): _no("Meta does not have this file any more."),
    (100, 2018109): _TOO_LARGE,
    (100, 2018294): _UNFIT_FILE,
    (131008, None): _no("WhatsApp misses something in the message."),
    (131009, None): _no("WhatsApp does not take a part of the message."),
    (131042, None): _no("WhatsApp has no valid way of payment for this business. Set one up at Meta."),
    (131051, None): _no("WhatsApp does not take messages of this kind."),
    (131052, None): _no("WhatsApp could not get the file that the customer sent. Ask for it again."),
    (131053, None): _UNFIT_FILE,
    # Templates
    (132000, None): _no("The template has another number of gaps than were filled."),
    (132001, None): _no("There is no such approved template in this language."),
    (132005, None): _no("The template is too long when its gaps are filled."),
    (132007, None): _no("The template's text breaks WhatsApp's rules."),
    (132008, None): _TEMPLATE_FIELDS,
    (132012, None): _TEMPLATE_FIELDS,
    (132018, None): _TEMPLATE_FIELDS,
    (132015, None): _no(
        "WhatsApp has paused the template because of its quality. It may be used again later."
    ),
    (132016, None): _no("WhatsApp has switched the template off for good because of its quality."),
}
"""By code and subcode; without a subcode it is what the code means with any that is not named."""


def meaning(code: int, subcode: int | None = None) -> Meaning | None:
    """What a code means, or None for one that nobody told us about."""
    if subcode is not None and (code, subcode) in MEANINGS:
        return MEANINGS[code, subcode]
    if (code, None) in MEANINGS:
        return MEANINGS[code, None]
    if 200 <= code <= 299:
        return _RIGHTS
    return _THROTTLED if 80_000 <= code <= 80_014 else None


def sentence(code: int, subcode: int | None, said: object) -> str:
    """A code's sentence, or what Meta `said` of one that we do not know."""
    known = meaning(code, subcode)
    return known.sentence if known else f"Meta refused it: {_shown(said)}"


def final_sentence(code: int, subcode: int | None, said: object) -> str:
    """The same of what failed after it was taken, so that nothing tries it again."""
    told = sentence(code, subcode, said)
    return f"{told.removesuffix(GOES_ON)}. Send it again." if told.endswith(GOES_ON) else told


def translated(error: object, status: int, *, changes: bool, after: float | None = None) -> AdapterError:
    """The contract's error for Meta's error object in an answer with this HTTP status.

    `changes`: the call may have changed something there; `after`: the pause in seconds that Meta asks for.
    """
    code = error.get("code") if isinstance(error, Mapping) else None
    if not isinstance(error, Mapping) or not isinstance(code, int):
        return _unclear(status, changes=changes, after=after)
    subcode = error.get("error_subcode")
    subcode = subcode if isinstance(subcode, int) else None
    name = f"{code}/{subcode}" if subcode else str(code)
    known = meaning(code, subcode)
    if (code, subcode, error.get("type")) == (100, None, _METHOD):
        known = _PROOF
    if known is None and (status >= 500 or status == 429):
        return _unclear(status, changes=changes, after=after)
    told = known.sentence if known else sentence(code, subcode, error.get("message"))
    if known is None or known.kind == "rejected":
        return Rejected(told, code=name, unreachable=bool(known and known.gone))
    if known.kind == "reauth":
        return NeedsReauth(told, code=name)
    if known.kind == "unsure" and changes:
        return Uncertain(told, code=name)
    return TryLater(told, after=after, code=name)


def _unclear(status: int, *, changes: bool, after: float | None) -> AdapterError:
    """The error for an answer without a reason: what was to change may have changed."""
    if status == 429:
        return TryLater("Meta asks for a pause.", after=after, code="429")
    if status == 413:
        return Rejected("The message is larger than Meta takes.", code="413")
    told = f"HTTP {status}" if status != 200 else "in no known way"
    if changes:
        return Uncertain(f"Meta answered {told}, so it is not known whether it took it.", code="answer")
    return TryLater(f"Meta has trouble of its own: it answered {told}.", after=after, code="answer")


def _shown(said: Any) -> str:
    """Meta's words without what might be a token."""
    words = " ".join(str(said or "it does not say why").split())
    return _SECRET.sub("…", words).encode("utf-8", "replace").decode()[:_SAID_MAX]
