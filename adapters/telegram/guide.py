"""What a person does in Telegram to get a bot for the shop."""

from inbox.contract import Step


def guide() -> tuple[Step, ...]:
    """The steps before a bot is connected. Afterwards everything is arranged by itself."""
    return (
        Step(
            title="Make a bot",
            text=(
                "Open [@BotFather](https://t.me/BotFather) in Telegram and send it this command. Choose the name that "
                "customers see, and a user name that ends in `bot`. For a bot that exists already, send `/token`."
            ),
            copy_text="/newbot",
        ),
        Step(
            title="Take its token",
            text=(
                "BotFather answers with a token such as `123456789:AAF…`. Whoever has it is the bot: treat it like a "
                "password. A bot belongs to one program: if another one fetches its messages, stop that one first."
            ),
        ),
        Step(
            title="Only for groups: let it read along",
            text=(
                "In groups a bot hears only commands and answers to itself. To have it hear everything, send "
                "`/setprivacy` to BotFather, choose the bot and then *Disable*, before you add it to the group."
            ),
        ),
    )
