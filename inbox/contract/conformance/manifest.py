"""Checks of what an adapter says about itself."""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from pydantic import ValidationError

from inbox.contract.adapter import Adapter
from inbox.contract.conformance.case import CANARY, Case, secret_fields
from inbox.contract.conformance.items import check_text
from inbox.contract.face import Mark, Step
from inbox.contract.site import SiteConfig

_READABLE = 4.5
"""WCAG 2.2 AA for text."""
_DARK = "#26262c"
_HOOK_URL = "https://shop.example/hooks/x/1"
SECRET_NAME = re.compile(r"password|secret|(?:^|_)(?:token|key)$|refresh_token|access_token", re.IGNORECASE)


def check_manifest(case: Case) -> None:
    """The manifest says what is true."""
    manifest = case.adapter.manifest
    assert manifest.key == case.kind == case.folder.name, "the key is the folder's name"
    assert re.fullmatch(r"[a-z][a-z0-9_]{1,30}", manifest.key), "the key is a plain word"
    assert manifest.title.strip() == manifest.title != "", "the title is for people"
    assert re.fullmatch(r"[a-z][a-z0-9_]{1,30}", manifest.namespace), "the namespace is a plain word"
    can, kind = manifest.can, type(case.adapter)
    assert can.webhook or can.poll or can.site, (
        "a channel that takes no webhooks, is not polled and is no site brings nothing in"
    )
    assert can.site == issubclass(manifest.config, SiteConfig), (
        "site in the manifest and a SiteConfig go together"
    )
    assert can.webhook == (kind.verify is not Adapter.verify), (
        "webhook in the manifest and verify go together"
    )
    assert can.poll == (kind.poller is not Adapter.poller), "poll in the manifest and poller go together"
    assert can.text_max is None or can.text_max > 0, "a limit of no characters is none"
    assert can.splits == (kind.parts is not Adapter.parts), "splits in the manifest and parts go together"
    assert can.reactions == (kind.react is not Adapter.react), "reactions and react go together"
    assert can.edit == (kind.edit is not Adapter.edit), "edit in the manifest and edit go together"
    assert can.delete == (kind.delete is not Adapter.delete), "delete in the manifest and delete go together"
    assert can.edit or can.edit_within is None, "only who can change what went out says for how long"
    assert can.delete or can.delete_within is None, "only who can take back what went out says for how long"
    assert can.proves_links == (kind.link_url is not Adapter.link_url), (
        "proves_links and link_url go together"
    )
    assert can.typing or kind.typing is Adapter.typing, "who shows that somebody types says so"


def check_face(case: Case) -> None:
    """The mark can be read on light and dark ground, and the guide's steps are sentences without a secret."""
    check_mark(case.adapter.manifest.mark)
    for config, hook_url in ((None, ""), (case.parse_config(), ""), (case.parse_config(), _HOOK_URL)):
        steps = case.adapter.guide(config, hook_url)
        assert steps == case.adapter.guide(config, hook_url), "a guide is pure"
        check_guide(steps)


def check_mark(mark: Mark) -> None:
    """A mark can be read on light and dark ground."""
    assert _contrast(mark.light, "#ffffff") >= _READABLE, f"{mark.light} is too pale on white"
    assert _contrast(mark.dark, _DARK) >= _READABLE, f"{mark.dark} is too dark on {_DARK}"


def check_guide(steps: Sequence[Step]) -> None:
    """Steps are sentences, and what comes before connecting stands before what comes after."""
    assert [step.when for step in steps] == sorted(
        (step.when for step in steps), key=("before", "after").index
    ), "what comes before connecting stands before what comes after"
    for step in steps:
        assert step.title.strip(), "a step has a title"
        assert step.text.strip() or step.copy_text.strip(), "a step says what to do"
        check_text(step.model_dump())


def _contrast(one: str, other: str) -> float:
    """WCAG's contrast of two colours, from 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def check_parts(case: Case) -> None:
    """A long text is previewed in parts that each fit and together hold every word; a short one is one part."""
    can, config = case.adapter.manifest.can, case.parse_config()
    if not can.splits:
        assert case.adapter.parts(config, "word " * 3000) == ("word " * 3000,)
        return
    assert can.text_max is not None, "who splits says where"
    assert case.adapter.parts(config, "Hello there") == ("Hello there",)
    for text in (
        "word " * can.text_max,
        "x" * (3 * can.text_max),
        "\U0001f600" * (2 * can.text_max),
        "One line\n" * can.text_max,
    ):
        parts = case.adapter.parts(config, text)
        assert len(parts) > 1, "a long text is more than one part"
        assert all(0 < _length(part, can.text_unit) <= can.text_max for part in parts), "every part fits"
        assert "".join("".join(parts).split()) == "".join(text.split()), "no word is lost"


def _length(text: str, unit: str) -> int:
    coding = {"utf16": ("utf-16-le", 2), "bytes": ("utf-8", 1)}.get(unit)
    return len(text) if coding is None else len(text.encode(coding[0])) // coding[1]


def check_docs(case: Case) -> None:
    """The page that the manifest names exists."""
    docs = case.adapter.manifest.docs
    if urlsplit(docs).scheme in ("http", "https"):
        return
    assert any((root / docs).is_file() for root in case.folder.resolve().parents), f"{docs} does not exist"


def check_config(case: Case) -> None:
    """Secrets are SecretStr, every field says what it is for, unknown fields are refused, nothing leaks."""
    model = case.adapter.manifest.config
    secrets = secret_fields(model)
    for name, field in model.model_fields.items():
        assert field.description, f"the field {name} has no description"
        assert name in secrets or not SECRET_NAME.search(name), (
            f"the field {name} sounds secret and is no SecretStr"
        )
    assert model.model_json_schema()["type"] == "object"
    config = case.canary_config()
    shown = f"{config!r} {config} {config.model_dump_json()} {config.account}"
    assert CANARY not in shown, "the configuration shows a secret"
    assert config.account, "an account has an address of its own"
    try:
        model.model_validate({**case.config, "no_such_field": 1})
    except ValidationError:
        return
    raise AssertionError("unknown fields of the configuration are not refused")
