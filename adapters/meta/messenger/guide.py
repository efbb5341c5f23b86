"""What a person does at Meta to have a Page's messages here."""

from adapters.meta.direct_guide import REVIEW, VERIFY, fields, webhook
from adapters.meta.messenger.connect import FIELDS, PERMISSIONS
from inbox.contract import Step


def guide(hook_url: str) -> tuple[Step, ...]:
    """The steps before a Page is connected, and those afterwards."""
    return (
        Step(
            title="Make an app at Meta",
            text=(
                "Under [My Apps](https://developers.facebook.com/apps) choose *Create app*, the use case "
                "*Engage with customers on Messenger from Meta* and the type *Business*. Its *App ID* and "
                "*App secret* stand under *App settings → Basic*."
            ),
        ),
        Step(
            title="Make a Page access token",
            text=(
                "Under *Messenger → Messenger API Settings → Generate access tokens* connect the Page and "
                "press *Generate*. The Page’s number stands beside it. The token needs these permissions; "
                "one of a system user does not run out."
            ),
            copy_text=", ".join(PERMISSIONS),
        ),
        VERIFY,
        webhook(
            hook_url, "In the app at Meta open *Messenger → Messenger API Settings → Configure webhooks*."
        ),
        fields(FIELDS),
        REVIEW,
    )
