"""`onethread new-adapter`: the beginning of a channel that already keeps the contract."""

from __future__ import annotations

import keyword
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from inbox.errors import Invalid

if TYPE_CHECKING:
    from jinja2 import Environment

KIT = Path(__file__).resolve().parent / "adapter_kit"
MARK = "Fill in:"

_NAME = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
_NAME_LENGTH = range(2, 31)
_TITLE = re.compile(r"[^\W_](?:[\w .,&'+()-]{0,38}[\w.)+])?")
_ONLY_WITH = {"hook.py": "webhook", "poll.py": "poll"}


@click.command("new-adapter")
@click.argument("name")
@click.option("--title", help="What people call the network; made from NAME if left out.")
@click.option(
    "--path",
    "root",
    default=".",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="The checkout to write into (the current folder).",
)
@click.option("--webhook", is_flag=True, help="The network calls us. So it is without --poll, too.")
@click.option("--poll", is_flag=True, help="We ask the network.")
def new_adapter(name: str, title: str | None, root: Path, webhook: bool, poll: bool) -> None:
    """Begin a channel: a folder that passes the conformance suite, its tests and its page.

    It works with an example network that speaks plain JSON. The parts that are the network's own are marked, and
    a test fails until they are filled in.
    """
    written = write(root, name, title, webhook=webhook or not poll, poll=poll)
    for path in written:
        click.echo(path.relative_to(root))
    click.echo(
        "\nIt passes the suite. These parts are the example's; write the network's own there:", err=True
    )
    for line in marks(root, written):
        click.echo(f"  {line}", err=True)
    click.echo("adapters/README.md goes through them one by one.", err=True)


def write(root: Path, name: str, title: str | None, *, webhook: bool, poll: bool) -> list[Path]:
    """Write the folders of a new adapter below `root`; returns the files. Raises Invalid, and then wrote nothing."""
    title = title if title is not None else name.replace("_", " ").capitalize()
    _check(name, title)
    folders = {
        "package": root / "adapters" / name,
        "tests": root / "tests" / "adapters" / name,
    }
    page = root / "docs" / "channels" / f"{name}.md"
    for path in (*folders.values(), page):
        if path.exists():
            raise Invalid(f"{path} exists already, and nothing is written over it.", "/name")
    words = {
        "name": name,
        "dashed": name.replace("_", "-"),
        "class": "".join(word.capitalize() for word in name.split("_")),
        "title": title,
        "webhook": webhook,
        "poll": poll,
    }
    jinja = _jinja()
    texts = {page: jinja.get_template("page.md.j2").render(words)}
    for part, folder in folders.items():
        for template in sorted((KIT / part).rglob("*.j2")):
            target = template.relative_to(KIT / part).with_suffix("")
            if words.get(_ONLY_WITH.get(target.name, ""), True):
                texts[folder / target] = jinja.get_template(str(template.relative_to(KIT))).render(words)
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return sorted(texts)


def marks(root: Path, written: list[Path]) -> list[str]:
    """The parts that are still the example's, as "file:line: what to write there"."""
    return [
        f"{path.relative_to(root)}:{number}: {line.partition(MARK)[2].removesuffix('-->').strip()}"
        for path in written
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if MARK in line
    ]


def _check(name: str, title: str) -> None:
    from inbox.channels.registry import available

    if not _NAME.fullmatch(name) or len(name) not in _NAME_LENGTH or keyword.iskeyword(name):
        raise Invalid(
            f"“{name}” is no name for a channel. Take 2 to 30 small letters, digits and _, beginning with a letter, "
            "such as carrier_pigeon.",
            "/name",
        )
    if name in available():
        raise Invalid(f"There is a channel “{name}” already.", "/name")
    if not _TITLE.fullmatch(title):
        raise Invalid(
            "A title has 1 to 40 letters, digits, spaces and .,&'+()-, such as Carrier pigeon.", "/title"
        )


def _jinja() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(KIT),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - writes Python and Markdown; what goes in has been checked
    )
