"""The live test of a mailbox: both servers are asked, nothing is changed, every problem is a sentence."""

import re
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from imapclient import exceptions
from pydantic import JsonValue

from adapters.email.compose import plus_form
from adapters.email.config import EmailConfig
from adapters.email.dialogue import opened, refusal, said
from adapters.email.imap import Connection, connect, reported, select_folder
from adapters.email.oauth import Tokens
from adapters.email.poll import find_sent
from inbox.contract import AdapterError, Health, Io

TEST_SECONDS = 13.0
"""For each of the two servers, at the same time."""
_STEP_SECONDS = 6.0
_LATEST = 20
"""How many mails are looked at for the name of the server that checks senders."""
_AUTHSERV = re.compile(
    rb"(?im)^authentication-results:\s*(?:\([^)]*\)\s*)?([a-z0-9][a-z0-9.-]{0,252})(?:\s+\d+)?\s*;"
)


@dataclass
class _Report:
    """What one part of the test found."""

    part: str
    problems: list[str] = field(default_factory=list)
    facts: dict[str, JsonValue] = field(default_factory=dict)
    done: bool = False

    def fail(self, error: AdapterError) -> None:
        """Take down a problem, with the name of the part before it."""
        reason = error.reason
        named = reason.startswith(("IMAP:", "SMTP:", "OAuth:"))
        self.problems.append(reason if named else f"{self.part}: {reason}")


def check(config: EmailConfig, io: Io) -> Health:
    """Log in to both servers and see what they can do. Never raises; takes 15 s at most."""
    reports = [_Report("IMAP"), _Report("SMTP")]
    if config.auth == "xoauth2":
        trouble = _Report("OAuth")
        try:
            Tokens(config, io).access()
        except AdapterError as error:
            trouble.fail(error)
            return Health(ok=False, problems=tuple(trouble.problems))
    parts: list[Callable[[EmailConfig, Io, _Report], None]] = [_check_imap, _check_smtp]
    threads = [
        threading.Thread(target=_run, args=(part, config, io, report), daemon=True)
        for part, report in zip(parts, reports, strict=True)
    ]
    until = time.monotonic() + TEST_SECONDS + 1
    for thread in threads:
        thread.start()
    for thread, report in zip(threads, reports, strict=True):
        # A resolver that hangs cannot be interrupted, only left behind.
        thread.join(max(0.0, until - time.monotonic()))
        if not report.done:
            host = config.imap_host if report.part == "IMAP" else config.smtp_host
            report.problems.append(f"{report.part}: {host} did not answer within {TEST_SECONDS:.0f} seconds.")
    problems = tuple(problem for report in reports for problem in report.problems)
    facts = {key: value for report in reports for key, value in report.facts.items()}
    return Health(ok=not problems, problems=problems, facts=facts)


def _run(
    part: Callable[[EmailConfig, Io, _Report], None], config: EmailConfig, io: Io, report: _Report
) -> None:
    try:
        part(config, io, report)
    except AdapterError as error:
        report.fail(error)
    report.done = True


# IMAP


def _check_imap(config: EmailConfig, io: Io, report: _Report) -> None:
    connection = connect(config, io, deadline=time.monotonic() + TEST_SECONDS)
    try:
        with reported(config):
            report.facts["idle"] = connection.has_capability("IDLE")
            select_folder(connection, config.imap_folder, config)
            sent = find_sent(connection, config)
            report.facts["sent_folder"] = sent
            if (
                config.sent_folder not in ("", "auto")
                and not sent
                and config.sent_folder != config.imap_folder
            ):
                report.problems.append(f'IMAP: {config.imap_host} has no folder "{config.sent_folder}".')
            if not config.authserv_id:
                report.facts["authserv_candidates"] = list(_authserv_candidates(connection))
    finally:
        connection.leave()


def _authserv_candidates(connection: Connection) -> list[str]:
    """Names that stand in the topmost Authentication-Results of the latest mails, most frequent first."""
    uids = sorted(connection.search("ALL"))[-_LATEST:]
    if not uids:
        return []
    try:
        answer = connection.fetch(uids, ["BODY.PEEK[HEADER.FIELDS (AUTHENTICATION-RESULTS)]"])
    except exceptions.IMAPClientAbortError:
        raise
    except exceptions.IMAPClientError:
        # A hint only: a server that will not tell is no problem of the mailbox.
        return []
    names: Counter[str] = Counter()
    for data in answer.values():
        for value in data.values():
            match = _AUTHSERV.search(value) if isinstance(value, bytes) else None
            if match:
                names[match[1].decode("ascii").lower()] += 1
    return [name for name, _ in names.most_common(3)]


# SMTP


def _check_smtp(config: EmailConfig, io: Io, report: _Report) -> None:
    with opened(config, io, timeout=_STEP_SECONDS) as dialogue:
        limit = dialogue.esmtp_features.get("size", "")
        if limit.isdecimal() and int(limit):
            report.facts["size_max"] = int(limit)
        own = f"{config.address.rpartition('@')[0]}@{config.domain}"
        code, text = dialogue.mail(own)
        if code != 250:
            raise refusal(f"{config.smtp_host} refused {own} as sender", code, said(text))
        # Whoever takes any address proves nothing by taking the tagged one.
        tagged, nobody = plus_form(config, "r.probe"), f"no-such-{secrets.token_hex(6)}@{config.domain}"
        takes_tagged = bool(tagged) and dialogue.rcpt(tagged)[0] in (250, 251)
        takes_anything = dialogue.rcpt(nobody)[0] in (250, 251, 252)
        known = config.preset is not None and config.preset.plus_addressing
        report.facts["plus_addressing"] = takes_tagged and (known or not takes_anything)
        dialogue.rset()
        dialogue.quit()
