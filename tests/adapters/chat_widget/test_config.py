"""What an admin may set up for a site, and in which words he is told what is wrong."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from adapters.chat_widget import colours, hosts, words
from adapters.chat_widget.config import WidgetConfig
from inbox.channels import rules


def config(**values: Any) -> WidgetConfig:
    return WidgetConfig.model_validate({"domains": "shop.example", **values})


def wrong(**values: Any) -> dict[str, str]:
    with pytest.raises(ValidationError) as error:
        config(**values)
    return rules.sentences(error.value)


def test_domains_are_all_that_is_needed() -> None:
    made = WidgetConfig.model_validate({"domains": "shop.example"})
    assert made.site.domains == ("shop.example",)
    assert len(made.site_id) == 16
    assert made.account == made.site.key == made.site_id
    assert WidgetConfig.model_validate({"domains": "shop.example"}).site_id != made.site_id


def test_a_saved_site_keeps_its_id() -> None:
    made = config()
    again = WidgetConfig.model_validate(
        made.model_dump(mode="json", exclude={"identity_secret", "identity_secret_old"})
    )
    assert again == made


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("shop.example", "shop.example"),
        (" Shop.Example. ", "shop.example"),
        ("https://shop.example/", "shop.example"),
        ("https://shop.example:8443/cart?x=1", "shop.example:8443"),
        ("*.shop.example", "*.shop.example"),
        ("*.shop.example:8443", "*.shop.example:8443"),
        ("localhost", "localhost"),
        ("localhost:5000", "localhost:5000"),
        ("localhost:*", "localhost"),
        ("127.0.0.1:5000", "127.0.0.1:5000"),
        ("[::1]:5000", "[::1]:5000"),
        ("[0:0::1]", "[::1]"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("*.bücher.example", "*.xn--bcher-kva.example"),
    ],
)
def test_a_host_is_understood_however_it_is_written(text: str, host: str) -> None:
    assert hosts.host(text) == host
    assert hosts.host(host) == host


@pytest.mark.parametrize(
    "text",
    [
        "",
        "*",
        "*.",
        "*.example",
        "shop.*",
        "a.*.example",
        "shop.example:0",
        "shop.example:99999",
        "shop example",
        "shop.example;script-src",
        "'self'",
        "[::1",
        "*.[::1]",
        "https://",
        "shop.example, other.example",
    ],
)
def test_what_is_no_host_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"host|wide"):
        hosts.host(text)


@given(st.text(max_size=60))
def test_whatever_is_a_host_can_stand_in_a_policy(text: str) -> None:
    try:
        found = hosts.host(text)
    except ValueError:
        return
    assert not set(" ;,'\"\n\r\t") & set(found)
    assert found.isascii()
    assert hosts.host(found) == found


def test_hosts_may_stand_in_lines_or_with_commas() -> None:
    assert config(domains="a.example, b.example\nc.example,").domains == (
        "a.example",
        "b.example",
        "c.example",
    )


def test_without_a_host_there_is_no_widget() -> None:
    assert wrong(domains="")["domains"].startswith("Name at least one host")
    assert wrong(domains="nonsense here")["domains"].startswith("“nonsense here” is no host")


@pytest.mark.parametrize(
    ("text", "colour"),
    [("#2C57CF", "#2c57cf"), ("2c57cf", "#2c57cf"), (" #25c ", "#2255cc"), ("#000", "#000000")],
)
def test_colours_are_understood(text: str, colour: str) -> None:
    assert config(accent=text).site.accent == colour


@pytest.mark.parametrize("text", ["blue", "#12", "#1234567", "rgb(0,0,0)", "#ggg"])
def test_what_is_no_colour_is_refused(text: str) -> None:
    assert "#rrggbb" in wrong(accent=text)["accent"]


def test_a_colour_on_which_nothing_can_be_read_is_refused() -> None:
    assert "4.5 : 1 is needed" in wrong(accent="#777777")["accent"]


@given(st.integers(0, 0xFFFFFF))
def test_text_can_be_read_on_every_colour_that_is_taken(number: int) -> None:
    accent = f"#{number:06x}"
    best = max(colours.contrast(accent, colours.WHITE), colours.contrast(accent, colours.DARK))
    try:
        assert colours.legible(accent) == accent
        assert best >= colours.LEAST
    except ValueError:
        assert best < colours.LEAST


def test_contrast_is_that_of_the_guidelines() -> None:
    assert colours.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert colours.contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
    assert colours.contrast("#123456", "#123456") == pytest.approx(1)


def test_texts_have_one_language_or_several() -> None:
    several = "Hello!\nde: Hallo!\n  Wie geht’s?\npt-br: Oi"
    assert words.by_language(several, ["en", "de", "pt-BR"]) == {
        "": "Hello!",
        "de": "Hallo!\nWie geht’s?",
        "pt-BR": "Oi",
    }
    assert words.by_language("Note: we are closed", ["en", "de"]) == {"": "Note: we are closed"}
    assert words.by_language(" \n ", ["en"]) == {}


def test_a_visitor_is_spoken_to_in_his_language_or_the_first() -> None:
    site = config(languages="de, en, pt-BR", greeting="en: Hello\nde: Hallo").site
    assert [site.language(wish) for wish in ("en-GB", "pt", "pt-br", "fr", "", "DE_at")] == [
        "en", "pt-BR", "pt-BR", "de", "de", "de",
    ]  # fmt: skip
    assert site.language("fr", "en") == "en"
    assert (site.says("greeting", "en"), site.says("greeting", "pt-BR")) == ("Hello", "Hallo")
    assert site.says("offline", "en") == ""


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"languages": "english"}, "languages"),
        ({"languages": "en, d"}, "languages"),
        ({"site_id": "short"}, "site_id"),
        ({"site_id": "with/slash"}, "site_id"),
        ({"identity_secret": "too short"}, "identity_secret"),
        ({"hours": "monday to friday"}, "hours"),
        ({"time_zone": "Berlin"}, "time_zone"),
        ({"ask_email": "always"}, "ask_email"),
        ({"offset_x": 501}, "offset_x"),
        ({"attachment_mb": 101}, "attachment_mb"),
        ({"colour": "#000"}, "colour"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(values: dict[str, Any], name: str) -> None:
    problems = wrong(**values)
    assert set(problems) == {name}
    assert problems[name].endswith(".")


def test_secrets_are_shown_nowhere() -> None:
    secret = "a secret of the shop that is long enough"
    made = config(identity_secret=secret, identity_secret_old=secret[::-1])
    assert made.site.secrets == (secret, secret[::-1])
    for shown in (repr(made), str(made), made.model_dump_json(), repr(made.site), str(made.site)):
        assert secret not in shown
        assert secret[::-1] not in shown


def test_a_form_leaves_what_it_does_not_say_to_the_defaults() -> None:
    values = rules.from_form(WidgetConfig, {"domains": "shop.example", "continue_in": "", "site_id": ""})
    made = WidgetConfig.model_validate(values)
    assert made.continue_in == ()
    assert made.site_id
    assert made.languages == ("en",)
    assert (made.accent, made.time_zone) == ("#2c57cf", "UTC")
