"""A large shop in the database: 200,000 customers, a million messages over three weeks. Written by set-based SQL."""

from sqlalchemy import Connection, text

from inbox.db.work import Database

CUSTOMERS = 200_000
MESSAGES_EACH = 5
LONG_THREAD = 2_000
"""Messages of the first customer's thread besides."""

WORDS = "order parcel refund size colour jacket boots zipper invoice delivery store return voucher"


def seed(db: Database, customers: int = CUSTOMERS) -> None:
    """Fill an empty, migrated database that has agents 1 to 4 and channel 1."""
    with db.write() as session:
        connection = session.connection()
        (_postgresql if db.is_postgresql else _sqlite)(connection, customers)
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE" if db.is_postgresql else "ANALYZE")


def _postgresql(connection: Connection, customers: int) -> None:
    series, moment = "generate_series(1, {n}) AS s(i)", "now() - make_interval(secs => {seconds})"
    _run(connection, customers, series, moment, "true", "false", "'[]'")
    for table in ("customer", "identity", "thread", "episode", "message", "wait"):
        connection.execute(text(f"SELECT setval('{table}_id_seq', (SELECT max(id) FROM {table}))"))


def _sqlite(connection: Connection, customers: int) -> None:
    series = (
        "(WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < {n}) SELECT i FROM s) AS s"
    )
    moment = "strftime('%Y-%m-%d %H:%M:%f', 'now', '-' || ({seconds}) || ' seconds') || '000'"
    _run(connection, customers, series, moment, "1", "0", "'[]'")


def _run(
    connection: Connection, customers: int, series: str, moment: str, yes: str, no: str, empty: str
) -> None:
    def at(seconds: str) -> str:
        return moment.format(seconds=seconds)

    people = series.format(n=customers)
    far = "'9999-01-01 00:00:00.000000'" if "strftime" in moment else "'9999-01-01 00:00:00+00'"
    age = "(s.i % 100000) * 18"
    words = WORDS.split()
    word = "CASE s.i % 13 " + " ".join(f"WHEN {n} THEN '{w}'" for n, w in enumerate(words)) + " END"
    open_ = "s.i % 20 = 0"
    waiting = "s.i % 60 = 0"
    assignee = "CASE WHEN s.i % 40 = 0 THEN NULL ELSE 1 + (s.i % 4) END"
    statements = [
        f"""INSERT INTO customer (id, name, sort_name, is_demo, created_at)
            SELECT i, 'Customer ' || i, 'customer ' || i, {no}, {at(age)} FROM {people}""",
        f"""INSERT INTO identity (id, customer_id, namespace, account, address, display, name, level, level_reason,
                                  first_seen_at, last_seen_at)
            SELECT i, i, 'email', '', 'c' || i || '@example.org', 'c' || i || '@example.org', '', 'claimed', '',
                   {at(age)}, {at(age)} FROM {people}""",
        f"""INSERT INTO thread (id, customer_id, status, assignee_id, priority, waiting_since, due_at, last_seq,
                                last_message_at, last_inbound_at, last_channel_id, last_identity_id, preview,
                                preview_kind, subject, created_at)
            SELECT i, i, CASE WHEN {open_} THEN 'open' ELSE 'resolved' END,
                   CASE WHEN {open_} THEN {assignee} ELSE 1 + (s.i % 4) END, 'normal',
                   CASE WHEN {waiting} THEN {at(age)} END, CASE WHEN {waiting} THEN {at(age)} ELSE {far} END,
                   {MESSAGES_EACH}, {at(age)}, {at(age)}, 1, i, 'About my ' || {word}, 'inbound',
                   'Order ' || i, {at(age)} FROM {people}""",
        f"""INSERT INTO episode (id, thread_id, number, status, assignee_id, priority, opened_at, first_seq,
                                 resolved_at, reopened_count)
            SELECT i, i, 1, CASE WHEN {open_} THEN 'open' ELSE 'resolved' END, 1 + (s.i % 4), 'normal', {at(age)}, 1,
                   CASE WHEN {open_} THEN NULL ELSE {at(age)} END, 0 FROM {people}""",
        f"""INSERT INTO message (id, thread_id, seq, episode_id, kind, channel_id, identity_id, author_id, subject,
                                 body_text, quoted_text, sender_name, sender_level_reason, recipients, notices,
                                 created_at)
            SELECT (s.i - 1) * {MESSAGES_EACH} + m.k, s.i, m.k, s.i,
                   CASE WHEN m.k % 2 = 1 THEN 'inbound' ELSE 'reply' END,
                   1, s.i, CASE WHEN m.k % 2 = 1 THEN NULL ELSE 1 + (s.i % 4) END, 'Order ' || s.i,
                   'Message ' || m.k || ' about my ' || {word} || ' number ' || s.i ||
                   '. It should have come last week, and I would like to know where it is now.',
                   '', 'Customer ' || s.i, '', {empty}, {empty}, {at(age)}
            FROM {people} CROSS JOIN
                 (SELECT 1 AS k UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5) AS m""",
        f"""INSERT INTO wait (id, thread_id, episode_id, is_first, opened_at, opened_by_id)
            SELECT i, i, i, {yes}, {at(age)}, (i - 1) * {MESSAGES_EACH} + 1 FROM {people} WHERE {waiting}""",
        f"""INSERT INTO message (id, thread_id, seq, episode_id, kind, channel_id, identity_id, subject, body_text,
                                 quoted_text, sender_name, sender_level_reason, recipients, notices, created_at)
            SELECT {customers * MESSAGES_EACH} + i, 1, {MESSAGES_EACH} + i, 1, 'inbound', 1, 1, 'Long story',
                   'Part ' || i || ' of a long story.', '', 'Customer 1', '', {empty}, {empty}, {at("1")}
            FROM {series.format(n=LONG_THREAD)}""",
        f"UPDATE thread SET last_seq = {MESSAGES_EACH + LONG_THREAD} WHERE id = 1",
        f"""INSERT INTO message_alias (channel_id, external_id, message_id)
            SELECT 1, '<m' || i || '@example.org>', (i - 1) * {MESSAGES_EACH} + 1 FROM {people}""",
    ]
    for statement in statements:
        connection.execute(text(statement))
