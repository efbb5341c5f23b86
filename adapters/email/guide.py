"""What a person does at the mail provider before a mailbox is connected."""

from adapters.email.presets import PRESETS
from inbox.contract import Step


def guide() -> tuple[Step, ...]:
    """The steps; the providers we know are listed with what each of them asks for."""
    known = "\n".join(f"- **{preset.title}**: {preset.note}" for preset in PRESETS if preset.note)
    return (
        Step(
            title="Choose a mailbox",
            text=(
                "Take one that is for support alone, such as `support@your-shop.example`. Nothing in it is changed: "
                "mail is not marked as read, moved or deleted. Mail of the last 14 days is taken in at the start, "
                "unless you choose another number under *More settings*."
            ),
        ),
        Step(
            title="Let a program sign in",
            text=(
                "Most providers want a password that is made for one program, in the account's security settings, and "
                "some have IMAP switched off until you switch it on:\n\n"
                f"{known}\n\n"
                "Anywhere else the mailbox's own address and password are used, with the names of the provider's IMAP "
                "and SMTP servers."
            ),
        ),
        Step(
            title="Let your mail arrive",
            text=(
                "The domain's SPF record has to name the server that sends for it, and its mail should be signed with "
                "DKIM; your provider's help tells both records. Without them answers may end among spam."
            ),
        ),
    )
