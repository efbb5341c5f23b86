"""Having something done in a shop: refunds, cancellations, coupons and the like."""

from typing import Annotated, Any, Literal

from flask import Response
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from inbox.commerce import act_lists
from inbox.commerce.act_rules import REASON_MAX
from inbox.commerce.shapes import ActView, MoneyView, PreviewView
from inbox.contract.commerce import Act, Money, Preview
from inbox.errors import Invalid
from inbox.flows import act_decisions
from inbox.flows import acts as flow
from inbox.live import person
from inbox.web.api.table import Answer, Body, Id, Query, Text, route
from inbox.web.auth import me
from inbox.web.context import context
from inbox.web.errors import problem
from inbox.web.i18n import gettext as _

TAG = "Acts"


def _clean(act: Act) -> Act:
    text = act.model_dump_json()
    if "\\u0000" in text or "\\ud8" in text:
        raise PydanticCustomError("text", "Text must not contain NUL or half a character.")
    return act


Key = Annotated[str, Field(min_length=8, max_length=64, pattern=r"^[!-~]+$")]
CleanAct = Annotated[Act, AfterValidator(_clean)]
Reason = Annotated[Text, Field(max_length=REASON_MAX)]
Version = Annotated[Text, Field(max_length=500)]


class ActPreview(Body):
    """What is to be previewed."""

    customer_id: Id
    thread_id: Id | None = None
    act: CleanAct


class ActConfirmation(Body):
    """What is to be done. Make `key` when the dialog opens and repeat a request with it as often as you like: it is
    done once. `version`, and `amount` and `most` if you send them, are those of the preview that was shown; when one
    of them is another by now, nothing is done and the answer is 409."""

    key: Key
    customer_id: Id
    thread_id: Id | None = None
    act: CleanAct
    reason: Reason = ""
    version: Version = ""
    amount: Money | None = None
    most: Money | None = None


class Refusal(Body):
    """Why not. Whoever takes back what he wanted himself need not say it."""

    reason: Reason = ""


class Settlement(Body):
    """What became of an uncertain act, as somebody saw in the shop itself."""

    done: bool


class ActQuery(Query):
    """Which acts: all that wait for a second person, or the newest of a customer."""

    state: Literal["proposed"] | None = None
    customer_id: Id | None = None


class Acts(TypedDict):
    """Some acts."""

    items: list[ActView]


@route(
    "POST",
    "/shops/<id:shop_id>/acts/preview",
    tag=TAG,
    body=ActPreview,
    answers={200: PreviewView},
    errors=(404,),
)
def preview_act(shop_id: int, body: ActPreview) -> PreviewView:
    """Ask a shop what an act would do. Nothing is done.

    422 `refused` with the shop's reason when it cannot be done now, `cannot` when the connection has no such right,
    `not-linked` when nothing says that the order is the customer's; 503 while the shop does not answer.
    """
    return _preview(flow.preview(context(), me(), shop_id, body.customer_id, body.act, body.thread_id))


@route(
    "POST",
    "/shops/<id:shop_id>/acts",
    tag=TAG,
    body=ActConfirmation,
    answers={201: ActView, 200: ActView},
    errors=(404, 409),
)
def confirm_act(shop_id: int, body: ActConfirmation) -> Answer[ActView] | Response:
    """Have something done in a shop, once.

    201 the first time, 200 when the same request is repeated. The act comes back `done` when the shop was quick,
    `proposed` when a second person has to agree, and otherwise in the state in which it is: `commerce.changed` events
    tell what becomes of it. 409 `changed` when it would do something else by now (`now` is the new preview,
    `difference` says it in sentences), `busy` while another act on the order is not over, `idempotency-mismatch` when
    the key named something else. 422 as for a preview, and `reason-needed`.
    """
    asked = flow.Asked(
        key=body.key,
        customer_id=body.customer_id,
        thread_id=body.thread_id,
        act=body.act,
        reason=body.reason,
        shown=Preview(version=body.version, amount=body.amount, most=body.most),
    )
    try:
        confirmed = flow.confirm(context(), me(), shop_id, asked)
    except flow.KeyReused as error:
        return _problem(_(str(error)), "idempotency-mismatch")
    except flow.OrderChanged as error:
        return _problem(
            _("Nothing was done. Look at what is different, then decide."),
            "changed",
            now=_preview(error.now),
            difference=list(error.difference),
        )
    except flow.OrderBusy as error:
        with context().db.read() as session:
            act = act_lists.seen(session, me(), error.act_id)
        return _problem(_(str(error)), "busy", act=act)
    return Answer(_act(confirmed.act_id), 200 if confirmed.replayed else 201)


@route("GET", "/acts", tag=TAG, query=ActQuery, answers={200: Acts}, errors=(404,))
def list_acts(query: ActQuery) -> Acts:
    """List what waits for a second person, oldest first, or a customer's newest acts."""
    with context().db.read() as session:
        if query.customer_id is not None:
            customer_id = person.detail(session, me(), query.customer_id)["id"]
            found = act_lists.of_customer(session, me(), customer_id)
            return {"items": [act for act in found if query.state in (None, act["state"])]}
        if query.state is None:
            raise Invalid("Say whose acts, or in which state.", "/customer_id")
        return {"items": act_lists.proposed(session, me())}


@route("POST", "/acts/<id:act_id>/approve", tag=TAG, answers={200: ActView}, errors=(404,))
def approve_act(act_id: int) -> ActView:
    """Agree to what a colleague wants done, as a supervisor or admin whose own limit covers it. It is done then, unless
    the order has changed since it was shown: it comes back `refused`, with the difference in `result`."""
    act_decisions.approve(context(), me(), act_id)
    return _act(act_id)


@route("POST", "/acts/<id:act_id>/refuse", tag=TAG, body=Refusal, answers={200: ActView}, errors=(404,))
def refuse_act(act_id: int, body: Refusal) -> ActView:
    """Refuse what a colleague wants done, or take back what one wanted oneself before it is on its way."""
    act_decisions.refuse(context(), me(), act_id, body.reason)
    return _act(act_id)


@route("POST", "/acts/<id:act_id>/check", tag=TAG, answers={200: ActView}, errors=(404,))
def check_act(act_id: int) -> ActView:
    """Ask the shop at once what became of an act that is uncertain, pending, or waits for its next try."""
    act_decisions.check(context(), me(), act_id)
    return _act(act_id)


@route("POST", "/acts/<id:act_id>/settle", tag=TAG, body=Settlement, answers={200: ActView}, errors=(404,))
def settle_act(act_id: int, body: Settlement) -> ActView:
    """Say what became of an uncertain act of which the shop cannot tell, as a supervisor who looked there."""
    act_decisions.settle(context(), me(), act_id, done=body.done)
    return _act(act_id)


def _act(act_id: int) -> ActView:
    with context().db.read() as session:
        return act_lists.view(session, me(), act_id)


def _preview(found: flow.Previewed) -> PreviewView:
    return {
        "amount": _money(found.preview.amount),
        "most": _money(found.preview.most),
        "version": found.preview.version,
        "notes": list(found.preview.notes),
        "alone": found.alone,
        "limit": _money(found.limit),
    }


def _money(money: Money | None) -> MoneyView | None:
    return None if money is None else {"amount": f"{money.amount:f}", "currency": money.currency}


def _problem(detail: str, slug: str, **more: Any) -> Response:
    return problem(409, _("Something else happened meanwhile"), detail, slug=slug, **more)
