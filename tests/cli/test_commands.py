"""Commands that run to their end: what they print, where, and with which status."""

import sqlite3

import pytest

from tests import shops
from tests.installation import PASSWORD, Installation


@pytest.fixture
def ready(migrated: Installation) -> Installation:
    """An installation with a database."""
    return migrated


def add_agent(ready: Installation, email: str = "ben@shop.example", role: str = "agent") -> None:
    ready.say(
        *("agent", "add", "--email", email, "--name", "Ben", "--role", role, "--password-stdin"),
        give=PASSWORD + "\n",
    )


def test_upgrading_twice_changes_nothing(installation: Installation) -> None:
    first = installation.say("db", "upgrade")
    assert installation.say("db", "upgrade") == first


def test_before_the_upgrade_a_command_says_what_to_do(installation: Installation) -> None:
    done = installation.run("agent", "list")
    assert done.returncode == 1
    assert "onethread db upgrade" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_agent_is_added_and_listed(ready: Installation) -> None:
    add_agent(ready, "Ben@Shop.example")
    assert "ben@shop.example" in ready.say("agent", "list")


def test_the_same_agent_twice_is_a_mistake_told_in_words(ready: Installation) -> None:
    add_agent(ready)
    done = ready.run(
        *("agent", "add", "--email", "ben@shop.example", "--name", "Ben", "--password-stdin"), give=PASSWORD
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert "exists already" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_short_password_is_refused(ready: Installation) -> None:
    done = ready.run(
        *("agent", "add", "--email", "b@shop.example", "--name", "B", "--password-stdin"), give="short"
    )
    assert done.returncode == 1
    assert "8 characters" in done.stderr


def test_a_token_is_printed_and_nothing_else(ready: Installation) -> None:
    add_agent(ready)
    done = ready.run("token", "create", "--agent", "ben@shop.example")
    assert done.returncode == 0
    assert done.stdout.startswith("ot_")
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""


def test_a_token_needs_an_agent(ready: Installation) -> None:
    done = ready.run("token", "create", "--agent", "nobody@shop.example")
    assert done.returncode == 1
    assert done.stdout == ""


def test_a_channel_without_test_is_saved_and_its_id_is_all_that_is_printed(ready: Installation) -> None:
    number = ready.add_mailbox(smtp_port=25)
    listed = ready.say("channel", "list")
    assert listed.split("\t")[:4] == [str(number), "email", "active", "Support"]


def test_a_channel_that_does_not_answer_is_not_saved(ready: Installation) -> None:
    done = ready.run(
        *("channel", "add", "email", "--name", "S", "--set", "address=s@example.test"),
        *("--set", "imap_host=127.0.0.1", "--set", "imap_port=1", "--set", "imap_security=plain"),
        *("--set", "smtp_host=127.0.0.1", "--set", "smtp_port=1", "--set", "imap_password=-"),
        give="secret\n",
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert "IMAP" in done.stderr
    assert "SMTP" in done.stderr
    assert ready.say("channel", "list") == ""


def test_a_channel_password_is_nowhere_to_be_read(ready: Installation) -> None:
    ready.add_mailbox(smtp_port=25)
    everything = b"".join(path.read_bytes() for path in ready.data.rglob("*") if path.is_file())
    assert b"support@example.test" in everything
    assert b"secret" not in everything.replace(b"secrets", b"").replace(b"client_secret", b"")


def test_unknown_settings_of_a_channel_are_named(ready: Installation) -> None:
    done = ready.run("channel", "add", "email", "--name", "S", "--set", "colour=red", "--no-test")
    assert done.returncode == 1
    assert "colour" in done.stderr


def test_a_channel_is_paused_and_resumed(ready: Installation) -> None:
    number = str(ready.add_mailbox(smtp_port=25))
    ready.say("channel", "pause", number)
    assert "paused" in ready.say("channel", "list")
    ready.say("channel", "resume", number)
    assert "active" in ready.say("channel", "list")


def test_the_doctor_finds_nothing_in_a_sound_installation(ready: Installation) -> None:
    done = ready.run("doctor")
    assert done.returncode == 0, done.stdout
    assert "All is well." in done.stdout


def test_the_doctor_names_each_trouble_and_what_to_do(installation: Installation) -> None:
    done = installation.run("doctor", REDIS_URL="redis://127.0.0.1:1/0", ONETHREAD_PUBLIC_URL="shop")
    assert done.returncode == 1
    for hint in ("onethread db upgrade", "Redis does not answer", "https://"):
        assert hint in done.stdout
    assert "Traceback" not in done.stderr


def test_the_doctor_tells_when_another_key_sealed_the_secrets(ready: Installation) -> None:
    ready.add_mailbox(smtp_port=25)
    done = ready.run("channel", "test", "1", ONETHREAD_SECRET_KEY="quite another key, of some length")
    assert done.returncode == 1
    assert "ONETHREAD_SECRET_KEY" in done.stderr


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"ONETHREAD_LOG_LEVEL": "loud"}, "ONETHREAD_LOG_LEVEL"),
        ({"DATABASE_URL": "oracle://x/y"}, "DATABASE_URL"),
        ({"DATABASE_URL": "postgresql://someone:canary@127.0.0.1:1/x"}, "The database does not answer"),
    ],
)
def test_a_wrong_setting_is_named(installation: Installation, settings: dict[str, str], named: str) -> None:
    done = installation.run("agent", "list", **settings)
    assert done.returncode == 1
    assert named in done.stderr
    assert "canary" not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_shop_is_connected_listed_paused_and_removed(ready: Installation) -> None:
    shops.found_in(ready.folder)
    wrong = ready.run(
        *("shop", "add", "kiosk", "--name", "K", "--set", "token=-"), give="wrong token of the kiosk\n"
    )
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert "The token is not taken." in wrong.stderr
    number = ready.say("shop", "add", "kiosk", "--name", "K", "--set", "site=alpe.example")
    assert number == "1"
    assert ready.say("shop", "test", number) == "It works."
    ready.say("shop", "pause", number)
    assert ready.say("shop", "list") == "1\tkiosk\tpaused\tK\talpe.example"
    ready.say("shop", "resume", number)
    assert "ok    shops" in ready.run("doctor").stdout
    assert ready.run("shop", "remove", number, give="n\n").returncode != 0
    ready.say("shop", "remove", number, "--yes")
    assert ready.say("shop", "list") == ""


def test_unknown_kinds_and_settings_of_shops_are_named(ready: Installation) -> None:
    shops.found_in(ready.folder)
    unknown = ready.run("shop", "add", "barrow", "--name", "B", "--no-test")
    assert "There is no kind of shop “barrow”" in unknown.stderr
    done = ready.run("shop", "add", "kiosk", "--name", "K", "--set", "colour=red", "--no-test")
    assert (done.returncode, done.stdout) == (1, "")
    assert "colour" in done.stderr


@pytest.mark.parametrize("name", ["worker", "poller", "clock"])
def test_processes_of_many_want_a_server_database(installation: Installation, name: str) -> None:
    done = installation.run(name)
    assert done.returncode == 1
    assert "onethread serve" in done.stderr


def test_help_names_every_command(installation: Installation) -> None:
    done = installation.run("--help")
    assert done.returncode == 0
    names = (
        "serve",
        "demo",
        "db",
        "doctor",
        "agent",
        "token",
        "channel",
        "shop",
        "worker",
        "poller",
        "clock",
    )
    for name in names:
        assert f"  {name} " in done.stdout


def test_the_database_is_no_more_than_a_file(ready: Installation) -> None:
    with sqlite3.connect(ready.data / "onethread.db") as connection:
        [(mode,)] = connection.execute("PRAGMA journal_mode").fetchall()
    connection.close()
    assert mode == "wal"
