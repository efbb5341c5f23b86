"""What has to be known to use a professional Instagram account."""

from typing import Any

from pydantic import Field, SecretStr, field_validator, model_validator

from adapters.meta.config import FACEBOOK, checked_id
from adapters.meta.direct_config import DirectConfig

INSTAGRAM = "https://graph.instagram.com"


class InstagramConfig(DirectConfig):
    """An account, with a token of Instagram's own login (`IG…`) or of the Page that it is linked to."""

    ig_id: str = Field(
        title="Instagram account ID",
        max_length=40,
        description="The number of the professional account, such as 17841400000000000; webhooks carry it too.",
    )

    @property
    def account(self) -> str:
        """The account's number. It stays when the account is renamed."""
        return self.ig_id

    @property
    def is_own_login(self) -> bool:
        """Whether the token is of Instagram's own login, which has a server of its own."""
        return self.access_token.get_secret_value().startswith("IG")

    @model_validator(mode="before")
    @classmethod
    def _choose_server(cls, data: Any) -> Any:
        """Ask Instagram's own server with Instagram's own tokens, unless another one is named."""
        if not isinstance(data, dict) or data.get("api_base", FACEBOOK) != FACEBOOK:
            return data
        token = data.get("access_token")
        text = token.get_secret_value() if isinstance(token, SecretStr) else token
        is_own = isinstance(text, str) and text.strip().startswith("IG")
        return {**data, "api_base": INSTAGRAM} if is_own else data

    @field_validator("ig_id")
    @classmethod
    def _is_account(cls, value: str) -> str:
        return checked_id(value, "the Instagram account ID")
