"""The closed sets of words of this room, apart from its tables: decisions need them without a database."""

import enum
from typing import Literal

ProofCode = Literal[
    "not_configured",
    "too_large",
    "malformed",
    "wrong_algorithm",
    "bad_signature",
    "missing_exp",
    "expired",
    "too_long",
    "not_yet",
    "missing_sub",
    "bad_claim",
]
"""Why a signed identity of the shop was refused. For the shop's engineer, never for the visitor."""


class Proof(enum.StrEnum):
    """By what a browser proved to be a known person: a signed token of the shop, its older form, or his mailbox."""

    JWT = "jwt"
    HMAC = "hmac"
    MAILBOX = "mailbox"
