"""Templates: listed with their gaps, filled, previewed and sent."""

from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.meta.whatsapp import ADAPTER
from inbox.contract import Filled, Outgoing, Party, Rejected, Template, TryLater
from tests.adapters.whatsapp.peer import config_of, net_io
from tests.peers.graph_call import Fault
from tests.peers.graph_whatsapp import WABA_ID, WhatsApp

SHIPPED: dict[str, Any] = {
    "id": "1",
    "name": "order_shipped",
    "language": "en_US",
    "status": "APPROVED",
    "category": "UTILITY",
    "parameter_format": "POSITIONAL",
    "components": [
        {"type": "HEADER", "format": "TEXT", "text": "Order {{1}}", "example": {"header_text": ["1042"]}},
        {
            "type": "BODY",
            "text": "Hi {{1}}, your order left on {{2}}. *Thank you!*",
            "example": {"body_text": [["Anna", "Friday"]]},
        },
        {"type": "FOOTER", "text": "Lucky Shrub"},
        {
            "type": "BUTTONS",
            "buttons": [
                {"type": "QUICK_REPLY", "text": "Thanks"},
                {
                    "type": "URL",
                    "text": "Track",
                    "url": "https://x.example/t/{{1}}",
                    "example": ["https://x.example/t/7"],
                },
            ],
        },
    ],
}
NAMED: dict[str, Any] = {
    "name": "back_soon",
    "language": "it",
    "status": "APPROVED",
    "category": "MARKETING",
    "parameter_format": "NAMED",
    "components": [
        {
            "type": "BODY",
            "text": "Ciao {{first_name}}, {{product}} is back. {{first_name}}!",
            "example": {
                "body_text_named_params": [
                    {"param_name": "first_name", "example": "Anna"},
                    {"param_name": "product", "example": "Aloe"},
                ]
            },
        },
        {"type": "BUTTONS", "buttons": [{"type": "COPY_CODE", "example": "SPRING"}]},
    ],
}
VALUES = {"header.1": "1042", "1": "Anna", "2": "Friday", "button.2": "JJD-7"}


def listed(whatsapp: WhatsApp, *templates: dict[str, Any], **facts: Any) -> tuple[Template, ...]:
    whatsapp.templates = list(templates)
    return ADAPTER.templates(config_of(whatsapp), net_io(facts))


def simple(name: str = "hello", **more: Any) -> dict[str, Any]:
    found = {"name": name, "language": "en", "status": "APPROVED", "category": "UTILITY"}
    return {**found, "components": [{"type": "BODY", "text": "Hello"}], **more}


def with_parts(*parts: dict[str, Any], **more: Any) -> dict[str, Any]:
    return simple(components=[{"type": "BODY", "text": "Hello"}, *parts], **more)


def message(filled: Filled, to: str = "DE.1") -> Outgoing:
    party = Party(namespace="whatsapp", address=to)
    at = datetime(2026, 1, 2, tzinfo=UTC)
    return Outgoing(
        idem_key="k", to=party, text="as shown", bounce_token="b-1", template=filled, created_at=at
    )


# The list


def test_a_template_is_shown_whole_with_its_gaps_by_place(whatsapp: WhatsApp) -> None:
    [found] = listed(whatsapp, SHIPPED)
    assert found.text == (
        "Order {{header.1}}\n\nHi {{1}}, your order left on {{2}}. *Thank you!*\n\nLucky Shrub\n\n"
        "[Thanks]\n\n[Track: https://x.example/t/{{button.2}}]"
    )
    assert [(gap.name, gap.example) for gap in found.fields] == [
        ("header.1", "1042"), ("1", "Anna"), ("2", "Friday"), ("button.2", "7"),
    ]  # fmt: skip
    assert (found.name, found.language, found.kind, found.problem) == (
        "order_shipped",
        "en_US",
        "Utility",
        "",
    )


def test_named_gaps_keep_their_names_and_are_filled_once(whatsapp: WhatsApp) -> None:
    [found] = listed(whatsapp, NAMED)
    assert [(gap.name, gap.example) for gap in found.fields] == [
        ("first_name", "Anna"), ("product", "Aloe"), ("coupon.1", "SPRING"),
    ]  # fmt: skip


def test_all_pages_are_asked_for(whatsapp: WhatsApp) -> None:
    found = listed(whatsapp, *(simple(f"t{n:03d}") for n in range(450)))
    assert [template.name for template in found] == [f"t{n:03d}" for n in range(450)]
    assert len(whatsapp.graph.made("message_templates", "GET")) == 3


@pytest.mark.parametrize(
    "status", ["PENDING", "REJECTED", "PAUSED", "DISABLED", "IN_APPEAL", "SOMETHING_NEW"]
)
def test_what_is_not_approved_says_so_and_stands_last(whatsapp: WhatsApp, status: str) -> None:
    first, last = listed(whatsapp, simple("a", status=status), simple("b"))
    assert (first.name, first.problem) == ("b", "")
    assert last.problem.endswith(".")


@pytest.mark.parametrize(
    "template",
    [
        with_parts(
            {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["https://x.example/1.jpg"]}}
        ),
        with_parts({"type": "HEADER", "format": "DOCUMENT"}),
        with_parts({"type": "HEADER", "format": "LOCATION"}),
        with_parts({"type": "CAROUSEL", "cards": []}),
        with_parts({"type": "LIMITED_TIME_OFFER"}),
        with_parts({"type": "BUTTONS", "buttons": [{"type": "FLOW", "text": "Fill in"}]}),
        with_parts({"type": "BUTTONS", "buttons": [{"type": "OTP", "text": "Copy"}]}),
        with_parts({"type": "BUTTONS", "buttons": ["what"]}),
        simple(category="AUTHENTICATION"),
    ],
)
def test_what_cannot_be_filled_by_words_says_why(whatsapp: WhatsApp, template: dict[str, Any]) -> None:
    [found] = listed(whatsapp, template)
    assert found.problem.endswith(".")
    with pytest.raises(Rejected):
        ADAPTER.fill(config_of(whatsapp), found, {})


def test_the_account_is_the_configured_one_or_the_one_that_was_found(whatsapp: WhatsApp) -> None:
    whatsapp.templates = [simple()]
    config = config_of(whatsapp, waba_id="")
    assert len(ADAPTER.templates(config, net_io({"waba_id": WABA_ID}))) == 1
    with pytest.raises(Rejected, match="Enter its id"):
        ADAPTER.templates(config, net_io())


def test_an_answer_nobody_understands_is_tried_again(whatsapp: WhatsApp) -> None:
    for answer in (b"<html>", b"{}", b'{"data": 7}', b'{"data": [], "paging": 7}'):
        whatsapp.graph.fail("message_templates", Fault("say", answer=answer))
        with pytest.raises(TryLater):
            listed(whatsapp)


# Filling


def test_a_preview_is_what_the_customer_reads(whatsapp: WhatsApp) -> None:
    [found] = listed(whatsapp, SHIPPED)
    text = ADAPTER.fill(config_of(whatsapp), found, {**VALUES, "1": " {{2}} "})
    assert text == (
        "Order 1042\n\nHi {{2}}, your order left on Friday. *Thank you!*\n\nLucky Shrub\n\n"
        "[Thanks]\n\n[Track: https://x.example/t/JJD-7]"
    )


@pytest.mark.parametrize("value", ["", "  ", "two\nlines", "a\ttab", "wide     gap", "x" * 1025])
def test_what_does_not_fit_a_gap_is_named_before_it_is_sent(whatsapp: WhatsApp, value: str) -> None:
    [found] = listed(whatsapp, SHIPPED)
    with pytest.raises(Rejected, match="“2”"):
        ADAPTER.fill(config_of(whatsapp), found, {**VALUES, "2": value})
    filled = Filled(name="order_shipped", language="en_US", values={**VALUES, "2": value})
    with pytest.raises(Rejected, match="“2”"):
        ADAPTER.send(config_of(whatsapp), message(filled), net_io())
    assert whatsapp.sent == []


# Sending


def test_a_template_is_sent_with_what_fills_each_place(whatsapp: WhatsApp) -> None:
    listed(whatsapp, SHIPPED)
    whatsapp.person(user_id="DE.1")
    filled = Filled(name="order_shipped", language="en_US", values=VALUES)
    receipt = ADAPTER.send(config_of(whatsapp), message(filled), net_io())
    [sent] = whatsapp.sent
    assert (sent["recipient"], sent["biz_opaque_callback_data"], sent["type"]) == ("DE.1", "b-1", "template")
    assert sent["template"]["language"] == {"code": "en_US"}
    components = {
        (part["type"], part.get("index")): part["parameters"] for part in sent["template"]["components"]
    }
    assert components == {
        ("header", None): [{"type": "text", "text": "1042"}],
        ("body", None): [{"type": "text", "text": "Anna"}, {"type": "text", "text": "Friday"}],
        ("button", "1"): [{"type": "text", "text": "JJD-7"}],
    }
    assert receipt.external_id == sent["wamid"]


def test_named_gaps_and_codes_are_sent_as_such(whatsapp: WhatsApp) -> None:
    listed(whatsapp, NAMED)
    values = {"product": "Aloe", "first_name": "Anna", "coupon.1": "SPRING"}
    ADAPTER.send(
        config_of(whatsapp), message(Filled(name="back_soon", language="it", values=values)), net_io()
    )
    body, button = whatsapp.sent[0]["template"]["components"]
    assert {each["parameter_name"]: each["text"] for each in body["parameters"]} == {
        "first_name": "Anna",
        "product": "Aloe",
    }
    assert button["sub_type"] == "copy_code"
    assert button["parameters"] == [{"type": "coupon_code", "coupon_code": "SPRING"}]


def test_ten_gaps_stay_in_their_order(whatsapp: WhatsApp) -> None:
    words = " ".join(f"{{{{{n}}}}}" for n in range(1, 13))
    listed(whatsapp, simple(components=[{"type": "BODY", "text": words}]))
    values = {str(n): f"v{n}" for n in range(12, 0, -1)}
    ADAPTER.send(config_of(whatsapp), message(Filled(name="hello", language="en", values=values)), net_io())
    [body] = whatsapp.sent[0]["template"]["components"]
    assert [each["text"] for each in body["parameters"]] == [f"v{n}" for n in range(1, 13)]


def test_a_template_without_gaps_has_no_components(whatsapp: WhatsApp) -> None:
    listed(whatsapp, simple())
    ADAPTER.send(config_of(whatsapp), message(Filled(name="hello", language="en")), net_io())
    assert whatsapp.sent[0]["template"] == {"name": "hello", "language": {"code": "en"}}


@pytest.mark.parametrize(
    ("filled", "reason"),
    [
        (Filled(name="gone", language="en"), "no such approved template"),
        (Filled(name="hello", language="de"), "no such approved template"),
        (Filled(name="hello", language="en", values={"1": "too much"}), "another number of gaps"),
        (Filled(name="paused", language="en"), "paused the template"),
    ],
)
def test_what_whatsapp_refuses_is_said_in_words(whatsapp: WhatsApp, filled: Filled, reason: str) -> None:
    listed(whatsapp, simple(), simple("paused", status="PAUSED"))
    with pytest.raises(Rejected, match=reason):
        ADAPTER.send(config_of(whatsapp), message(filled), net_io())
