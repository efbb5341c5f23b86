"""What is done in the shop: the bridge keeps the keys, so that nothing is done twice."""

from typing import Any

from adapters.shops.bridge.calls import Calls, one
from adapters.shops.web import sentence
from inbox.contract import Rejected, Unreadable
from inbox.contract.commerce import Act, Changed, Done, Preview

_REFUSED = "The shop refused it."


def preview(calls: Calls, act: Act) -> Preview:
    """What an act would do. Raises Rejected with the shop's sentence."""
    answer = calls.post("acts", "preview", body={"act": act.model_dump(mode="json")}, told=True)
    if _reason(answer.data):
        raise Rejected(_reason(answer.data))
    return one(Preview, answer.data)


def perform(calls: Calls, act: Act, *, key: str, version: str, reason: str) -> Done:
    """Do it once. Raises Changed, Rejected, Uncertain."""
    body = {"act": act.model_dump(mode="json"), "key": key, "version": version, "reason": reason}
    calls.io.checkpoint("before_wire")
    answer = calls.post("acts", body=body, changes=True, told=True)
    calls.io.checkpoint("after_wire")
    if isinstance(answer.data, dict) and "now" in answer.data:
        told = answer.data.get("difference")
        lines = (
            tuple(sentence(each) for each in told if isinstance(each, str)) if isinstance(told, list) else ()
        )
        raise Changed(one(Preview, answer.data["now"]), lines)
    if _reason(answer.data):
        raise Rejected(_reason(answer.data))
    return one(Done, answer.data)


def performed(calls: Calls, key: str) -> Done | None:
    """What was done under a key; None where the shop never heard of it."""
    told = calls.get("acts", key)
    return None if told is None else one(Done, told)


def _reason(data: Any) -> str:
    """The sentence with which the shop refuses, or "" where it does not. Raises Unreadable for neither."""
    if not isinstance(data, dict):
        raise Unreadable("The shop answered in no known way.", code="form")
    if "reason" not in data:
        return ""
    return sentence(str(data["reason"])) or _REFUSED
