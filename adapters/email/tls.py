"""The TLS side of both protocols."""

import functools
import ssl
from pathlib import Path

import certifi

from adapters.email.config import EmailConfig
from inbox.contract import Rejected


def context_of(config: EmailConfig) -> ssl.SSLContext:
    """A context that checks the server's certificate and name as the configuration asks.

    Raises Rejected when the further authority that is set cannot be read.
    """
    return _context(config.tls_verify, config.tls_ca)


@functools.lru_cache(maxsize=32)
def _context(verify: bool, authority: str) -> ssl.SSLContext:
    # Loading the bundles takes 20 ms, too much for every message.
    context = ssl.create_default_context()
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    context.load_verify_locations(certifi.where())
    try:
        if authority.lstrip().startswith("-----BEGIN"):
            context.load_verify_locations(cadata=authority)
        elif authority:
            context.load_verify_locations(str(Path(authority)))
    except (OSError, ssl.SSLError) as error:
        raise Rejected("The certificate authority set for this mailbox cannot be read as PEM.") from error
    return context


def problem(error: ssl.SSLError, host: str) -> str:
    """A TLS failure as a sentence that tells what to do."""
    if isinstance(error, ssl.SSLCertVerificationError):
        if error.verify_code == 62 or "match" in error.verify_message:
            return (
                f"the certificate of {host} is made out to another name. Use the name the certificate bears."
            )
        if error.verify_code == 10:
            return f"the certificate of {host} has expired. Its operator has to renew it."
        if error.verify_code in (18, 19, 20, 21):
            return (
                f"the certificate of {host} comes from an authority that is not known here. "
                "Add that authority to the mailbox (tls_ca) if you trust it."
            )
        return f"the certificate of {host} is not valid: {error.verify_message}."
    if error.reason in ("WRONG_VERSION_NUMBER", "UNKNOWN_PROTOCOL", "HTTP_REQUEST"):
        return f"{host} does not speak TLS on this port. Check the port, or choose starttls."
    return f"no encrypted connection to {host} could be made ({error.reason or 'TLS error'})."
