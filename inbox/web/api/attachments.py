"""Uploads and downloads."""

import itertools
from collections.abc import Iterator
from typing import Annotated, Literal

from flask import Response, request
from pydantic import Field
from werkzeug.exceptions import RequestedRangeNotSatisfiable, RequestEntityTooLarge

from inbox.errors import Invalid, NotFound
from inbox.files import CHUNK
from inbox.shapes import AttachmentView
from inbox.threads import attachments as files
from inbox.threads import messages
from inbox.web.api.table import Answer, Query, Text, route
from inbox.web.auth import me
from inbox.web.context import context

TAG = "Attachments"


class UploadQuery(Query):
    """The file's name."""

    name: Annotated[Text, Field(min_length=1, max_length=500)]


class DownloadQuery(Query):
    """`inline=1` shows raster images, sounds and films in place; everything else is a download all the same."""

    inline: Literal["0", "1"] = "0"


@route(
    "POST",
    "/attachments",
    tag=TAG,
    query=UploadQuery,
    answers={201: AttachmentView},
    errors=(413, 507),
    takes="application/octet-stream",
)
def upload_attachment(query: UploadQuery) -> Answer[AttachmentView]:
    """Upload a file. The body is the file; its id goes into a reply, a note or a draft."""
    ctx = context()
    limit = ctx.settings.attachment_max
    request.max_content_length = limit
    chunks = iter(lambda: request.stream.read(CHUNK), b"")
    first = next(chunks, b"")
    if not first:
        raise Invalid("The file is empty.")
    try:
        stored = ctx.files.put(itertools.chain([first], chunks), limit=limit)
    except Invalid as error:
        raise RequestEntityTooLarge from error
    with ctx.db.write() as session:
        view = files.add_upload(
            session,
            me().id,
            name=query.name,
            claimed=request.mimetype,
            head=first[: files.HEAD],
            stored=stored,
            now=ctx.clock(),
        )
    return Answer(view, 201)


@route(
    "GET",
    "/attachments/<id:attachment_id>",
    tag=TAG,
    query=DownloadQuery,
    answers={200: bytes},
    errors=(404,),
    gives="application/octet-stream",
)
def download_attachment(attachment_id: int, query: DownloadQuery) -> Response:
    """Download a file of a message I may read, or an upload of my own; also in parts (`Range`), as players ask."""
    with context().db.read() as session:
        found = messages.attachment(session, me(), attachment_id)
    if found.storage_key is None:
        raise NotFound("The bytes of this file are not here.")
    part = _part(found.size)
    stream = context().files.open(found.storage_key)
    media_type, kind = files.served_as(stream.read(files.HEAD), inline=query.inline == "1")

    def body() -> Iterator[bytes]:
        with stream:
            stream.seek(part.start)
            left = len(part)
            while chunk := stream.read(min(CHUNK, left)):
                left -= len(chunk)
                yield chunk

    response = Response(body(), content_type=media_type)
    response.call_on_close(stream.close)  # also when nobody reads the body, as with HEAD
    response.headers["Content-Disposition"] = files.disposition(kind, found.name)
    response.headers["Content-Security-Policy"] = files.POLICY
    response.headers["Content-Length"] = str(len(part))
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["X-Content-Type-Options"] = "nosniff"
    if len(part) < found.size:
        response.status_code = 206
        response.headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{found.size}"
    return response


def _part(size: int) -> range:
    """The bytes that are asked for: all, or one range. Several at once are answered with all, as RFC 9110 allows."""
    if request.range is None or request.range.units != "bytes" or len(request.range.ranges) > 1:
        return range(size)
    wanted = request.range.range_for_length(size)
    if wanted is None:
        raise RequestedRangeNotSatisfiable(size)
    return range(*wanted)
