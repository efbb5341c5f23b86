"""Checks of what a shop says about itself, and of its samples."""

import json
import re
from urllib.parse import urlsplit

from pydantic import ValidationError

from inbox.contract.commerce.conformance.case import ShopCase, describe_events
from inbox.contract.commerce.model import ShopEvent
from inbox.contract.commerce.port import Shop
from inbox.contract.commerce.words import Can
from inbox.contract.conformance.case import CANARY
from inbox.contract.conformance.items import check_text
from inbox.contract.conformance.manifest import SECRET_NAME, check_guide, check_mark
from inbox.contract.conformance.parsing import no_network

_ACTS = {
    *(Can.COUPON, Can.REFUND, Can.REFUND_LINES, Can.CANCEL, Can.EDIT_ADDRESS),
    *(Can.RESHIP, Can.DRAFT, Can.NOTE, Can.RETURN, Can.CART_LINK),
}


def check_shop_manifest(case: ShopCase) -> None:
    """The manifest says what is true: what can be done has a method that does it."""
    manifest, kind = case.shop.manifest, type(case.shop)
    assert manifest.key == case.kind == case.folder.name, "the key is the folder's name"
    assert re.fullmatch(r"[a-z][a-z0-9_]{1,30}", manifest.key), "the key is a plain word"
    assert manifest.title.strip() == manifest.title != "", "the title is for people"
    assert manifest.about.strip(), "whoever chooses a shop reads what it is about"
    for can, method in (
        (Can.ORDER_SEARCH, "find_orders"),
        (Can.PRODUCT_SEARCH, "products"),
        (Can.STOCK, "stock"),
        (Can.LOYALTY, "loyalty"),
    ):
        _together(case, can in manifest.can, method)
    if Can.CART_PUSH in manifest.can:
        _together(case, True, "verify")
    if Can.CART_READ in manifest.can:
        _together(case, True, "carts")
        _together(case, True, "cart")
    for method in ("preview", "perform"):
        _together(case, bool(_ACTS & manifest.can), method)
    _together(case, manifest.polls, "changes")
    possible = case.shop.can(case.bare_config(), {})
    assert possible <= manifest.can, "one connection cannot do more than its kind"
    assert (kind.parse is Shop.parse) == (kind.verify is Shop.verify), "who sends events is read"


def _together(case: ShopCase, can: bool, method: str) -> None:
    own = getattr(type(case.shop), method) is not getattr(Shop, method)
    assert can == own, f"{method} and what the manifest says go together"


def check_shop_docs(case: ShopCase) -> None:
    """The page that the manifest names exists."""
    docs = case.shop.manifest.docs
    if urlsplit(docs).scheme not in ("http", "https"):
        assert any((root / docs).is_file() for root in case.folder.resolve().parents), (
            f"{docs} does not exist"
        )


def check_shop_face(case: ShopCase) -> None:
    """The mark can be read on light and dark ground, and the guide's steps are sentences without a secret."""
    check_mark(case.shop.manifest.mark)
    for config, hook_url in (
        (None, ""),
        (case.bare_config(), ""),
        (case.bare_config(), "https://desk.example/hooks/shop/1"),
    ):
        steps = case.shop.guide(config, hook_url)
        assert steps == case.shop.guide(config, hook_url), "a guide is pure"
        check_guide(steps)


def check_shop_config(case: ShopCase) -> None:
    """Secrets are SecretStr, every field says what it is for, unknown fields are refused, nothing leaks."""
    model = case.shop.manifest.config
    for name, field in model.model_fields.items():
        assert field.description, f"the field {name} has no description"
        assert name in case.secrets or not SECRET_NAME.search(name), (
            f"the field {name} sounds secret and is no SecretStr"
        )
    config = case.canary_config()
    shown = f"{config!r} {config} {config.model_dump_json()} {config.account}"
    assert CANARY not in shown, "the configuration shows a secret"
    assert config.account, "a shop has a name of its own"
    try:
        model.model_validate({**config.model_dump(), "no_such_field": 1})
    except ValidationError:
        return
    raise AssertionError("unknown fields of the configuration are not refused")


def check_shop_samples(case: ShopCase) -> None:
    """Every sample gives the expected events, twice the same, through JSON unchanged, and without a network."""
    for sample in case.samples:
        with no_network():
            events = case.shop.parse(case.bare_config(), sample.raw)
            again = case.shop.parse(case.bare_config(), sample.raw.model_copy(deep=True))
        described = describe_events(events)
        assert described == sample.events, f"{sample.name}: {json.dumps(described, ensure_ascii=False)}"
        assert events == again, f"{sample.name}: parsing twice gives two results"
        for event in events:
            check_text(event.model_dump(mode="json"))
            assert ShopEvent.model_validate_json(event.model_dump_json()) == event, (
                f"{sample.name}: lost in JSON"
            )
