"""Who may be believed about a sender: Authentication-Results, genuine and forged (reliability.md S02)."""

import pytest

from adapters.email.authenticity import level
from adapters.email.headers import split_header
from inbox.contract import Level

ID = "mx.shop.example"
SENDER = "ann@customer.example"
PASS = "dmarc=pass header.from=customer.example"
LMTP = "Received: from mx.shop.example ([10.0.0.5]) by imap.shop.example with LMTP id a; Tue, 3 Nov 2026"
BORDER = "Received: from mail.customer.example (mail.customer.example [203.0.113.7]) by mx.shop.example with ESMTPS"
FROM = "From: Ann <ann@customer.example>"


def results(text: str, server: str = ID) -> str:
    return f"Authentication-Results: {server}; {text}"


def judge(*fields: str, authserv_id: str = ID, microsoft: bool = False, sender: str = SENDER) -> Level:
    raw = "\r\n".join([*fields, "", "body"]).encode()
    found, reason = level(split_header(raw, 0, len(raw))[0], sender, authserv_id, microsoft=microsoft)
    assert reason.endswith(".")
    return found


GENUINE = {
    "dmarc": [results("dmarc=pass header.from=customer.example"), BORDER, FROM],
    "dkim of the domain": [results("dkim=pass header.d=customer.example"), BORDER, FROM],
    "dkim of the domain above": [results("dkim=pass header.d=customer.example"), BORDER,
                             "From: a@mail.customer.example"],
    "dkim by identity": [results("dkim=pass header.i=@customer.example"), BORDER, FROM],
    "behind a local hand-over": [LMTP, results("dmarc=pass header.from=customer.example"), BORDER, FROM],
    "in several fields": [results("spf=pass smtp.mailfrom=x.example"),
                          results("dmarc=pass (p=none) header.from=customer.example"), BORDER, FROM],
    "another server's field above": [results("dmarc=fail header.from=customer.example", "elsewhere.example"),
                                     results("dmarc=pass header.from=customer.example"), BORDER, FROM],
    "capitals": [results("DMARC=Pass header.from=Customer.Example", ID.upper()), BORDER, FROM],
    "with a version": [f"Authentication-Results: {ID} 1; dmarc=pass header.from=customer.example", BORDER, FROM],
    "folded": [results("spf=none;\r\n\tdmarc=pass header.from=customer.example"), BORDER, FROM],
}  # fmt: skip


@pytest.mark.parametrize("fields", GENUINE.values(), ids=GENUINE)
def test_a_genuine_result_is_believed(fields: list[str]) -> None:
    sender = "a@mail.customer.example" if "mail.customer" in fields[-1] else SENDER
    assert judge(*fields, sender=sender) is Level.MAIL_AUTH


FORGED = {
    "no result": [BORDER, FROM],
    "written by the sender": [BORDER, results(PASS), FROM],
    "written by the sender, with a hop": [BORDER, results(PASS),
        "Received: from a by mx.shop.example with ESMTP", FROM],
    "another server's": [results(PASS, "mx.evil.example"), BORDER, FROM],
    "a server whose name begins like ours": [results(PASS, "mx.shop.example.evil.example"), BORDER, FROM],
    "a server whose name ends like ours": [results(PASS, "evil-mx.shop.example"), BORDER, FROM],
    "our name in a comment": [f"Authentication-Results: evil.example ({ID}); {PASS}", BORDER, FROM],
    "our name in quotes of another": [f'Authentication-Results: "{ID} evil"; {PASS}', BORDER, FROM],
    "no name": [f"Authentication-Results: {PASS}", BORDER, FROM],
    "dmarc failed": [
        results("dmarc=fail header.from=customer.example; dkim=pass header.d=customer.example"), BORDER, FROM],
    "failed and passed": [results(f"dmarc=fail header.from=customer.example; {PASS}"), BORDER, FROM],
    "passed and failed in two fields": [results(PASS),
        results("dmarc=fail header.from=customer.example"), BORDER, FROM],
    "passed for another domain": [results("dmarc=pass header.from=evil.example"), BORDER, FROM],
    "passed for the domain above": [results("dmarc=pass header.from=example"), BORDER, FROM],
    "passed for nobody": [results("dmarc=pass"), BORDER, FROM],
    "passed in a comment": [results("dmarc=none (dmarc=pass header.from=customer.example)"), BORDER, FROM],
    "passed in a reason": [results('dmarc=none reason="; dmarc=pass header.from=customer.example"'), BORDER, FROM],
    "passed in a nested comment": [results("dmarc=none ((x) dmarc=pass) header.from=customer.example"), BORDER, FROM],
    "signed by another": [results("dkim=pass header.d=evil.example"), BORDER, FROM],
    "signed by a domain below": [results("dkim=pass header.d=evil.customer.example"), BORDER, FROM],
    "signed by a look-alike": [results("dkim=pass header.d=notcustomer.example"), BORDER, FROM],
    "signed by the top-level domain": [results("dkim=pass header.d=example"), BORDER, FROM],
    "signed by nobody": [results("dkim=pass"), BORDER, FROM],
    "spf only": [results("spf=pass smtp.mailfrom=customer.example"), BORDER, FROM],
    "domain in the local part": [results('dkim=pass header.i="customer.example"@evil.example'), BORDER, FROM],
    "two From fields": [results(PASS), BORDER, FROM, "From: Eve <eve@evil.example>"],
    "no From field": [results(PASS), BORDER],
    "unreadable": [results("dmarc=pass header.from=customer.example ((((("), BORDER, FROM],
    "deeply nested": [results("(" * 3000 + PASS), BORDER, FROM],
    "a hop that only calls itself local": [
        "Received: from localhost (evil.example [203.0.113.9]) by mx.shop.example with ESMTP", results(PASS), FROM],
    "a hop that calls itself by a local address": [
        "Received: from [127.0.0.1] (evil.example [203.0.113.9]) by mx.shop.example with ESMTP", results(PASS), FROM],
    "Microsoft's form without consent": ["Authentication-Results: spf=pass; dmarc=pass header.from=customer.example",
                                         "Received: from a (203.0.113.1) by b.protection.outlook.com", FROM],
}  # fmt: skip


@pytest.mark.parametrize("fields", FORGED.values(), ids=FORGED)
def test_a_forged_or_failed_result_is_not_believed(fields: list[str]) -> None:
    assert judge(*fields) is Level.CLAIMED


def test_without_a_configured_server_nobody_is_believed() -> None:
    assert judge(*GENUINE["dmarc"], authserv_id="") is Level.CLAIMED


GMAIL = (
    "Delivered-To: support@shop.example",
    "Received: by 2002:a05:6a10:1 with SMTP id x; Tue, 3 Nov 2026",
    "ARC-Seal: i=1; a=rsa-sha256",
    "ARC-Authentication-Results: i=1; mx.google.com; dmarc=fail header.from=customer.example",
    "Return-Path: <ann@customer.example>",
    "Received: from mail.customer.example (mail.customer.example. [203.0.113.7]) by mx.google.com with ESMTPS id y",
    "Received-SPF: pass (google.com: domain)",
)


def test_gmail_writes_its_result_below_its_own_hop() -> None:
    genuine = results(PASS, "mx.google.com")
    assert judge(*GMAIL, genuine, FROM, authserv_id="mx.google.com") is Level.MAIL_AUTH
    later = (*GMAIL, "Received: from x by y", genuine, FROM)
    assert judge(*later, authserv_id="mx.google.com") is Level.CLAIMED
    after_others = (*GMAIL, FROM, genuine)
    assert judge(*after_others, authserv_id="mx.google.com") is Level.CLAIMED
    both = (*GMAIL, results("dmarc=fail header.from=customer.example", "mx.google.com"), genuine, FROM)
    assert judge(*both, authserv_id="mx.google.com") is Level.CLAIMED


MICROSOFT = (
    "Received: from A.eurprd01.prod.outlook.com (2603:10a6::1) by B.eurprd01.prod.outlook.com with HTTPS",
    "Received: from C.eurprd01.prod.outlook.com (2603:10a6::2) by A.eurprd01.prod.outlook.com with Microsoft SMTP",
    (
        "Authentication-Results: spf=pass (sender IP is 203.0.113.7) smtp.mailfrom=customer.example; dkim=pass"
        " (signature was verified) header.d=customer.example;dmarc=pass action=none header.from=customer.example;"
        "compauth=pass reason=100"
    ),
    "Received: from mail.customer.example (203.0.113.7) by C.mail.protection.outlook.com (10.1.1.1) with Microsoft",
    FROM,
)


def test_microsofts_form_counts_with_consent_and_in_its_place() -> None:
    assert judge(*MICROSOFT, microsoft=True, authserv_id="") is Level.MAIL_AUTH
    assert judge(*MICROSOFT, microsoft=False) is Level.CLAIMED
    failed = [field.replace("dmarc=pass", "dmarc=fail") for field in MICROSOFT]
    assert judge(*failed, microsoft=True, authserv_id="") is Level.CLAIMED
    below = (MICROSOFT[0], MICROSOFT[1], MICROSOFT[3], MICROSOFT[2], MICROSOFT[3], FROM)
    forged_first = (BORDER, *MICROSOFT[2:])
    assert judge(*forged_first, microsoft=True, authserv_id="") is Level.CLAIMED
    comment = [field.replace("dmarc=pass", "dmarc=none (dmarc=pass header.from=customer.example)").replace(
        "header.d=customer.example", "header.d=evil.example") for field in MICROSOFT]  # fmt: skip
    assert judge(*comment, microsoft=True, authserv_id="") is Level.CLAIMED
    assert judge(*below, microsoft=True, authserv_id="") is Level.CLAIMED
