"""The documentation misses no setting and no command, and names none that is not there."""

import re
from typing import get_args

import click
import pytest

from inbox.contract import Adapter, AdapterError, Capabilities, Item
from inbox.settings import Settings
from tests.architecture import ROOT, documentation

CONFIGURATION = ROOT / "docs" / "configuration.md"
ADAPTERS = ROOT / "adapters" / "README.md"
CHANNEL_MARKS = ("generate", "kept_by_itself", "rare")
"""What a field of a configuration may be marked with."""


def environment_names() -> set[str]:
    """How each setting is called in the environment."""
    names = set()
    for name, field in Settings.model_fields.items():
        alias = field.validation_alias
        if alias is None:
            names.add(f"ONETHREAD_{name}".upper())
        else:
            choices = getattr(alias, "choices", [alias])
            names.update(str(choice) for choice in choices if str(choice).isupper())
    return names


def test_every_setting_is_documented() -> None:
    text = CONFIGURATION.read_text()
    missing = sorted(name for name in environment_names() if f"`{name}`" not in text)
    assert not missing, f"not in docs/configuration.md: {missing}"


def test_every_documented_setting_exists() -> None:
    named = set(re.findall(r"`(ONETHREAD_[A-Z_]+)", documentation()))
    of_tests = {"ONETHREAD_REQUIRE_SERVICES", "ONETHREAD_TEST_POSTGRES", "ONETHREAD_WITHOUT_SHOPS"}
    of_shops = {"ONETHREAD_BRIDGE"}  # a setting of the shop that our bridge runs in
    unknown = sorted(named - environment_names() - of_tests - of_shops)
    assert not unknown, f"documented, but no setting: {unknown}"


def commands() -> dict[str, click.Command]:
    """Each command as it is typed ("onethread agent add")."""
    from inbox.cli import commands as top

    found: dict[str, click.Command] = {}

    def walk(command: click.Command, words: str) -> None:
        if isinstance(command, click.Group):
            context = click.Context(command)
            for name in command.list_commands(context):
                inner = command.get_command(context, name)
                assert inner is not None
                walk(inner, f"{words} {name}")
        elif not command.hidden:
            found[words] = command

    walk(top, "onethread")
    return found


def test_every_command_is_documented() -> None:
    text = documentation()
    missing = sorted(words for words in commands() if words not in text)
    assert not missing, f"neither in README.md nor below docs/: {missing}"


def test_every_option_of_a_command_is_documented() -> None:
    text = documentation()
    missing = sorted(
        f"{words} {option}"
        for words, command in commands().items()
        for parameter in command.params
        if isinstance(parameter, click.Option) and not parameter.hidden
        for option in parameter.opts
        if option.startswith("--") and option not in text
    )
    assert not missing, missing


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE"])
def test_the_project_introduces_itself(name: str) -> None:
    assert (ROOT / name).stat().st_size > 0


def test_links_between_pages_lead_somewhere() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ADAPTERS, *sorted((ROOT / "docs").rglob("*.md"))]
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text())
        if "://" not in target and not target.startswith("mailto:") and not (page.parent / target).exists()
    ]
    assert not broken, broken


def test_the_page_for_writers_of_adapters_misses_nothing_of_the_contract() -> None:
    text = ADAPTERS.read_text()
    methods = {
        name for name in vars(Adapter) if not name.startswith("_") and name not in ("manifest", "poll")
    }
    items = {kind.__name__ for kind in get_args(Item)}
    errors = {kind.__name__ for kind in AdapterError.__subclasses__()} - {"BadAddress"}
    words = {*methods, *items, *errors, *Capabilities.model_fields, *CHANNEL_MARKS}
    missing = sorted(word for word in words if not re.search(rf"`[^`\n]*\b{word}\b[^`\n]*`", text))
    assert not missing, f"not in adapters/README.md: {missing}"


def test_examples_of_the_page_for_writers_of_adapters_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    examples = re.findall(r"```python\n(.*?)```", ADAPTERS.read_text(), flags=re.DOTALL)
    assert examples
    for example in examples:
        exec(compile(example, ADAPTERS.name, "exec"), {})  # noqa: S102 - our own page
