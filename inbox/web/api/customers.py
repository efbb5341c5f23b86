"""Customers: who they are, and what is known of them."""

from typing import Annotated, Any

from flask import Response
from pydantic import Field

from inbox.agents.words import Role
from inbox.customers import queries as customers
from inbox.customers.notes import number
from inbox.customers.shapes import CustomerDetail, Duplicates, EpisodePage, MergePage
from inbox.flows import privacy, profile
from inbox.live import person
from inbox.shapes import CustomerPage
from inbox.threads.queries import threads_of
from inbox.threads.search import customer_visible_to
from inbox.web.api.table import Body, Limit, Query, Text, route
from inbox.web.archive import archive
from inbox.web.auth import me
from inbox.web.context import context

TAG = "Customers"

Key = Annotated[Text, Field(max_length=40)]
Value = Annotated[Text, Field(max_length=500)] | int | float | bool | None


class CustomerQuery(Query):
    """Which customers."""

    q: Annotated[Text, Field(max_length=200)] = ""
    tag: Annotated[Text, Field(max_length=50)] = ""
    limit: Limit = 50
    cursor: Annotated[Text, Field(max_length=1000)] | None = None


class PageQuery(Query):
    """Which page of a list."""

    limit: Limit = 20
    cursor: Annotated[Text, Field(max_length=100)] | None = None


class CustomerChange(Body):
    """Fields that are absent stay as they are. `fields` has values of custom fields by key; null empties one."""

    name: Annotated[Text, Field(min_length=1, max_length=200)] = ""
    locale: Annotated[Text, Field(max_length=35)] | None = None
    time_zone: Annotated[Text, Field(max_length=60)] | None = None
    fields: Annotated[dict[Key, Value], Field(max_length=50)] = Field(default_factory=dict)
    tags: Annotated[
        tuple[Annotated[Text, Field(min_length=1, max_length=50)], ...], Field(max_length=50)
    ] = ()


@route("GET", "/customers", tag=TAG, query=CustomerQuery, answers={200: CustomerPage})
def list_customers(query: CustomerQuery) -> CustomerPage:
    """List customers by name, or find some.

    `q` finds the words of a name and the beginning of an address or a tag; `tag` those who have it.
    """
    with context().db.read() as session:
        page = customers.page(
            session,
            customer_visible_to(me()),
            q=query.q,
            tag=query.tag,
            cursor=query.cursor,
            limit=query.limit,
        )
        threads = threads_of(session, [item["id"] for item in page["items"]])
    for item in page["items"]:
        item["thread_id"] = threads.get(item["id"])
    return page


@route("GET", "/customers/<id:customer_id>", tag=TAG, answers={200: CustomerDetail}, errors=(404,))
def get_customer(customer_id: int) -> CustomerDetail:
    """Show a customer: addresses and how sure we are of them, what he claims, tags, fields and consents.

    The id of one who was merged away answers with the survivor, whose `id` differs.
    """
    return _detail(customer_id)


@route(
    "PATCH",
    "/customers/<id:customer_id>",
    tag=TAG,
    body=CustomerChange,
    answers={200: CustomerDetail},
    errors=(404, 409),
)
def change_customer(customer_id: int, body: CustomerChange) -> CustomerDetail:
    """Change a customer's name, language, time zone, values of custom fields, or tags (all of them)."""
    given: dict[str, Any] = body.model_dump(exclude_unset=True)
    return _detail(profile.change(context(), me(), customer_id, given))


@route(
    "GET",
    "/customers/<id:customer_id>/episodes",
    tag=TAG,
    query=PageQuery,
    answers={200: EpisodePage},
    errors=(404,),
)
def list_episodes(customer_id: int, query: PageQuery) -> EpisodePage:
    """List a customer's requests over all channels, newest first."""
    with context().db.read() as session:
        found = person.detail(session, me(), customer_id)
        return person.episodes(session, found["thread_id"], cursor=query.cursor, limit=query.limit)


@route("GET", "/customers/<id:customer_id>/duplicates", tag=TAG, answers={200: Duplicates}, errors=(404,))
def list_duplicates(customer_id: int) -> Duplicates:
    """List the customers who may be the same person, with the evidence."""
    with context().db.read() as session:
        found = person.detail(session, me(), customer_id)
        return {"items": person.duplicates(session, me(), found["id"])}


@route(
    "GET",
    "/customers/<id:customer_id>/merges",
    tag=TAG,
    query=PageQuery,
    answers={200: MergePage},
    errors=(404,),
)
def list_merges(customer_id: int, query: PageQuery) -> MergePage:
    """List what was merged into a customer and split from him, newest first, and what can still be undone."""
    ctx = context()
    with ctx.db.read() as session:
        found = person.detail(session, me(), customer_id)
        return person.merges(
            session, found["id"], now=ctx.clock(), before=number(query.cursor), limit=query.limit
        )


@route(
    "GET",
    "/customers/<id:customer_id>/export",
    tag=TAG,
    answers={200: bytes},
    errors=(404,),
    role=Role.SUPERVISOR,
    gives="application/zip",
)
def export_customer(customer_id: int) -> Response:
    """Hand out everything about a customer: customer.json and all files, as a zip archive. It is noted who took it."""
    return archive(customer_id)


@route(
    "DELETE",
    "/customers/<id:customer_id>",
    tag=TAG,
    answers={204: None, 202: None},
    errors=(404, 409),
    role=Role.ADMIN,
)
def erase_customer(customer_id: int) -> Response:
    """Erase a customer for good.

    204 when nothing is left of him; 202 when he is gone from every answer, and the rest is being removed.
    Repeat the request to wait for that. 409 while a reply to him is being sent.
    """
    return Response(status=204 if privacy.erase(context(), me(), customer_id) else 202)


def _detail(customer_id: int) -> CustomerDetail:
    with context().db.read() as session:
        return person.detail(session, me(), customer_id)
