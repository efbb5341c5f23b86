"""What has to be known to use a number of WhatsApp's Cloud API."""

from pydantic import Field, field_validator

from adapters.meta.config import MetaConfig, checked_id


class WhatsAppConfig(MetaConfig):
    """A business's number. Its id is Meta's and not the number itself."""

    phone_number_id: str = Field(
        title="Phone number id",
        max_length=40,
        description="Under WhatsApp → API setup in the app at Meta, below the number. It is not the number itself.",
    )
    waba_id: str = Field(
        "",
        title="WhatsApp Business account id",
        max_length=40,
        description="On the same page at Meta. Templates belong to it; left empty, it is looked for with the token.",
    )

    @property
    def account(self) -> str:
        """The number's id at Meta. It stays when the number is shown in another form."""
        return self.phone_number_id

    @field_validator("phone_number_id")
    @classmethod
    def _is_number_id(cls, value: str) -> str:
        return checked_id(value, "the phone number id")

    @field_validator("waba_id")
    @classmethod
    def _is_account_id(cls, value: str) -> str:
        return checked_id(value, "the account id") if value.strip() else ""
