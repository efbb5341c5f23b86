"""Settings. The only reader of the environment (and of an optional `.env` in the working directory)."""

from functools import cached_property
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """All settings, with defaults that run the embedded mode. See docs/configuration.md."""

    model_config = SettingsConfigDict(
        env_prefix="ONETHREAD_",
        env_file=".env",
        env_file_encoding="utf-8",
        extra="ignore",
        populate_by_name=True,
    )

    data_dir: Path = Path("var")
    database_url: str = Field("", validation_alias=AliasChoices("database_url", "DATABASE_URL"))
    redis_url: str = Field("", validation_alias=AliasChoices("redis_url", "REDIS_URL"))
    secret_key: SecretStr | None = None
    """Root key of tokens, cookies and encryption. Made and kept in the data directory when absent."""
    secret_keys_old: list[SecretStr] = []
    """Former root keys that still open what they sealed."""
    public_url: str = ""
    allow_private_hosts: bool = False
    trusted_proxies: int = Field(0, ge=0, le=10)
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["text", "json"] = "text"

    undo_seconds: int | None = Field(None, ge=0, le=120)
    """Overrides every channel's undo window, in seconds."""
    unseen_seconds: int | None = Field(None, ge=1, le=24 * 3600)
    """Overrides how long every channel waits before a reply that was not seen goes on by mail, in seconds."""
    team_after_minutes: int = Field(5, ge=0, le=7 * 24 * 60)
    """Minutes after which colleagues are told of a customer who waits and whose thread nobody has."""
    team_overdue_minutes: int = Field(60, ge=1, le=30 * 24 * 60)
    """Minutes after which they are told of one who waits, whoever has his thread."""
    team_per_minute: int = Field(6, ge=1, le=60)
    """Customers that one place is told of singly within a minute; the others are summed up in one line."""
    reopen_hours: int = Field(72, ge=0, le=24 * 365)
    default_region: str = ""
    """Country (ISO 3166) of telephone numbers that are told without country code; empty: such numbers are none."""
    attachment_max: int = Field(25 * 1024 * 1024, ge=1024)
    """Largest single attachment kept, in bytes."""
    payload_max: int = Field(50 * 1024 * 1024, ge=1024)
    """Largest raw payload kept, in bytes; larger mail is noted with its headers only."""
    parse_seconds: float = Field(10.0, gt=0, le=120)
    parse_memory_mb: int = Field(300, ge=150, le=4096)
    session_days: int = Field(14, ge=1, le=365)
    event_days: int = Field(30, ge=1, le=3650)
    """How long the live feed can be resumed before a browser must reload."""
    max_sockets: int = Field(300, ge=1)
    """Open live connections of the embedded server; more get 503 so that pages stay fast."""
    worker_threads: int = Field(4, ge=1, le=64)
    crash_at: str = ""
    """Fault injection for tests: the named checkpoint at which the process kills itself."""

    @field_validator("default_region")
    @classmethod
    def _a_region(cls, region: str) -> str:
        region = region.strip().upper()
        if region:
            from phonenumbers import SUPPORTED_REGIONS

            if region not in SUPPORTED_REGIONS:
                raise ValueError(
                    f"“{region}” is no country with telephone numbers; give two letters, like DE"
                )
        return region

    @cached_property
    def database(self) -> str:
        """SQLAlchemy URL: the given one with psycopg 3 as driver, or the SQLite file in the data directory."""
        url = self.database_url
        for scheme in ("postgres://", "postgresql://"):
            if url.startswith(scheme):
                return "postgresql+psycopg://" + url.removeprefix(scheme)
        return url or f"sqlite:///{(self.data_dir / 'onethread.db').resolve()}"

    @property
    def embedded(self) -> bool:
        """True when everything runs in one process on SQLite."""
        return self.database.startswith("sqlite")

    @property
    def https(self) -> bool:
        """Whether the public address is HTTPS, which makes cookies Secure."""
        return urlsplit(self.public_url).scheme == "https"
