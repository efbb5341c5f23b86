"""Bounces, delays and read receipts; and mail that machines wrote."""

import pytest

from inbox.contract import Inbound
from tests.adapters.email.reading import HEAD, changes, inbound, items, multipart, part

OURS = "<0190aabbccddeeff.mfrggzdfmztwq2lk@shop.example>"
ENCLOSED = part("message/rfc822", f"Message-ID: {OURS}\nSubject: Re: Hi\n\nText")
TOP = "Return-Path: <>\nFrom: Mailer <mailer-daemon@mx.example>\nTo: support@shop.example\n"


def report(*groups: str, enclosed: str = ENCLOSED, top: str = TOP, kind: str = "delivery-status") -> str:
    status = part("message/delivery-status", "\n\n".join(["Reporting-MTA: dns; mx.example", *groups]))
    return top + multipart("report", part("text/plain", "Sorry."), status, enclosed, report_type=kind)


GROUP = "Final-Recipient: rfc822; {0}\nAction: {1}\nStatus: {2}\nDiagnostic-Code: smtp; {3}"


def test_a_failed_delivery() -> None:
    (found,) = changes(report(GROUP.format("Ann@X.example", "failed", "5.1.1", "550 no such user")))
    assert (found.state, found.recipient, found.code) == ("failed", "ann@x.example", "5.1.1")
    assert found.external_ids == (OURS,)
    assert found.reason == "This mailbox does not exist. (550 no such user)"


@pytest.mark.parametrize(
    ("action", "status", "state"),
    [
        ("failed", "5.0.0", "failed"),
        ("failed", "4.4.7", "failed"),
        ("delayed", "4.4.1", "delayed"),
        ("delivered", "2.1.5", "delivered"),
        ("relayed", "2.0.0", "delivered"),
        ("", "5.2.2", "failed"),
        ("", "4.2.2", "delayed"),
        ("Failed (gone)", "5.1.1", "failed"),
    ],
)
def test_actions_and_codes(action: str, status: str, state: str) -> None:
    (found,) = changes(report(GROUP.format("ann@x.example", action, status, "x")))
    assert found.state == state


def test_each_recipient_has_its_own_news() -> None:
    found = changes(report(*(GROUP.format(f"u{n}@x.example", "failed", "5.1.1", "x") for n in range(3))))
    assert [change.recipient for change in found] == ["u0@x.example", "u1@x.example", "u2@x.example"]


def test_the_address_we_wrote_to_counts_not_where_it_led() -> None:
    group = "Original-Recipient: rfc822;alias@x.example\n" + GROUP.format(
        "real@y.example", "failed", "5.1.1", "x"
    )
    assert changes(report(group))[0].recipient == "alias@x.example"


def test_a_better_code_in_the_diagnostics_wins_over_none() -> None:
    assert (
        changes(report(GROUP.format("a@x.example", "failed", "5.0.0", "550 5.7.26 no dmarc")))[0].code
        == "5.7.26"
    )


def test_the_token_of_the_bounce_address_is_found() -> None:
    top = "Delivered-To: support+b.NBSWY3DPEB3W64TM@shop.example\n" + TOP.replace("Return-Path: <>\n", "")
    (found,) = changes(report(GROUP.format("a@x.example", "failed", "5.1.1", "x"), enclosed="", top=top))
    assert found.tokens == ("nbswy3dpeb3w64tm",)


def test_headers_only_and_references_lead_to_our_message_too() -> None:
    enclosed = part("text/rfc822-headers", f"Message-ID: {OURS}\n")
    assert changes(report(GROUP.format("a@x.example", "failed", "5.1.1", "x"), enclosed=enclosed))[
        0
    ].external_ids == (OURS,)
    top = TOP + f"References: <parent@x.example> {OURS}\n"
    found = changes(report(GROUP.format("a@x.example", "failed", "5.1.1", "x"), enclosed="", top=top))
    assert found[0].external_ids == (OURS, "<parent@x.example>")


def test_a_report_about_nothing_of_ours_stays_a_message() -> None:
    (found,) = items(report(GROUP.format("a@x.example", "failed", "5.1.1", "x"), enclosed=""))
    assert isinstance(found, Inbound)
    assert found.automatic


def test_a_read_receipt() -> None:
    note = part(
        "message/disposition-notification",
        f"Final-Recipient: rfc822;ann@customer.example\nOriginal-Message-ID: {OURS}\n"
        "Disposition: manual-action/MDN-sent-manually; displayed",
    )
    mail = HEAD + multipart(
        "report", part("text/plain", "Read."), note, report_type="disposition-notification"
    )
    (found,) = changes(mail)
    assert (found.state, found.external_ids, found.recipient) == ("read", (OURS,), "ann@customer.example")
    (deleted,) = items(mail.replace("displayed", "deleted"))
    assert isinstance(deleted, Inbound)


def test_a_bounce_in_prose() -> None:
    mail = (
        "Return-Path: <>\nFrom: MAILER-DAEMON@old.example\nTo: support+b.nbswy3dpeb3w64tm@shop.example\n"
        "X-Failed-Recipients: a@x.example, b@x.example\n\n{0}\n"
    )
    failed = changes(mail.format("550 5.2.2 Mailbox full"))
    assert [(change.state, change.recipient, change.code) for change in failed] == [
        ("failed", "a@x.example", "5.2.2"),
        ("failed", "b@x.example", "5.2.2"),
    ]
    assert changes(mail.format("Warning: message delayed 24 hours"))[0].state == "delayed"


def test_somebodys_answer_to_the_bounce_address_is_no_bounce() -> None:
    mail = (
        HEAD.replace("support@", "support+b.nbswy3dpeb3w64tm@")
        + "Auto-Submitted: auto-replied\n\nI am away.\n"
    )
    assert inbound(mail).automatic == "auto-submitted"


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("Auto-Submitted: auto-replied", "auto-submitted"),
        ("Auto-Submitted: auto-generated (rejected)", "auto-submitted"),
        ("Auto-Submitted: no", ""),
        ("Auto-Submitted: No; x=y", ""),
        ("Return-Path: <>", "null-sender"),
        ("Return-Path: <ann@customer.example>", ""),
        ("Precedence: bulk", "precedence"),
        ("Precedence: list", "precedence"),
        ("Precedence: junk", "precedence"),
        ("Precedence: auto_reply", "precedence"),
        ("Precedence: first-class", ""),
        ("List-Id: <news.x.example>", "list"),
        ("X-Auto-Response-Suppress: All", "auto-response-suppress"),
        ("X-Autoreply: yes", "auto-reply"),
        ("X-Autorespond: x", "auto-reply"),
        ("X-Onethread-Id: 0190aabbccddeeff", "loop"),
        ("X-Other: x", ""),
    ],
)
def test_mail_that_a_machine_wrote_is_told(field: str, code: str) -> None:
    assert inbound(f"{HEAD}{field}\n\nHello\n").automatic == code


@pytest.mark.parametrize(
    ("sender", "code"),
    [
        ("MAILER-DAEMON@x.example", "robot"),
        ("postmaster@x.example", "robot"),
        ("no-reply@x.example", "robot"),
        ("noreply+123@x.example", "robot"),
        ("do_not_reply@x.example", "robot"),
        ("reply@x.example", ""),
        ("noreplay@x.example", ""),
        ("support@shop.example", "own-address"),
        ("help+x@shop.example", "own-address"),
    ],
)
def test_senders_that_nobody_reads_are_told(sender: str, code: str) -> None:
    assert inbound(f"From: {sender}\nTo: support@shop.example\n\nHello\n").automatic == code


def test_a_colleagues_installation_marks_its_own_mail_and_is_no_loop() -> None:
    mail = (
        "From: agent@other.example\nMessage-ID: <{0}.mfrggzdfmztwq2lk@other.example>\n"
        "X-Onethread-Id: 0190aabbccddeeff\n\nHi\n"
    )
    assert inbound(mail.format("0190aabbccddeeff")).automatic == ""
    assert inbound(mail.format("0190aabbccddee00")).automatic == "loop"


def test_a_group_of_our_own_hands_customers_on() -> None:
    mail = "From: ann@customer.example\nList-Id: <support.shop.example>\nPrecedence: list\n\nHello\n"
    assert inbound(mail).automatic == ""
    assert inbound(mail.replace("support.shop", "news.shop")).automatic != ""
