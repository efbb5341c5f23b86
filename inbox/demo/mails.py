"""Raw mails as the programs of customers write them, for the parser to read like any other."""

from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from html import escape

from inbox.demo import media
from inbox.demo.script import SHOP, Customer

AUTHSERV = "mx.alpe.example"
"""The name under which the shop's own mail server notes what it found out about a sender."""

_POLICY = SMTP.clone(max_line_length=200)
_GMAIL = "margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex"


@dataclass(frozen=True)
class Answered:
    """The message a customer answers: its ids, newest last, and what his program quotes of it."""

    ids: tuple[str, ...]
    author: str
    at: datetime
    text: str


def build(
    customer: Customer,
    number: str,
    at: datetime,
    text: str,
    subject: str,
    *,
    style: str = "plain",
    files: tuple[str, ...] = (),
    automatic: bool = False,
    answered: Answered | None = None,
) -> bytes:
    """One mail to the shop. `number` makes its id."""
    mail = EmailMessage(policy=_POLICY)
    domain = customer.email.partition("@")[2]
    mail["Return-Path"] = "<>" if automatic else f"<{customer.email}>"
    if customer.proof != "none":
        mail["Authentication-Results"] = (
            f"{AUTHSERV}; dmarc={customer.proof} header.from={domain}; "
            f"spf={customer.proof} smtp.mailfrom={customer.email}"
        )
    mail["From"] = formataddr((customer.name, customer.email))
    mail["To"] = formataddr(("Alpe", SHOP))
    mail["Subject"] = subject
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = f"<{number}@{domain}>"
    if automatic:
        mail["Auto-Submitted"] = "auto-replied"
    if answered is not None and answered.ids:
        mail["In-Reply-To"] = answered.ids[-1]
        mail["References"] = " ".join(answered.ids)
    mail.set_content(text + _plain_quote(answered), cte="base64")
    if style != "plain":
        mail.add_alternative(_html(style, text, answered), subtype="html", cte="base64")
    for name in files:
        body, media_type = media.make(name)
        maintype, _, subtype = media_type.partition("/")
        mail.add_attachment(body, maintype=maintype, subtype=subtype, filename=name)
    return mail.as_bytes()


def _plain_quote(answered: Answered | None) -> str:
    if answered is None or not answered.text:
        return "\n"
    quoted = "\n".join(f"> {line}" for line in answered.text.splitlines())
    return f"\n\nOn {answered.at:%a, %d %b %Y at %H:%M}, {answered.author} <{SHOP}> wrote:\n\n{quoted}\n"


def _html(style: str, text: str, answered: Answered | None) -> str:
    body = _paragraphs(text)
    if answered is None or not answered.text:
        return f"<html><body>{body}</body></html>"
    quoted = _paragraphs(answered.text)
    said = f"On {answered.at:%a, %d %b %Y at %H:%M}, {escape(answered.author)} &lt;{SHOP}&gt; wrote:"
    quotes = {
        "gmail": (
            f'<br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">{said}<br></div>'
            f'<blockquote class="gmail_quote" style="{_GMAIL}">{quoted}</blockquote></div>'
        ),
        "outlook": (
            '<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p>'
            f"<b>From:</b> {escape(answered.author)} &lt;{SHOP}&gt;<br>"
            f"<b>Sent:</b> {answered.at:%A, %d %B %Y %H:%M}<br></p></div>{quoted}"
        ),
        "apple": f'<div><br><blockquote type="cite"><div>{said}</div><br>{quoted}</blockquote></div>',
    }
    return f"<html><body>{body}{quotes[style]}</body></html>"


def _paragraphs(text: str) -> str:
    parts = (escape(part).replace("\n", "<br>") for part in text.split("\n\n"))
    return "".join(f"<p>{part}</p>" for part in parts)
