"""What somebody writes into a new adapter's marked parts for a network that exists only here.

Smoke signals: whoever sends is a hill, a message is a puff, and the network's words are nobody else's. For each file,
what the example says and what the network says instead.
"""

FILLED_IN = {
    "adapters/smoke_signal/__init__.py": [
        ("text_max=2000", "text_max=40"),
        ('Mark(draw="M4 5h16v11H9l-5 4z", light="#5b5851", dark="#b0b0bc")', 'Mark(draw="M4 20c6-9 10 3 16-14")'),
        ("An account at Smoke signal: what", "A fire on your hill: what"),
    ],
    "adapters/smoke_signal/api.py": [("Bearer", "Blanket")],
    "adapters/smoke_signal/config.py": [("https://api.smoke-signal.example", "https://hills.example")],
    "adapters/smoke_signal/connect.py": [('"/me"', '"/fire"'), ('me.get("name")', 'me.get("keeper")')],
    "adapters/smoke_signal/errors.py": [
        ('"rate_limited": Meaning("later", "Smoke signal takes no more messages for a while.")',
         '"rain": Meaning("later", "It rains.")'),
        ('"no_such_person"', '"no_such_hill"'),
        ('"text_too_long"', '"out_of_wood"'),
        ('"token_revoked"', '"fire_forbidden"'),
        ('json.loads(answer.body)["error"]["code"]', 'json.loads(answer.body)["trouble"]'),
    ],
    "adapters/smoke_signal/hook.py": [
        ('"x-smoke-signal-signature"', '"x-blanket-signature"'),
        ("hashlib.sha256).hexdigest()", "hashlib.sha512).hexdigest()"),
    ],
    "adapters/smoke_signal/parse.py": [
        ('Field(alias="id")', 'Field(alias="puff")'),
        ('Field(alias="from")', 'Field(alias="hill")'),
        ('Field(alias="text")', 'Field(alias="says")'),
        ('Field(alias="at")', 'Field(alias="seen")'),
        ('LIST = "messages"', 'LIST = "puffs"'),
    ],
    "adapters/smoke_signal/poll.py": [
        ('f"/updates?{query}"', 'f"/sky?{query}"'),
        ('answer["updates"]', 'answer["sky"]'),
    ],
    "adapters/smoke_signal/send.py": [
        ('{"to": message.to.address, "text": to_text(message.text), "key": message.idem_key}',
         '{"hill": message.to.address, "says": to_text(message.text)}'),
        ('"/messages"', '"/puffs"'),
        ('answer.get("id")', 'answer.get("puff")'),
        ('answer["id"]', 'answer["puff"]'),
    ],
    "adapters/smoke_signal/samples/text.body": [
        ('"messages"', '"puffs"'),
        ('"id": "m1", "from": "anna"', '"puff": "p7", "hill": "eagle"'),
        ('"text"', '"says"'),
        ('"at"', '"seen"'),
    ],
    "adapters/smoke_signal/samples/text.json": [
        ('"m1"', '"p7"'),
        ('"address": "anna", "display": "anna"', '"address": "eagle", "display": "eagle"'),
    ],
    "docs/channels/smoke_signal.md": [("<!-- ", "Light a fire, and "), (" -->", "")],
    "tests/adapters/smoke_signal/peer.py": [
        ('{"error": {"code": self.fault[1]}}', '{"trouble": self.fault[1]}'),
        ("Bearer", "Blanket"),
        ('{"error": {"code": "token_revoked"}}', '{"trouble": "fire_forbidden"}'),
        ('("GET", "/me")', '("GET", "/fire")'),
        ('{"name": "@shop"}', '{"keeper": "@shop"}'),
        ('"/updates?"', '"/sky?"'),
        ('{"updates": [', '{"sky": ['),
        ('("POST", "/messages")', '("POST", "/puffs")'),
        ('message["to"]', 'message["hill"]'),
        ('{"error": {"code": "no_such_person"}}', '{"trouble": "no_such_hill"}'),
        ('{"id": f"out-{len(self.sent)}"}', '{"puff": f"out-{len(self.sent)}"}'),
        ('{"error": {"code": "no_such_call"}}', '{"trouble": "no_such_path"}'),
        ('{"id": f"m{number}", "from": "anna", "text": f"Message {number}", "at": 1767323045}',
         '{"puff": f"m{number}", "hill": "eagle", "says": f"Message {number}", "seen": 1767323045}'),
        ('"messages": [message]}', '"puffs": [message]}'),
        ('{"id": "m1", "from": "anna", "text": "Hello", "at": 1767323045}',
         '{"puff": "m1", "hill": "eagle", "says": "Hello", "seen": 1767323045}'),
        ('"messages": [message]}', '"puffs": [message]}'),
    ],
}  # fmt: skip
