"""What a person does at Meta to have an Instagram account's messages here."""

from adapters.meta.direct_guide import REVIEW, VERIFY, fields, webhook
from adapters.meta.instagram.connect import FIELDS, OWN_PERMISSIONS, PERMISSIONS
from inbox.contract import Step


def guide(hook_url: str) -> tuple[Step, ...]:
    """The steps before an account is connected, and those afterwards."""
    return (
        Step(
            title="Let apps read the messages",
            text=(
                "The account has to be a professional one. In the Instagram app switch on *Settings → "
                "Messages and story replies → Message controls → Connected tools → Allow access to "
                "messages*."
            ),
        ),
        Step(
            title="Make an app at Meta",
            text=(
                "Under [My Apps](https://developers.facebook.com/apps) choose *Create app*, the use case "
                "*Manage messaging and content on Instagram* and the type *Business*."
            ),
        ),
        Step(
            title="Make a token by Instagram’s own login",
            text=(
                "Under *Instagram → API setup with Instagram login* add the account and press *Generate "
                "token*. Its number stands beside it, and the *Instagram app secret* above. Such a token "
                "begins with `IG`, and lasts 60 days. It needs these permissions."
            ),
            copy_text=", ".join(OWN_PERMISSIONS),
        ),
        Step(
            title="Or make one of the Page that the account is linked to",
            text=(
                "A Page access token begins with `EAA` and can be without an end. Then the *App secret* is "
                "the one under *App settings → Basic*. It needs these permissions."
            ),
            copy_text=", ".join(PERMISSIONS),
        ),
        VERIFY,
        webhook(hook_url, "In the app at Meta open *Instagram → API setup → Configure webhooks*."),
        fields(FIELDS),
        REVIEW,
    )
