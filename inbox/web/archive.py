"""The archive with everything about a customer, as an answer."""

from flask import Response

from inbox.flows.export import export
from inbox.threads.attachments import disposition
from inbox.web.auth import me
from inbox.web.context import context


def archive(customer_id: int) -> Response:
    """Everything about a customer, sent while it is put together. Raises NotAllowed or NotFound."""
    made = export(context(), me(), customer_id)
    response = Response(made.chunks, content_type="application/zip")
    response.headers["Content-Disposition"] = disposition("attachment", made.name)
    return response
