"""Connecting step by step: what to do at the provider, and secrets of ours that the provider is told."""

import re
from collections.abc import Iterator

import pytest
from pydantic import Field, SecretStr

from inbox.channels import actions, queries
from inbox.channels.registry import Registry
from inbox.contract import Health, Step
from inbox.flows.context import Context
from inbox.settings import Settings
from tests.factories import ManualClock
from tests.fixtures_app import make_context
from tests.pigeon import Pigeon, PigeonConfig
from tests.rooms.test_channels import Owl
from tests.web.conftest import Browser

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)

NEW = "/settings/channels/new/crow"


class CrowConfig(PigeonConfig):
    """A loft whose provider proves itself by a word that we made."""

    verify_token: SecretStr = Field(description="Told to the provider.", json_schema_extra={"generate": True})


class Crow(Owl):
    """A network whose webhook a person has to enter at the provider."""

    manifest = Pigeon.manifest.model_copy(update={"key": "crow", "title": "Crow post", "config": CrowConfig})

    def guide(self, config: PigeonConfig | None, hook_url: str) -> tuple[Step, ...]:
        asks = () if config is None else (Step(title=f"Feed {config.loft}", text="Seeds.", when="after"),)
        return (
            Step(title="Catch a crow", text="Go to [the roof](https://roof.example/?a=1&b=2) with **bread**. <script>"),
            Step(title="Ask for rights", text="All of them:", copy_text='fly,"land"'),
            Step(title="Tell it where we live", copy_text=hook_url or "told afterwards", when="after"),
            *asks,
        )  # fmt: skip


@pytest.fixture
def crow() -> Crow:
    return Crow()


@pytest.fixture
def public_url() -> str:
    return "https://inbox.example"


@pytest.fixture
def ctx(settings: Settings, crow: Crow, clock: ManualClock, public_url: str) -> Iterator[Context]:
    settings = settings.model_copy(update={"public_url": public_url})
    context = make_context(settings, Registry({"crow": crow}), clock)
    yield context
    context.db.dispose()


def proposed(page: str) -> str:
    found = re.search(r'<input(?=[^>]*id="f-c_verify_token")[^>]*value="([^"]*)"', page)
    assert found
    return found[1]


def steps(page: str) -> list[str]:
    return re.findall(r'data-testid="step-(\d+)"', page)


def test_the_form_begins_with_what_to_do_at_the_provider(admin: Browser) -> None:
    page = admin.text(NEW)
    assert steps(page) == ["1", "2"]
    assert '<a class="link" target="_blank" href="https://roof.example/?a=1&amp;b=2"' in page
    assert "<strong>bread</strong>. &lt;script&gt;" in page
    assert 'fly,&#34;land&#34;</pre><button class="btn small" type="button" data-copy="#copy-2"' in page
    assert "What comes after that is told once the account is connected" in page
    assert 'data-here="form"' in page


def test_afterwards_it_tells_our_address_and_the_rest(admin: Browser, ctx: Context) -> None:
    answer = admin.submit(NEW, c_loft="Loft Two", c_verify_token="w" * 32)
    page = admin.text(answer.location)
    assert steps(page) == ["3", "4"]
    [channel] = _channels(ctx)
    assert f"https://inbox.example/hooks/crow/{channel.id}</pre>" in page
    assert "Feed Loft Two" in page
    assert "ONETHREAD_PUBLIC_URL" not in page


@pytest.mark.parametrize("public_url", [""])
def test_without_a_public_address_it_says_what_is_missing(admin: Browser) -> None:
    page = admin.text(admin.submit(NEW, c_loft="Loft Two", c_verify_token="w" * 32).location)
    assert "told afterwards</pre>" in page
    assert "Set ONETHREAD_PUBLIC_URL" in page


def test_a_secret_of_ours_is_proposed_shown_until_it_is_saved_and_never_again(
    admin: Browser, ctx: Context, crow: Crow
) -> None:
    word = proposed(admin.text(NEW))
    assert re.fullmatch(r"[\w-]{32}", word)
    assert proposed(admin.text(NEW)) != word

    crow.found = Health(ok=False, problems=("The crow sleeps.",))
    failed = admin.submit(NEW, c_loft="Loft Two", c_verify_token=word, c_secret="canary-7d")
    assert proposed(failed.text) == word, "whoever did not copy it yet still can"
    assert 'data-here="test"' in failed.text
    assert "canary-7d" not in failed.text

    crow.found = Health(ok=True)
    admin.submit(NEW, c_loft="Loft Two", c_verify_token=word)
    [channel] = _channels(ctx)
    with ctx.db.read() as session:
        config = actions.open_config(ctx.registry, ctx.vault, queries.row(session, channel.id))
    assert isinstance(config, CrowConfig)
    assert config.verify_token.get_secret_value() == word
    for page in (f"/settings/channels/{channel.id}", f"/settings/channels/{channel.id}/edit"):
        assert word not in admin.text(page)
    assert proposed(admin.text(f"/settings/channels/{channel.id}/edit")) == "", "empty keeps the one there is"


def _channels(ctx: Context) -> list[queries.ChannelDetail]:
    with ctx.db.read() as session:
        return queries.channels(session)
