"""What a person does to have a shop of any kind answer the bridge's calls."""

from inbox.contract import Step

_INFO = """GET /onethread/v1/info
Authorization: Bearer TOKEN

{"name": "Corner shop", "version": "1", "can": ["cart.read", "order.search"]}"""


def guide(hook_url: str) -> tuple[Step, ...]:
    """The steps; the last needs our address."""
    steps = [
        Step(
            title="Have the shop answer",
            text="The page `docs/shops/bridge.md` lists the calls: each answers with one JSON document, and a shop "
            "needs only those for what it says it can do. Begin with this one:",
            copy_text=_INFO,
        ),
        Step(
            title="Give it a token",
            text="Any secret of at least 16 characters that only the shop and this connection know.",
        ),
    ]
    if hook_url:
        steps.append(
            Step(
                title="Let it tell of changes",
                text="Carts are seen live when the shop posts a signed line here at every change.",
                copy_text=hook_url,
                when="after",
            )
        )
    return tuple(steps)
