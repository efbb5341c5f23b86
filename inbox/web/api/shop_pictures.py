"""Pictures of products."""

from typing import Annotated

from flask import Response
from pydantic import Field

from inbox.commerce import pictures
from inbox.errors import NotFound
from inbox.flows import shop_pictures
from inbox.threads import attachments
from inbox.web.api.table import Query, Text, route
from inbox.web.context import context

TAG = "Shops"
_KEPT = "private, max-age=86400"


class PictureQuery(Query):
    """The `picture` beside an `image_url` has both."""

    url: Annotated[Text, Field(min_length=1, max_length=pictures.LONGEST)]
    proof: Annotated[Text, Field(max_length=64)]


@route(
    "GET",
    "/shops/<id:shop_id>/picture",
    tag=TAG,
    query=PictureQuery,
    answers={200: bytes},
    errors=(404,),
    gives="image/*",
)
def shop_picture(shop_id: int, query: PictureQuery) -> Response:
    """Show a picture of a shop's product, fetched by this server.

    Only addresses that the API has handed out are fetched, only from public hosts, and only raster pictures of at
    most 1 MB are shown.
    """
    ctx = context()
    if not pictures.proved(ctx.vault.derive(pictures.PURPOSE), shop_id, query.url, query.proof):
        raise NotFound("There is no picture.")
    found = shop_pictures.fetch(ctx, query.url)
    response = Response(found.data, content_type=found.media_type)
    response.headers["Content-Disposition"] = "inline"
    response.headers["Content-Security-Policy"] = attachments.POLICY
    response.headers["Cache-Control"] = _KEPT
    return response
