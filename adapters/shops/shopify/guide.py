"""What a person does at Shopify to connect a shop."""

from adapters.shops.shopify.connect import SCOPES
from inbox.contract import Step


def guide(hook_url: str) -> tuple[Step, ...]:
    """The steps; events are subscribed to by ourselves."""
    steps = [
        Step(
            title="Make an app",
            text="In the [Dev Dashboard](https://dev.shopify.com/dashboard) of the shop's organisation, create an app "
            "and give its version these access scopes. Without the `write_` ones, Onethread reads only; without "
            "`read_all_orders`, Shopify shows the orders of 60 days.",
            copy_text=",".join(SCOPES),
        ),
        Step(
            title="Ask for personal data",
            text="An app for other people's shops also needs Shopify's approval for protected customer data, level 2. "
            "Without it names and addresses stay hidden, and nobody is found by them.",
        ),
        Step(
            title="Install it and copy its credentials",
            text="Install the app in the shop. Then copy **Client ID** and **Client secret** from its settings. An app "
            "that was made in the shop's admin before 2026 has an access token instead: enter that, and its API "
            "secret key as the client secret.",
        ),
    ]
    if hook_url:
        steps.append(
            Step(
                title="Let its data be erased",
                text="Carts, orders and customers are told to Onethread by themselves. Requests to erase a customer "
                "are sent only where you enter this address as the app's compliance webhook.",
                copy_text=hook_url,
                when="after",
            )
        )
    return tuple(steps)
