"""Automatic checks of accessibility by axe, which comes with the development dependencies of the assets."""

from functools import cache
from typing import Any

from playwright.sync_api import Frame, Page

from tests.installation import ROOT

SOURCE = ROOT / "inbox" / "web" / "assets" / "node_modules" / "axe-core" / "axe.min.js"


@cache
def _source() -> str:
    assert SOURCE.is_file(), "axe is missing; in inbox/web/assets run: npm ci --ignore-scripts"
    return SOURCE.read_text()


def violations(page: Page | Frame) -> list[str]:
    """What axe objects to on a page or in a frame, one line per element; frames inside are left out."""
    page.evaluate(_source())
    # Fades change colours while they last.
    page.evaluate("Promise.all(document.getAnimations().map(each => each.finished.catch(() => null)))")
    found: list[dict[str, Any]] = page.evaluate(
        "axe.run(document, {iframes: false}).then(result => result.violations)"
    )
    return [
        f"{page.url}: {each['id']}: {node['html'][:160]}: {node['failureSummary']}"
        for each in found
        for node in each["nodes"]
    ]
