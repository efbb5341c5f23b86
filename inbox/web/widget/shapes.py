"""What the panel on a shop's site sends and is sent, as JSON. Moments are ISO 8601 in UTC, sizes in bytes.

The browser side is built against these shapes; see docs/channels/chat_widget.md.
"""

from typing import Literal, TypedDict

from inbox.visits.words import ProofCode

Needs = Literal["no", "ask", "required"]


class LoaderTexts(TypedDict):
    """What the launcher says. `unread` has {n} in it; `failed` is said when the panel cannot be reached."""

    open: str
    close: str
    unread: str
    failed: str


class Look(TypedDict):
    """What loader and panel both know of a channel.

    `domains` are the hosts that may hold the widget: "shop.example", "*.shop.example", "localhost:5000"; an entry
    without a port means any port. `name` is the title of the frame.
    """

    key: str
    name: str
    domains: list[str]
    accent: str
    theme: Literal["auto", "light", "dark"]


class LoaderConfig(Look):
    """Baked into the loader in place of `__ONETHREAD__`. `offset` in CSS pixels: inline, block."""

    position: Literal["end", "start"]
    offset: tuple[int, int]
    texts: LoaderTexts


class PanelVisitor(TypedDict):
    """Who the visitor is to us. `email` is his; `email_proved` when a signed identity or a code proved it."""

    verified: bool
    name: str | None
    email: str | None
    email_proved: bool


class Identity(TypedDict):
    """What came of the signed identity in the request: "none" was sent, "verified", or "refused" and why."""

    state: Literal["none", "verified", "refused"]
    code: ProofCode | None
    detail: str | None


class PanelPerson(TypedDict):
    """An agent as visitors see him. `photo` is the address of his picture, which needs no token."""

    name: str
    photo: str | None


class PanelTeam(TypedDict):
    """Who answers: a name for all, and up to three agents."""

    name: str
    agents: list[PanelPerson]


class Expects(TypedDict):
    """When an answer can be expected: in `minutes`, or when closed not before `back_at`. `text` says it."""

    open: bool
    text: str
    back_at: str | None
    minutes: int | None


class PanelFile(TypedDict):
    """A file. `url` needs the Authorization header. `image`: it may be shown in place."""

    id: int
    name: str
    size: int
    media_type: str
    image: bool
    url: str


class PanelAnswered(TypedDict):
    """The visitor's own message that a reply answers: how it begins."""

    id: int
    body: str


class PanelMessage(TypedDict):
    """A message as the visitor sees it. Ids grow with time; of his own, `client_msg_id` is what the panel sent.

    `state` is that of his own messages: "delivered" is in the thread, "read" an agent has seen it. `html` is
    safe: made by us from `body`, or null when there is only text. A removed message has no body and no files.
    """

    id: int
    client_msg_id: str | None
    mine: bool
    author: PanelPerson | None
    body: str
    html: str | None
    files: list[PanelFile]
    at: str
    state: Literal["delivered", "read"] | None
    edited: bool
    removed: bool
    answers: PanelAnswered | None


class PendingMessage(TypedDict):
    """The visitor's own message that is kept, but not in the thread yet. It comes as a PanelMessage soon."""

    client_msg_id: str
    body: str
    files: list[PanelFile]
    at: str


class PanelTyping(TypedDict):
    """An agent is writing, as far as is known until that moment."""

    name: str
    until: str


class PanelRating(TypedDict):
    """An episode that the visitor is asked to rate, and who answered in it; gone once he has.

    `score` is empty as long as he is asked.
    """

    episode_id: int
    agent: PanelPerson | None
    asked_at: str
    score: int | None


class PanelLink(TypedDict):
    """Another channel on which the visitor can go on. `continued`: he has done so."""

    channel_id: int
    title: str
    kind: str
    continued: bool


class Texts(TypedDict):
    """The shop's own words, in the visitor's language. An empty text is not shown."""

    title: str
    greeting: str
    offline: str


class Limits(TypedDict):
    """What one message may have: characters, bytes of a file, files."""

    text: int
    file: int
    files: int


class PanelConfig(Look):
    """In the panel's document, so that it shows itself before the first request."""

    agents: list[PanelPerson]
    expects: Expects
    texts: Texts
    file_max: int


class PanelPart(TypedDict):
    """Messages of the visitor by ascending id, and what else changes while he looks.

    `cursor` goes into the next `since`. `reset`: what the panel holds is no longer right; `items` are the
    newest messages, to show instead of all others. `more`: there are more in the direction asked for.
    `blocked`: he may read, and do nothing else.
    `seen`: the newest of his own messages that an agent has seen, or 0.
    """

    items: list[PanelMessage]
    pending: list[PendingMessage]
    more: bool
    cursor: str
    reset: bool
    seen: int
    unread: int
    typing: PanelTyping | None
    expects: Expects
    needs_email: Needs
    links: list[PanelLink]
    rating: PanelRating | None
    blocked: bool


class Boot(TypedDict):
    """Everything that the panel needs to open. `more`: there are older messages."""

    token: str
    visitor: PanelVisitor
    identity: Identity
    team: PanelTeam
    expects: Expects
    needs_email: Needs
    messages: list[PanelMessage]
    pending: list[PendingMessage]
    more: bool
    cursor: str
    seen: int
    unread: int
    typing: PanelTyping | None
    links: list[PanelLink]
    rating: PanelRating | None
    blocked: bool
    texts: Texts
    limits: Limits
    locale: str
    direction: Literal["ltr", "rtl"]


class Kept(TypedDict):
    """A message was kept. `id` is its `client_msg_id`."""

    id: str


class CodeSent(TypedDict):
    """What came of an address: whether a code is on its way, and until when it can be typed in."""

    address: str
    sent: bool
    expires_at: str | None


class LinkMade(TypedDict):
    """Where the visitor goes on, once, until `expires_at`."""

    url: str
    expires_at: str


class News(TypedDict):
    """Event `news`: ask for `messages?since=`. With `reload` everything may be different: POST session again."""

    cursor: str
    reload: bool


class WidgetProblem(TypedDict):
    """Every error (RFC 9457). `code` is stable; `title` and `detail` are neutral and in English or the visitor's
    language."""

    type: str
    title: str
    status: int
    detail: str
    code: str
