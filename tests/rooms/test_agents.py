"""Agents: passwords, sessions, tokens, roles and the limits on guessing, on both databases."""

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, text

from inbox.agents import actions, limits, passwords, queries, rules, sessions
from inbox.agents.models import AgentSession, ApiToken, LoginAttempt
from inbox.agents.sessions import Visitor
from inbox.agents.words import Role
from inbox.errors import Conflict, Invalid, NotFound
from inbox.events.models import Event
from inbox.flows.context import Context
from tests.factories import Make, ManualClock

PASSWORD = "correct horse battery"
TWO_WEEKS = timedelta(days=14)
HOME = Visitor("203.0.113.7", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0")


def log_in(ctx: Context, email: str, password: str = PASSWORD, visitor: Visitor = HOME) -> str | None:
    return sessions.log_in(
        ctx.db,
        lambda text: ctx.vault.digest("login-attempt", text),
        email=email,
        password=password,
        visitor=visitor,
        now=ctx.clock(),
        lifetime=TWO_WEEKS,
    )


def who(ctx: Context, token: str | None) -> int | None:
    with ctx.db.read() as session:
        agent = queries.identify_session(session, token or "", ctx.clock())
    return agent.id if agent else None


# Passwords


def test_passwords_are_kept_as_argon2id_with_the_work_that_owasp_asks_for() -> None:
    kept = passwords.hash_password(PASSWORD)
    assert kept.startswith("$argon2id$v=19$m=47104,t=1,p=1$")
    assert passwords.verify(kept, PASSWORD)
    assert not passwords.verify(kept, PASSWORD + " ")
    assert not passwords.is_outdated(kept)
    assert passwords.hash_password(PASSWORD) != kept


@pytest.mark.parametrize("kept", [None, "", "not a hash", "$argon2id$v=19$m=8,t=1,p=1$AAAA$BBBB"])
def test_nobody_and_broken_hashes_have_no_password(kept: str | None) -> None:
    for guess in ("", "nobody has this password", PASSWORD):
        assert passwords.verify(kept, guess) is False


def test_the_same_password_typed_on_another_system_fits() -> None:
    assert passwords.verify(passwords.hash_password("schöne Grüße"), "schöne Grüße")


@pytest.mark.parametrize(
    "password",
    ["short", "passwordpassword" * 20, "password123", "aaaaaaaaaaaa", "anna@shop.example", "annaanna"],
)
def test_weak_passwords_are_refused(password: str) -> None:
    with pytest.raises(Invalid) as refused:
        rules.check_password(password, "anna@shop.example", "Anna")
    assert refused.value.pointer == "/password"


def test_an_outdated_hash_is_renewed_at_the_next_login(
    ctx: Context, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = make.agent()
    monkeypatch.setattr(
        passwords, "HASHER", type(passwords.HASHER)(time_cost=2, memory_cost=64, parallelism=1)
    )
    assert log_in(ctx, agent.email)
    with ctx.db.read() as session:
        kept = session.scalar(text("SELECT password_hash FROM agent").columns())
    assert "m=64,t=2" in str(kept)


# Sessions


def test_a_session_names_its_agent_until_it_ends(ctx: Context, make: Make) -> None:
    agent = make.agent()
    token = log_in(ctx, f"  {agent.email.upper()} ")
    assert token is not None
    assert len(token) >= 43
    assert who(ctx, token) == agent.id
    ctx.db.run(sessions.end, token, ctx.clock())
    assert who(ctx, token) is None


def test_only_the_hash_of_a_token_is_kept(ctx: Context, make: Make) -> None:
    agent = make.agent()
    token = log_in(ctx, agent.email)
    api = ctx.db.run(sessions.create_token, agent.id, "import", ctx.clock())
    with ctx.db.read() as session:
        kept = [
            *session.scalars(select(AgentSession.token_hash)),
            *session.scalars(select(ApiToken.token_hash)),
        ]
    assert token
    assert api.startswith("ot_")
    assert [len(each) for each in kept] == [32, 32]
    assert token.encode() not in kept
    assert api.encode() not in kept


def test_a_session_slides_on_while_it_is_used_and_ends_when_it_is_not(
    ctx: Context, make: Make, clock: ManualClock
) -> None:
    token = log_in(ctx, make.agent().email)
    assert token
    clock.forward(days=13)
    with ctx.db.read() as session:
        found = queries.signed_in(session, token, clock())
    assert found
    ctx.db.run(sessions.touch, found.session_id, HOME, clock(), TWO_WEEKS)
    clock.forward(days=13)
    assert who(ctx, token) is not None
    clock.forward(days=1, seconds=1)
    assert who(ctx, token) is None


def test_a_touch_cannot_bring_an_ended_session_back(ctx: Context, make: Make) -> None:
    token = log_in(ctx, make.agent().email)
    assert token
    with ctx.db.read() as session:
        found = queries.signed_in(session, token, ctx.clock())
    assert found
    ctx.db.run(sessions.end, token, ctx.clock())
    ctx.db.run(sessions.touch, found.session_id, HOME, ctx.clock(), TWO_WEEKS)
    assert who(ctx, token) is None


def test_a_new_password_ends_all_sessions_but_the_own(ctx: Context, make: Make) -> None:
    agent = make.agent()
    here, there = log_in(ctx, agent.email), log_in(ctx, agent.email)
    with ctx.db.read() as session:
        own = queries.signed_in(session, here or "", ctx.clock())
    assert own
    ctx.db.run(
        actions.set_password, agent.id, "another long sentence", ctx.clock(), keep_session=own.session_id
    )
    assert (who(ctx, here), who(ctx, there)) == (agent.id, None)
    assert log_in(ctx, agent.email) is None
    assert log_in(ctx, agent.email, "another long sentence")


def test_who_is_made_inactive_is_out_at_once_everywhere(ctx: Context, make: Make) -> None:
    make.agent("Anna", Role.ADMIN)
    agent = make.agent()
    token, api = log_in(ctx, agent.email), ctx.db.run(sessions.create_token, agent.id, "import", ctx.clock())
    change(ctx, agent.id, agent.email, is_active=False)
    with ctx.db.read() as session:
        assert queries.identify_bearer(session, api) is None
    assert who(ctx, token) is None
    assert log_in(ctx, agent.email) is None
    change(ctx, agent.id, agent.email, is_active=True)
    with ctx.db.read() as session:
        assert queries.identify_bearer(session, api) is None, "old tokens stay worthless"
    assert who(ctx, token) is None


@pytest.mark.parametrize("token", ["", " ", "0", "None", "x" * 5000, "\udcff", "%", "' OR 1=1 --"])
def test_no_made_up_token_is_anybody(ctx: Context, make: Make, token: str) -> None:
    agent = make.agent()
    log_in(ctx, agent.email)
    ctx.db.run(sessions.create_token, agent.id, "import", ctx.clock())
    assert who(ctx, token) is None
    with ctx.db.read() as session:
        assert queries.identify_bearer(session, token) is None


def test_a_token_differing_in_case_is_another_token(ctx: Context, make: Make) -> None:
    token = ctx.db.run(sessions.create_token, make.agent().id, "import", ctx.clock())
    with ctx.db.read() as session:
        assert queries.identify_bearer(session, token) is not None
        assert queries.identify_bearer(session, token.swapcase()) is None


def test_nobody_ends_the_session_or_token_of_another(ctx: Context, make: Make) -> None:
    ben, eve = make.agent("Ben"), make.agent("Eve")
    token, api = log_in(ctx, ben.email), ctx.db.run(sessions.create_token, ben.id, "import", ctx.clock())
    with ctx.db.read() as session:
        session_id = queries.sessions_of(session, ben.id, ctx.clock())[0].id
        token_id = queries.tokens_of(session, ben.id)[0].id
    for steal in (sessions.revoke, sessions.revoke_token):
        with pytest.raises(NotFound):
            ctx.db.run(steal, eve.id, session_id if steal is sessions.revoke else token_id, ctx.clock())
    with ctx.db.read() as session:
        assert queries.identify_bearer(session, api)
    assert who(ctx, token) == ben.id


# Limits


def test_waits_double_up_to_the_cap() -> None:
    now = datetime(2026, 3, 2, tzinfo=UTC)
    waits = [rules.wait_until(rules.ACCOUNT, failures, now) for failures in (4, 5, 6, 7, 12, 13, 10_000)]
    assert [None if until is None else (until - now).total_seconds() for until in waits] == [
        None, 5, 10, 20, 640, 900, 900,
    ]  # fmt: skip
    assert rules.wait_until(rules.ACCOUNT, 0, None) is None


def test_guessing_is_slowed_down_also_with_the_right_password(
    ctx: Context, make: Make, clock: ManualClock
) -> None:
    agent = make.agent()
    assert [log_in(ctx, agent.email, f"wrong guess {n}") for n in range(5)] == [None] * 5
    with pytest.raises(limits.TooMany) as refused:
        log_in(ctx, agent.email)
    assert refused.value.seconds == 5
    clock.forward(seconds=5)
    assert log_in(ctx, agent.email), "a success ends the count"
    assert log_in(ctx, agent.email, "wrong") is None


def test_ten_thousand_guesses_a_day_are_about_a_hundred(ctx: Context, make: Make, clock: ManualClock) -> None:
    agent = make.agent()
    outcomes = Counter[str]()
    for number in range(1440):
        try:
            log_in(ctx, agent.email, "wrong", Visitor(f"198.51.{number % 250}.{number // 250}"))
            outcomes["tried"] += 1
        except limits.TooMany:
            outcomes["refused"] += 1
        clock.forward(minutes=1)
    assert outcomes["tried"] < 120
    assert outcomes["refused"] > 1300


def test_unknown_accounts_are_treated_like_known_ones(ctx: Context, make: Make) -> None:
    known = make.agent().email

    def answers(email: str, address: str) -> list[str]:
        found = []
        for number in range(8):
            try:
                found.append(str(log_in(ctx, email, f"guess {number}", Visitor(address))))
            except limits.TooMany as error:
                found.append(str(error))
        return found

    assert answers(known, "203.0.113.1") == answers("nobody@shop.example", "203.0.113.2")


def test_strangers_cannot_lock_an_agent_out_where_he_is_signed_in(ctx: Context, make: Make) -> None:
    agent = make.agent()
    assert log_in(ctx, agent.email, visitor=HOME)
    for _ in range(5):
        log_in(ctx, agent.email, "wrong", Visitor("198.51.100.9"))
    with pytest.raises(limits.TooMany):
        log_in(ctx, agent.email, visitor=Visitor("198.51.100.9"))
    assert log_in(ctx, agent.email, visitor=HOME)


def test_one_address_cannot_try_many_accounts(ctx: Context, make: Make) -> None:
    own = make.agent()
    visitor = Visitor("198.51.100.9")

    def spray() -> None:
        for number in range(200):
            log_in(ctx, f"a{number}@shop.example", "Summer2026!", visitor)
            if number % 10 == 0:
                log_in(ctx, own.email, visitor=visitor)  # an own account earns no further guesses

    with pytest.raises(limits.TooMany):
        spray()


def test_an_ipv6_subscriber_is_one_address() -> None:
    assert rules.address_key("2001:db8:1:2::1") == rules.address_key("2001:db8:1:2:ffff::9")
    assert rules.address_key("2001:db8:1:3::1") != rules.address_key("2001:db8:1:2::1")
    assert rules.address_key("::ffff:203.0.113.7") == rules.address_key("203.0.113.7")
    assert rules.address_key("\r\nX: y") == "unknown"


def test_parallel_guesses_do_not_slip_through_together(ctx: Context, make: Make) -> None:
    email, outcomes = make.agent().email, Counter[str]()
    start = threading.Barrier(12)

    def guess(number: int) -> None:
        start.wait()
        try:
            log_in(ctx, email, f"guess {number}")
            outcomes["tried"] += 1
        except limits.TooMany:
            outcomes["refused"] += 1

    threads = [threading.Thread(target=guess, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == {"tried": 5, "refused": 7}


def test_attempts_are_kept_without_names_and_swept_after_a_day(
    ctx: Context, make: Make, clock: ManualClock
) -> None:
    email = make.agent().email
    log_in(ctx, email, "wrong")
    with ctx.db.read() as session:
        kept = " ".join(session.scalars(select(LoginAttempt.key)))
    assert kept
    assert email not in kept
    assert HOME.address not in kept
    clock.forward(hours=26)
    ctx.db.run(sessions.sweep, clock())
    with ctx.db.read() as session:
        assert session.scalar(select(func.count()).select_from(LoginAttempt)) == 0


# Agents and teams


def change(
    ctx: Context, agent_id: int, email: str, *, role: Role = Role.AGENT, is_active: bool = True
) -> None:
    ctx.db.run(
        actions.change_agent,
        agent_id,
        email=email,
        name="Ben",
        role=role,
        is_active=is_active,
        team_ids=(),
        now=ctx.clock(),
    )


@pytest.mark.parametrize("change_of", [{"role": Role.SUPERVISOR}, {"role": Role.ADMIN, "is_active": False}])
def test_the_last_admin_stays(ctx: Context, make: Make, change_of: dict[str, object]) -> None:
    admin = make.agent("Anna", Role.ADMIN)
    with pytest.raises(Invalid, match="must remain"):
        change(ctx, admin.id, admin.email, **change_of)  # type: ignore[arg-type]
    make.agent("Cora", Role.ADMIN)
    change(ctx, admin.id, admin.email, **change_of)  # type: ignore[arg-type]


def test_two_admins_cannot_demote_each_other_at_once(ctx: Context, make: Make) -> None:
    admins = [make.agent("Anna", Role.ADMIN), make.agent("Cora", Role.ADMIN)]
    start, outcomes = threading.Barrier(2), Counter[str]()

    def demote(number: int) -> None:
        start.wait()
        try:
            change(ctx, admins[number].id, admins[number].email)
            outcomes["done"] += 1
        except Invalid:
            outcomes["refused"] += 1

    threads = [threading.Thread(target=demote, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == {"done": 1, "refused": 1}


def test_of_many_first_admins_one_is_made(ctx: Context) -> None:
    start, outcomes = threading.Barrier(6), Counter[str]()

    def claim(number: int) -> None:
        start.wait()
        try:
            ctx.db.run(
                actions.add_first_admin,
                email=f"a{number}@shop.example",
                name="A",
                password=PASSWORD,
                now=ctx.clock(),
            )
            outcomes["made"] += 1
        except Conflict:
            outcomes["refused"] += 1

    threads = [threading.Thread(target=claim, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == {"made": 1, "refused": 5}
    with ctx.db.read() as session:
        assert [agent.role for agent in queries.agents(session)] == [Role.ADMIN]


@pytest.mark.parametrize(
    "email", ["", "anna", "a@b@c", "a b@c.example", "a@c.example\n", "<a@c.example>", "a\0@c.example"]
)
def test_strange_addresses_are_no_account(ctx: Context, email: str) -> None:
    if email.endswith("\n"):
        assert rules.check_email(email) == email.strip()
        return
    with pytest.raises(Invalid):
        ctx.db.run(actions.add_agent, email=email, name="A", role="agent", password=PASSWORD)


def test_an_address_is_one_account_in_any_case(ctx: Context, make: Make) -> None:
    email = make.agent().email
    with pytest.raises(Invalid, match="exists already"):
        ctx.db.run(actions.add_agent, email=email.upper(), name="A", role="agent", password=PASSWORD)


def test_teams_have_one_name_and_known_members(ctx: Context, make: Make) -> None:
    ben = make.agent()
    team = ctx.db.run(actions.add_team, "Returns", ctx.clock())
    with pytest.raises(Invalid, match="already"):
        ctx.db.run(actions.add_team, "RETURNS", ctx.clock())
    ctx.db.run(actions.change_team, team, "Returns & repairs", [ben.id])
    with pytest.raises(Invalid):
        ctx.db.run(actions.change_team, team, "Returns", [ben.id, 999])
    with ctx.db.read() as session:
        assert queries.identity(session, ben.id).team_ids == {team}  # type: ignore[union-attr]
        assert [(each.name, each.member_ids) for each in queries.teams(session)] == [
            ("Returns & repairs", {ben.id})
        ]


def test_whose_rights_changed_is_told_to_the_browsers(ctx: Context, make: Make) -> None:
    ben, cora = make.agent("Ben"), make.agent("Cora")
    team = ctx.db.run(actions.add_team, "Returns", ctx.clock())
    ctx.db.run(actions.change_team, team, "Returns", [ben.id, cora.id], actor_id=ben.id)
    ctx.db.run(actions.change_team, team, "Returns", [cora.id])
    change(ctx, cora.id, cora.email, role=Role.SUPERVISOR)
    with ctx.db.read() as session:
        found = session.execute(
            select(Event.data, Event.actor_id).where(Event.kind == "agent.changed").order_by(Event.id)
        ).all()
    assert [(data["agent_id"], data["change"], actor) for data, actor in found] == [
        (ben.id, "added", None),
        (cora.id, "added", None),
        (ben.id, "teams", ben.id),
        (cora.id, "teams", ben.id),
        (ben.id, "teams", None),
        (cora.id, "changed", None),
    ]


def test_an_agent_without_password_cannot_sign_in(ctx: Context) -> None:
    ctx.db.run(actions.add_agent, email="bot@shop.example", name="Bot", role="agent", password=None)
    for guess in ("", "None", "nobody has this password"):
        assert log_in(ctx, "bot@shop.example", guess) is None


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (HOME.user_agent, "Firefox on Linux"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1",
            "Safari on iPhone",
        ),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("curl/8", ""),
    ],
)
def test_browsers_are_named(user_agent: str, name: str) -> None:
    assert rules.browser_name(user_agent) == name
