"""What has to be known to use a Facebook Page."""

from pydantic import Field, field_validator

from adapters.meta.config import checked_id
from adapters.meta.direct_config import DirectConfig


class MessengerConfig(DirectConfig):
    """A Page, with an access token of the Page's own."""

    page_id: str = Field(
        title="Page ID", max_length=40, description="The number of the Page, which its “About” section shows."
    )

    @property
    def account(self) -> str:
        """The Page's number. It stays when the Page is renamed."""
        return self.page_id

    @field_validator("page_id")
    @classmethod
    def _is_page(cls, value: str) -> str:
        return checked_id(value, "the Page ID")
