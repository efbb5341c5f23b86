"""`onethread demo`: a desk to try things on, which ends without a trace."""

import uuid

from inbox.threads.models import Thread
from tests.installation import Installation
from tests.peers.process import wait_until
from tests.reading import Customer, rows


def test_a_newcomer_answers_a_customer_and_hears_back_and_the_demo_leaves_no_trace(
    installation: Installation,
) -> None:
    process = installation.start("demo", "--port", str(installation.port), "--shop-port", "0")
    installation.wait_ready(process, 60)
    installation.token = installation.say("token", "create", "--agent", "demo@alpe.example")
    assert "Sign in as demo@alpe.example" in process.output
    assert "the shop is at http://localhost:" in process.output
    for view in ("unassigned", "waiting", "open", "closed", "failed", "drafts"):
        assert installation.api(f"/threads?view={view}")["items"], f"the view “{view}” has something to show"

    (thread, *_) = installation.api("/threads?view=waiting")["items"]
    (channel, *_) = installation.api(f"/threads/{thread['id']}")["channels"]
    asked = {"channel_id": channel["channel_id"], "body": "Grazie!", "client_msg_id": uuid.uuid4().hex}
    reply = installation.api(f"/threads/{thread['id']}/replies", asked)

    def sent() -> bool:
        newest = installation.api(f"/threads/{thread['id']}/messages?limit=5")["items"]
        return any(m["id"] == reply["id"] and m["delivery"]["state"] == "sent" for m in newest)

    wait_until(sent, 20, "the reply is sent to the mail server inside")
    for name in ("Giulia", "Thomas B.", "Emre"):  # by mail, on the shop's site, in Telegram
        installation.say("demo", "--write", name, f"One more thing from {name}!")

    def has_come() -> bool:
        threads = str(installation.api("/threads?view=open"))
        return all(f"One more thing from {name}!" in threads for name in ("Giulia", "Thomas B.", "Emre"))

    wait_until(has_come, 20, "what the customers wrote")

    process.stop()
    installation.say("demo", "--remove")
    with installation.context() as ctx:
        assert rows(ctx, Thread) == []
        assert rows(ctx, Customer) == []
        assert list(ctx.files.keys(older_than=0)) == []
