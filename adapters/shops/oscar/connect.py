"""Trying the bridge of an Oscar shop, and what a person does there."""

from pydantic import JsonValue

from adapters.shops.common import understood
from adapters.shops.oscar.api import Api
from inbox.contract import AdapterError, Health, NeedsReauth, Step, Unreadable


def check(api: Api) -> Health:
    """Ask the bridge what it can do. Never raises."""
    try:
        data = api.ask("status")
        with understood():
            if data is None or data["bridge"] != 1:
                raise Unreadable("There is no bridge at this address that we know.")
            facts: dict[str, JsonValue] = {
                name: bool(data[name]) for name in ("can_refund", "can_cancel", "tells")
            }
    except NeedsReauth as error:
        return Health(ok=False, problems=(error.reason,), refused=True)
    except AdapterError as error:
        return Health(ok=False, problems=(error.reason,))
    return Health(ok=True, facts=facts)


_INSTALL = "pip install ./contrib/oscar-bridge"
_SETTINGS = """INSTALLED_APPS += ["onethread_bridge"]
ONETHREAD_BRIDGE = {
    "TOKEN": os.environ["ONETHREAD_TOKEN"],
    "HOOK_URL": "%s",
    "HOOK_SECRET": os.environ["ONETHREAD_HOOK_SECRET"],
}"""
_URLS = 'path("support/", include("onethread_bridge.urls")),'


def guide(hook_url: str) -> tuple[Step, ...]:
    """The steps; those after connecting need our address."""
    steps = [
        Step(
            title="Install the bridge",
            text="`contrib/oscar-bridge` of Onethread is a small Django app. Install it where the shop runs.",
            copy_text=_INSTALL,
        ),
        Step(title="Add it to the shop's addresses", text="In the shop's `urls.py`:", copy_text=_URLS),
        Step(
            title="Give it a token",
            text="Add the app and its settings to the shop's settings, run `manage.py migrate` and restart. The token "
            "is any secret of at least 16 characters; enter it here too.",
            copy_text=_SETTINGS % "",
        ),
    ]
    if hook_url:
        steps.append(
            Step(
                title="Let it tell of carts",
                text="Carts are seen live once the bridge knows our address and the secret of events. Set both, and "
                "restart the shop.",
                copy_text=f'"HOOK_URL": "{hook_url}",',
                when="after",
            )
        )
    return tuple(steps)
