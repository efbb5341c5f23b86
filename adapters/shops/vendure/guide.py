"""What a person does at a Vendure shop to connect it."""

from inbox.contract import Step

RIGHTS = ("ReadCustomer", "ReadOrder", "UpdateOrder", "ReadCatalog", "ReadPromotion", "CreatePromotion")
"""What our role in the shop needs."""


def guide(hook_url: str) -> tuple[Step, ...]:
    """The steps; those after connecting need our address."""
    steps = [
        Step(
            title="Make a role",
            text="In the dashboard, at **Settings → Roles**, make a role with these rights. Without the last three, "
            "Onethread reads only.",
            copy_text="\n".join(RIGHTS),
        ),
        Step(
            title="Make an API key",
            text="At **Settings → API keys**, make a key with this role (Vendure 3.6 or newer, with `api-key` among "
            "`tokenMethod`). Older servers: make an administrator with this role and enter his name and password.",
        ),
    ]
    if hook_url:
        steps += [
            Step(
                title="Add the plugin",
                text="Carts are seen live once the shop tells about them. Copy the folder `contrib/vendure-plugin` of "
                "Onethread to the Vendure server, and add the plugin to its configuration with this address and "
                "the secret of events. Then restart it.",
                copy_text=f"OnethreadPlugin.init({{ url: '{hook_url}', secret: process.env.ONETHREAD_HOOK_SECRET }})",
                when="after",
            ),
        ]
    return tuple(steps)
