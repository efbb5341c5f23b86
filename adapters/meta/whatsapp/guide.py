"""What a person does at Meta to have a number's messages here."""

from adapters.meta.direct_guide import VERIFY, fields, webhook
from adapters.meta.whatsapp.connect import FIELDS, RIGHTS
from inbox.contract import Step


def guide(hook_url: str) -> tuple[Step, ...]:
    """The steps before a number is connected, and those afterwards."""
    return (
        Step(
            title="Make an app at Meta",
            text=(
                "Under [My Apps](https://developers.facebook.com/apps) choose *Create app* and the use "
                "case *Connect with customers through WhatsApp*. Its *App secret* stands under *App "
                "settings → Basic*."
            ),
        ),
        Step(
            title="Add the number",
            text=(
                "Under *WhatsApp → API setup* add and register a telephone number. Below it stand the "
                "*Phone number ID* and the *WhatsApp Business Account ID*; neither is the number itself."
            ),
        ),
        Step(
            title="Make an access token that does not run out",
            text=(
                "Under [Business settings](https://business.facebook.com/settings), *Users → System users*, "
                "add one, assign the app and the WhatsApp account to it with full control, and press "
                "*Generate token*: without an end, and with these permissions. The token that API setup "
                "shows ends after a day."
            ),
            copy_text=", ".join(RIGHTS),
        ),
        VERIFY,
        webhook(
            hook_url,
            "The number has been told this address already, if Meta could reach it. So that news of the "
            "account come too, open *WhatsApp → Configuration* in the app at Meta.",
        ),
        fields(FIELDS),
        Step(
            title="Go live",
            text=(
                "Set the app to *Live*: until then only its own testers’ messages come. After 24 hours "
                "without a word from a customer only templates may be sent; write some under *WhatsApp "
                "Manager → Message templates*."
            ),
            when="after",
        ),
    )
