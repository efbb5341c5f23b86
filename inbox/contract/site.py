"""Channels that are our own panel on a shop's site: what the product has to know of one, and what its visitors send.

Such a channel has no provider. The panel's requests come to our own web layer, which keeps each message as an
envelope with a `SiteMessage` in it; the adapter reads that like any payload. Replies are read by the panel from us.
"""

from typing import Literal
from urllib.parse import urlsplit, urlunsplit

from pydantic import AwareDatetime, Field

from inbox.contract.adapter import ChannelConfig
from inbox.contract.messages import Frozen, Party

AskEmail = Literal["after_first", "offline", "never"]
Theme = Literal["auto", "light", "dark"]


class Site(Frozen):
    """A site's panel as its admin set it up.

    `key` is public: it is in the address of the script. `domains` are hosts that may hold the panel, with an
    optional port ("shop.example", "*.shop.example", "localhost:5000"); without one any port will do. `secrets`
    sign identities, the newest first. `texts` has the shop's words by name and language; the language "" is for
    all that have none of their own. `hours` is a text for `contract.hours`, in the time zone `zone`.
    `attachment_max` in bytes. `continue_in` names channels, or says "all".
    """

    key: str
    domains: tuple[str, ...]
    secrets: tuple[str, ...] = Field((), repr=False)
    accent: str
    theme: Theme
    position: Literal["end", "start"]
    offset: tuple[int, int]
    languages: tuple[str, ...]
    texts: dict[str, dict[str, str]]
    hours: str
    zone: str
    ask_email: AskEmail
    ask_rating: bool
    attachment_max: int
    continue_in: tuple[str, ...]

    def says(self, name: str, language: str) -> str:
        """The shop's own words in a language, or in that of all others, or ""."""
        words = self.texts.get(name, {})
        if language in words or "" in words:
            return words.get(language, words.get("", ""))
        return next((words[other] for other in self.languages if other in words), "")

    def page(self, url: str) -> str:
        """The address of a page of this site without its query, or "" for any other page.

        Pages tell their addresses themselves, so one that goes into a letter has to be the shop's own.
        """
        try:
            found = urlsplit(url)
            host, port = found.hostname or "", found.port
        except ValueError:
            return ""
        names = {f"{name}{suffix}" for name in _with_parents(host) for suffix in ("", f":{port}")}
        if found.scheme not in ("https", "http") or not names & set(self.domains):
            return ""
        return urlunsplit((found.scheme, found.netloc.rpartition("@")[2], found.path, "", ""))

    def language(self, *wished: str) -> str:
        """Which of the panel's languages fits the first wish that any fits ("de-AT" is served by "de")."""
        for wish in wished:
            tag = wish.replace("_", "-").casefold()
            for exact in (True, False):
                for known in self.languages:
                    folded = known.casefold()
                    if folded == tag or (not exact and folded.partition("-")[0] == tag.partition("-")[0]):
                        return known
        return self.languages[0]


def _with_parents(host: str) -> list[str]:
    """A host as `domains` may hold it: itself, and below each of its parents."""
    labels = host.split(".")
    return [host, *(f"*.{'.'.join(labels[start:])}" for start in range(1, len(labels)))]


class SiteConfig(ChannelConfig):
    """Base of configurations of channels whose manifest says `site`. The account is the site's public key."""

    @property
    def site(self) -> Site:
        """The settings as the product uses them."""
        raise NotImplementedError


def visitor_name(address: str) -> str:
    """What to call a visitor who has told no name, by the random name of his browser."""
    return f"Visitor {address[:4].upper()}"


class SiteFile(Frozen):
    """A file of a visitor's message, which he uploaded before: its number in our store, and what is known of it."""

    id: int
    name: str = ""
    media_type: str = "application/octet-stream"
    size: int = 0


class SiteMessage(Frozen):
    """A visitor's message, as our web layer keeps it.

    `visitor` is the random name of his browser, which the web layer looked up from its token; `proved` says by
    what he proved to be a known person, or is empty. `claims` are what the page or he himself says he is.
    """

    visitor: str
    client_msg_id: str
    text: str
    at: AwareDatetime
    name: str = ""
    files: tuple[SiteFile, ...] = ()
    claims: tuple[Party, ...] = ()
    proved: str = ""
    locale: str = ""
    page: dict[str, str] = Field(default_factory=dict)
