"""What may be set for a mailbox, and how a wrong setting is told."""

from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from adapters.email import ADAPTER, EmailConfig
from adapters.email.presets import PRESETS

LEAST: dict[str, Any] = {
    "address": "Support@Example.com",
    "imap_host": "imap.example.com",
    "smtp_host": "smtp.example.com",
}


def problem(**changes: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        EmailConfig(**LEAST | changes)
    (error,) = caught.value.errors()
    return f"{error['loc'][0]}: {error['msg']}"


def test_texts_of_a_command_line_become_what_they_mean() -> None:
    config = EmailConfig(
        **LEAST
        | {
            "imap_port": "1143",
            "imap_security": "plain",
            "backfill_days": "3",
            "tls_verify": "false",
            "other_addresses": "a@example.com, b@example.com",
            "trust_microsoft_results": "yes",
        }
    )
    assert (config.imap_port, config.backfill_days, config.tls_verify) == (1143, 3, False)
    assert config.other_addresses == ("a@example.com", "b@example.com")
    assert config.trust_microsoft_results


@pytest.mark.parametrize(
    ("security", "imap", "smtp"), [("ssl", 993, 465), ("starttls", 143, 587), ("plain", 143, 25)]
)
def test_ports_follow_from_the_kind_of_encryption(security: str, imap: int, smtp: int) -> None:
    config = EmailConfig(**LEAST | {"imap_security": security, "smtp_security": security, "imap_port": ""})
    assert (config.imap_port, config.smtp_port) == (imap, smtp)


def test_the_login_follows_from_the_address() -> None:
    config = EmailConfig(**LEAST | {"imap_password": "pw"})
    assert config.imap_username == "Support@Example.com"
    assert config.smtp_login == ("Support@Example.com", "pw")
    assert config.account == "support@example.com"
    apart = EmailConfig(**LEAST | {"imap_password": "pw", "smtp_username": "relay", "smtp_password": "other"})
    assert apart.smtp_login == ("relay", "other")
    assert EmailConfig(**LEAST | {"smtp_username": ""}).smtp_login[0] == ""


def test_a_known_providers_address_is_enough() -> None:
    config = EmailConfig(address="shop@gmail.com")
    assert (config.imap_host, config.imap_port) == ("imap.gmail.com", 993)
    assert (config.smtp_host, config.smtp_port, config.smtp_security) == ("smtp.gmail.com", 465, "ssl")
    named = EmailConfig(address="shop@example.com", provider="outlook")
    assert (named.smtp_host, named.smtp_port, named.smtp_security) == ("smtp.office365.com", 587, "starttls")
    assert named.preset is not None
    assert named.preset.plus_addressing


def test_what_is_set_wins_over_what_is_known() -> None:
    config = EmailConfig(
        address="shop@gmail.com", imap_host="mail.example.com", smtp_host="localhost", smtp_port=25
    )
    assert (config.imap_host, config.smtp_host, config.smtp_port) == ("mail.example.com", "localhost", 25)
    assert config.preset is None


def test_presets_are_complete_and_unambiguous() -> None:
    domains = [domain for preset in PRESETS for domain in preset.domains]
    assert len(domains) == len(set(domains))
    assert len({preset.key for preset in PRESETS}) == len(PRESETS)
    for preset in PRESETS:
        assert EmailConfig(address=f"me@{preset.domains[0]}").preset is preset


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"address": "nobody"}, "address: Value error, enter one mail address such as support@example.com"),
        ({"address": "a@b.com, c@d.com"}, "address: Value error, enter one mail address"),
        ({"imap_host": "https://imap.example.com/"}, "imap_host: Value error, enter the server's name only"),
        ({"imap_host": "a b"}, "imap_host: Value error, enter the server's name, such as"),
        ({"imap_port": "70000"}, "imap_port: Input should be less than or equal to 65535"),
        ({"imap_security": "tls"}, "imap_security: Input should be 'ssl', 'starttls' or 'plain'"),
        (
            {"other_addresses": "a@example.com, nobody"},
            "other_addresses: Value error, enter one mail address",
        ),
        ({"oauth_token_url": "example.com"}, "oauth_token_url: Value error, enter the full address"),
        ({"provider": "acme"}, "provider: Value error, known providers are gmail, outlook"),
        ({"imap_pasword": "typo"}, "imap_pasword: Extra inputs are not permitted"),
    ],
)
def test_a_wrong_setting_is_told_by_name(changes: dict[str, Any], message: str) -> None:
    assert problem(**changes).startswith(message)


@pytest.mark.parametrize("field", sorted(set(EmailConfig.model_fields) - {"signature", "tls_ca"}))
def test_no_text_can_break_out_of_its_line(field: str) -> None:
    for evil in ("a\r\nb", "a\nb", "a\x00b", "a\x85b", "a\u2028b"):
        with pytest.raises(ValidationError):
            EmailConfig(**LEAST | {field: evil})


def test_secrets_show_nowhere() -> None:
    config = EmailConfig(
        **LEAST | {"imap_password": "canary-1", "oauth_refresh_token": SecretStr("canary-2")}
    )
    assert "canary" not in f"{config!r} {config} {config.model_dump_json()}"


def test_a_configuration_without_its_secrets_still_reads_mail() -> None:
    public = EmailConfig(**LEAST | {"imap_password": "pw"}).model_dump(
        mode="json",
        exclude={name for name, field in EmailConfig.model_fields.items() if field.annotation is SecretStr},
    )
    assert EmailConfig(**public).address == "Support@Example.com"


def test_every_setting_is_described() -> None:
    assert all(field.description for field in ADAPTER.manifest.config.model_fields.values())
