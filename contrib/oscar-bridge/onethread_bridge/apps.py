from django.apps import AppConfig


class BridgeConfig(AppConfig):
    """The app, as INSTALLED_APPS takes it."""

    name = "onethread_bridge"
    verbose_name = "Onethread bridge"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to the shop's signals."""
        from onethread_bridge import signals

        signals.connect()
