"""What a person does at Meta for any account of direct messages: what is the same for both networks."""

from collections.abc import Iterable

from inbox.contract import Step

VERIFY = Step(
    title="Choose a verify token",
    text=(
        "A long word that only this installation and Meta know. Meta shows it when you enter the address "
        "of the webhook, and gets no answer with another one."
    ),
)
REVIEW = Step(
    title="Ask for App Review",
    text=(
        "Until Meta has reviewed the app, only people with a role in it can write to you. Under *App "
        "Review* ask for *Advanced access* to the permissions, verify the business, and set the app to "
        "*Live*. To answer later than 24 hours, ask for the feature *Human Agent* too, and switch *Answer "
        "for 7 days* on here when it is granted."
    ),
    when="after",
)


def webhook(hook_url: str, where: str) -> Step:
    """Entering the webhook's address."""
    told = f"{where} Paste this as *Callback URL*, and your verify token below it."
    missing = (
        "Meta has to reach this installation: set `ONETHREAD_PUBLIC_URL` to its https address, and come "
        "back here."
    )
    return Step(
        title="Enter the webhook’s address",
        text=told if hook_url else missing,
        copy_text=hook_url,
        when="after",
    )


def fields(names: Iterable[str]) -> Step:
    """Choosing what Meta tells."""
    return Step(
        title="Subscribe to what happens",
        text="In the same place switch these fields on. What is not switched on does not arrive here.",
        copy_text=", ".join(names),
        when="after",
    )
