"""What a customer who left is told by mail. Pure."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import groupby

from inbox.contract.markup import literal

Say = Callable[[str], str]
"""A fixed text in the customer's language."""


@dataclass(frozen=True)
class Unread:
    """A reply that he has not seen: its author, its text, and the names and sizes (in bytes) of its files."""

    message_id: int
    author: str
    text: str
    files: tuple[tuple[str, int], ...] = ()


def carried_files(replies: Sequence[Unread], each: int | None, all_: int | None) -> list[int]:
    """The replies whose files go along, in order, as far as the channel takes so many bytes; None is no limit."""
    carried, total = [], 0
    for reply in replies:
        size = sum(size for _, size in reply.files)
        largest = max((size for _, size in reply.files), default=0)
        fits = (each is None or largest <= each) and (all_ is None or total + size <= all_)
        if reply.files and fits:
            carried.append(reply.message_id)
            total += size
    return carried


def author(replies: Sequence[Unread]) -> str:
    """The name under which the mail goes out: that of the only author, else none."""
    names = {reply.author for reply in replies}
    return names.pop() if len(names) == 1 else ""


def compose(replies: Sequence[Unread], carried: Collection[int], page: str, _: Say) -> str:
    """All replies in order, in our Markdown, with who wrote each; files that stay behind are named.

    `page` is the address of the chat, or "".
    """
    parts = [_("While you were away, you were answered:")]
    for name, written in groupby(replies, key=lambda reply: reply.author):
        if name:
            parts.append(f"**{literal(name)}:**")
        for reply in written:
            if reply.text.strip():
                parts.append(reply.text.strip())
            if reply.files and reply.message_id not in carried:
                names = ", ".join(literal(name) for name, _ in reply.files)
                parts.append(_("Files that wait for you in the chat: %(names)s") % {"names": names})
    parts.append(_("Answer this mail to go on with the conversation."))
    if page:
        parts.append(_("The chat is here: %(page)s") % {"page": page})
    return "\n\n".join(parts)
