"""What a file is by its bytes. The sender's claim is a hint for its icon, never for how it is shown."""

import mimetypes

import filetype

INLINE = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""The only types ever shown in place as pictures."""

PLAYED = frozenset(
    {
        "audio/mpeg",
        "audio/ogg",
        "audio/mp4",
        "audio/aac",
        "audio/flac",
        "audio/x-wav",
        "video/mp4",
        "video/webm",
    }
)
"""The only types ever played in place; what is neither picture, sound nor film is a download."""

_ACTIVE = ("text/html", "image/svg", "application/xhtml", "text/xml", "application/xml", "text/javascript")


def media_type(head: bytes, claimed: str, name: str = "") -> str:
    """The media type to store, from the first bytes, the claimed type and the name.

    Bytes win. A claim to be an inline image that the bytes do not bear out, or to be something a browser
    would run, becomes plain `application/octet-stream`.
    """
    found = filetype.guess(head)
    if found is not None:
        return str(found.mime)
    claim = claimed.partition(";")[0].strip().lower()
    if not claim or claim in INLINE or claim.startswith(_ACTIVE) or not claim.isascii() or " " in claim:
        return "text/plain" if name.lower().endswith(".txt") else "application/octet-stream"
    return claim[:100]


def is_mislabelled(head: bytes, claimed: str, name: str) -> bool:
    """Whether a file says by its claimed type or its name that it is a picture, and by its bytes is none.

    One kind of picture under the name of another is none of it: phones and shops name them so all the time.
    """
    said = {claimed.partition(";")[0].strip().lower(), mimetypes.guess_type(name)[0]}
    found = filetype.guess(head)
    return bool(said & INLINE) and (found is None or not str(found.mime).startswith("image/"))
