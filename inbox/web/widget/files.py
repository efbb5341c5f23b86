"""Files of visitors: sent up before their message, and fetched again."""

import itertools
from collections.abc import Iterator
from typing import Annotated, Literal

from flask import Response, request
from pydantic import BaseModel, ConfigDict, Field

from inbox.errors import Invalid
from inbox.files import CHUNK
from inbox.flows import panel
from inbox.threads import attachments, sniff
from inbox.visits import stream as reading
from inbox.web.api.table import reply
from inbox.web.context import context
from inbox.web.i18n import gettext as _
from inbox.web.widget import limits, standing, stream
from inbox.web.widget.api import api
from inbox.web.widget.door import Refusal, nothing, query, visitors
from inbox.web.widget.look import Look


class UploadQuery(BaseModel):
    """The file's name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(min_length=1, max_length=500)]


class DownloadQuery(BaseModel):
    """`inline=1` shows raster images in place; everything else is a download all the same."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    inline: Literal["0", "1"] = "0"


@api.post("/files")
@visitors(limits.UPLOAD, "upload")
def upload(look: Look) -> Response:
    """Take a file. The body is the file; its id goes into a message."""
    ctx, name = context(), query(UploadQuery).name.replace("\0", "")
    limit = standing.file_max(ctx, look.place)
    if (request.content_length or 0) > limit:
        raise _too_large(limit)
    request.max_content_length = limit + 1  # one more, so that it is us who notice, and say it in our words
    chunks = iter(lambda: request.stream.read(CHUNK), b"")
    first = next(chunks, b"")
    if not first:
        raise Invalid("The file is empty.")
    if sniff.is_mislabelled(first[: attachments.HEAD], request.mimetype, name):
        raise Refusal(415, "mislabelled", _("The file says that it is a picture, and it is none."))
    try:
        stored = ctx.files.put(itertools.chain([first], chunks), limit=limit)
    except Invalid as error:
        raise _too_large(limit) from error
    file = panel.add_file(
        ctx,
        look.place,
        look.visitor,
        name=name,
        claimed=request.mimetype,
        head=first[: attachments.HEAD],
        stored=stored,
    )
    return reply(stream.file_view(look.place, file), 201)


@api.get("/files/<id:file_id>")
@visitors(limits.LOOK, "look", even_blocked=True)
def download(look: Look, file_id: int) -> Response:
    """A file of a message that the visitor may read, or one that he has just uploaded."""
    ctx, inline = context(), query(DownloadQuery).inline == "1"
    with ctx.db.read() as session:
        found = reading.upload(session, look.visitor, file_id)
        if found is None:
            entry = reading.of_file(session, look.visitor, look.now, file_id)
            if entry is not None and stream.readable(session, look, [entry[1]]):
                found = entry[0]
    if found is None or found.storage_key is None:
        raise nothing()
    source = ctx.files.open(found.storage_key)
    head = source.read(attachments.HEAD)
    media_type, kind = attachments.served_as(head, inline=inline)

    def body() -> Iterator[bytes]:
        with source:
            yield head
            while chunk := source.read(CHUNK):
                yield chunk

    response = Response(body(), content_type=media_type)
    response.call_on_close(source.close)  # also when nobody reads the body, as with HEAD
    response.headers["Content-Disposition"] = attachments.disposition(kind, found.name)
    response.headers["Content-Security-Policy"] = attachments.POLICY
    response.headers["Content-Length"] = str(found.size)
    return response


def _too_large(limit: int) -> Refusal:
    megabytes = limit / (1024 * 1024)
    return Refusal(
        413, "too_large", _("The file is too large. At most %(size)s MB are taken.", size=f"{megabytes:.0f}")
    )
