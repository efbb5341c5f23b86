"""A made-up shop's support desk for the fake server: customers, what they wrote and what was answered.

Each conversation is (customer, address kind → address, assignee, options, lines); a line is
(minutes ago, who, text, extras): who is `in`, an agent's initial for a reply, `n:` + initial for a note, or `sys`.
"""

from __future__ import annotations

from typing import Any

Line = tuple[float, str, str, dict[str, Any]]
DAY = 1440.0

AGENTS = [
    {"id": 1, "name": "Ben Kowalski", "role": "admin", "initials": "BK", "photo": None},
    {"id": 2, "name": "Mia Lindqvist", "role": "supervisor", "initials": "ML", "photo": None},
    {"id": 3, "name": "Noor Haddad", "role": "agent", "initials": "NH", "photo": None},
]
CHANNELS = [
    {
        "id": 1,
        "kind": "email",
        "name": "Support mailbox",
        "account": "support@alpe.shop",
        "state": "active",
        "last_error": None,
        "title": "E-mail",
    },
    {
        "id": 2,
        "kind": "telegram",
        "name": "@alpe_bot",
        "account": "@alpe_bot",
        "state": "active",
        "last_error": None,
        "title": "Telegram",
    },
    {
        "id": 3,
        "kind": "chat_widget",
        "name": "Site chat",
        "account": "alpe.shop",
        "state": "active",
        "last_error": None,
        "title": "Chat",
    },
    {
        "id": 4,
        "kind": "instagram",
        "name": "@alpe.shop",
        "account": "@alpe.shop",
        "state": "needs_reauth",
        "last_error": "The token was revoked",
        "title": "Instagram",
    },
]

OFFER = (
    "<div style='font-family:Georgia,serif'><h2 style='color:#7a3b10'>Two boxes, one of them crushed</h2>"
    "<p>Hello,</p><p>the <b>Monte tent</b> (order 10398) arrived with a torn corner. Here is what I would like:</p>"
    "<ul><li>a replacement for the outer tent only</li><li>no new poles, they are fine</li></ul>"
    "<p><img src='https://tracker.example/pixel.png' width=1 height=1><img src='https://tracker.example/logo.png' alt='logo'>"
    "Kind regards<br>Greta Holm</p></div>"
)
LONG = (
    "Hello,\n\nI bought the Brina jacket in September and wear it every day on the bike. Since last week the front zip "
    "opens by itself from the bottom while riding. I tried wax and I tried pliers, it made no difference.\n\nCould you "
    "tell me whether a repair is possible, how long it would take, and whether I can hand it in at the shop in Basel "
    "instead of sending it? I would need it back before the 12th because of a trip.\n\nThank you very much\nUrs Ammann"
)

CONVERSATIONS: list[tuple[str, dict[str, str], int | None, dict[str, Any], list[Line]]] = [
    (
        "Anna Moretti",
        {"email": "anna@moretti.it", "telegram": "@annam"},
        1,
        {"waiting": 14, "level": "verified"},
        [
            (
                200 * DAY,
                "in",
                "Buongiorno, la giacca Brina è disponibile in verde bosco?",
                {"subject": "Giacca Brina"},
            ),
            (
                200 * DAY - 60,
                "2",
                "Buongiorno Anna, torna a magazzino a fine maggio. Le scrivo appena arriva.",
                {},
            ),
            (199 * DAY, "sys", "resolved", {"agent": 2}),
            (
                3 * DAY,
                "in",
                "Buongiorno,\n\nho ordinato lo zaino blu (n. 10412) ma non vedo la spedizione. È possibile ritirarlo in negozio?\n\nGrazie\nAnna Moretti",
                {"subject": "Ordine 10412", "new": True},
            ),
            (
                3 * DAY - 7,
                "1",
                "Buonasera Anna,\n\nparte domani mattina. Le scrivo appena ho il numero di spedizione.\n\nBen",
                {"subject": "Re: Ordine 10412", "state": "delivered"},
            ),
            (2 * DAY, "n:2", "Warehouse says Milano has two left, pick-up possible from 15:00.", {}),
            (
                1 * DAY,
                "in",
                "Perfetto, aspetto. Allego lo scontrino della borsa dell'anno scorso, nel caso serva per lo sconto.",
                {
                    "subject": "Re: Ordine 10412",
                    "quoted": "Il 19 novembre Ben ha scritto:\n> Buonasera Anna,\n> parte domani mattina. Le scrivo appena ho il numero di spedizione.\n> Ben",
                    "files": [
                        ("scontrino.png", "image/png", 48211),
                        ("condizioni.pdf", "application/pdf", 183220),
                    ],
                },
            ),
            (16, "in", "Grazie! Posso ritirarlo a Milano?", {"channel": 2}),
            (14, "in", "E aggiungo la copertura pioggia 🙂", {"channel": 2}),
        ],
    ),
    (
        "Nadia Keller",
        {"telegram": "@nadia", "email": "nadia.keller@example.ch", "chat_widget": "visitor 81aa"},
        1,
        {
            "waiting": 5,
            "level": "mail_auth",
            "visit": {
                "channel_id": 3,
                "online": True,
                "since": "2026-01-05T09:00:00Z",
                "seen_at": "2099-01-05T09:05:00Z",
                "page": {"url": "https://alpe.shop/checkout", "title": "Checkout – Alpe"},
                "page_at": "2026-01-05T09:03:00Z",
                "referrer": "",
                "cart": {
                    "currency": "CHF",
                    "total": 248.5,
                    "items": [
                        {"title": "Monte tent, outer sheet", "quantity": 1, "price": 199},
                        {"title": "Peg, titanium, set of 6", "quantity": 2, "price": 24.75},
                    ],
                },
                "cart_at": "2026-01-05T09:02:00Z",
                "attributes": {},
                "locale": "de-CH",
            },
            "about": {
                "locale": "de-CH",
                "time_zone": "America/New_York",
                "tags": ["vip", "tent"],
                "claims": {"instagram": "@nadia.keller"},
                "notes": [
                    ("Mia Lindqvist", "Guides tours in the Engadin; needs parts fast in July."),
                    ("Ben Kowalski", "Prefers German."),
                ],
                "duplicates": [
                    (
                        "N. Keller",
                        86,
                        "very likely",
                        False,
                        ["Both gave the address nadia.keller@example.ch", "The same name"],
                    )
                ],
            },
        },
        [
            (
                4 * DAY,
                "in",
                "Guten Tag, gibt es das Aussenzelt vom Monte einzeln?",
                {"channel": 1, "subject": "Monte Aussenzelt"},
            ),
            (
                4 * DAY - 30,
                "1",
                "Guten Tag Nadia,\n\nja, **einzeln** für CHF 199:\n\n- Farbe *Moosgrün*\n- lieferbar ab Montag\n\nMehr dazu [im Shop](https://alpe.shop/monte), oder schreiben Sie mir.\n\n> Gestänge passt auch zum alten Modell",
                {"channel": 1, "state": "read"},
            ),
            (
                2 * DAY,
                "in",
                "Hallo, ich sitze gerade vor dem Warenkorb. Passt das auch zum Modell 2021?",
                {"channel": 3},
            ),
            (2 * DAY - 4, "1", "Ja, passt. Gestänge bleibt gleich.", {"channel": 3, "state": "delivered"}),
            (
                2 * DAY - 8,
                "sys",
                "continued",
                {"data": {"from_channel": "Site chat", "address": "nadia.keller@example.ch", "replies": 1}},
            ),
            (
                60,
                "in",
                "Hier sind die Bilder",
                {
                    "channel": 2,
                    "files": [
                        ("a.png", "image/png", 90211),
                        ("b.png", "image/png", 70211),
                        ("c.png", "image/png", 50211),
                    ],
                    "reactions": [{"emoji": "👍", "by": "Ben Kowalski", "mine": True, "agent_id": 1}],
                },
            ),
            (50, "in", "", {"channel": 2, "files": [("sticker-9.webp", "image/webp", 9021)]}),
            (45, "in", "", {"channel": 2, "files": [("voice-12.ogg", "audio/ogg", 20110)]}),
            (
                40,
                "in",
                "Hütte Maighels\nTujetsch\n46.622200, 8.687100\nhttps://www.openstreetmap.org/?mlat=46.622200&mlon=8.687100#map=17/46.6222/8.6871",
                {"channel": 2},
            ),
            (
                30,
                "1",
                "Danke, **sehr hilfreich**! Ich schaue nach.",
                {
                    "channel": 2,
                    "state": "read",
                    "reactions": [{"emoji": "❤", "by": "Nadia", "mine": False, "agent_id": None}],
                },
            ),
            (
                10,
                "in",
                "Ich brauche es bis Freitag den 12.",
                {
                    "channel": 2,
                    "edited_at": "2026-01-05T09:00:00Z",
                    "versions": ["Ich brauche es bis Donnerstag."],
                },
            ),
            (8, "in", "", {"channel": 2, "removed_at": "2026-01-05T09:00:00Z"}),
            (5, "in", "Geht das?", {"channel": 2}),
        ],
    ),
    (
        "Jonas Schmidt",
        {"instagram": "@jonas.fährt"},
        1,
        {"waiting": 95},
        [
            (1.5 * DAY, "in", "Hi! Is the Alpe bag carry-on size?", {"channel": 4}),
            (
                1.4 * DAY,
                "1",
                "It is, 28 litres fits every airline we know of.",
                {"channel": 4, "state": "read"},
            ),
            (
                95,
                "in",
                "The zip broke on day two, see photo",
                {"channel": 4, "files": [("zip.png", "image/png", 90211)]},
            ),
        ],
    ),
    (
        "Елена Петрова",
        {"email": "elena.petrova@yandex.ru"},
        1,
        {"level": "mail_auth"},
        [
            (300, "in", "Здравствуйте! Когда отправите заказ 10409?", {"subject": "Заказ 10409"}),
            (
                31,
                "1",
                "Здравствуйте, Елена! Отправили сегодня, трек-номер RB 4471 208 RU.",
                {"state": "sent"},
            ),
        ],
    ),
    (
        "Rui Duarte",
        {"chat_widget": "visitor 3f9c", "email": "rui.duarte@sapo.pt"},
        None,
        {"waiting": 40},
        [
            (41, "in", "Is the 42 in stock anywhere near me?", {"channel": 3}),
            (40, "in", "I am in Porto until Friday", {"channel": 3}),
        ],
    ),
    (
        "Greta Holm",
        {"email": "greta.holm@example.se"},
        None,
        {"waiting": 130, "level": "mail_auth"},
        [
            (
                130,
                "in",
                "Two boxes, one of them crushed\n\nHello, the Monte tent (order 10398) arrived with a torn corner.",
                {"subject": "Order 10398: damaged parcel", "html": OFFER, "blocked": 2},
            ),
        ],
    ),
    (
        "Urs Ammann",
        {"email": "urs@ammann-velo.ch"},
        1,
        {"waiting": 26, "level": "claimed", "reply_to": "urs.ammann.private@gmail.example"},
        [
            (
                26,
                "in",
                LONG,
                {
                    "subject": "Brina jacket: zip opens while riding",
                    "reason": "SPF did not pass for ammann-velo.ch",
                },
            ),
        ],
    ),
    (
        "ليلى عمر",
        {"email": "laila.omar@example.eg"},
        2,
        {},
        [
            (
                170,
                "in",
                "مرحبا، أريد استرجاع الحذاء رقم 10377 لأنه ضيق قليلا. هل يمكن استبداله بمقاس 40؟",
                {"subject": "استبدال الطلب 10377"},
            ),
            (150, "n:2", "Refund approved, size 40 is on its way from Turin.", {}),
            (120, "2", "مرحبا ليلى، بالتأكيد. أرسلنا المقاس 40 اليوم.", {"state": "delivered"}),
        ],
    ),
    (
        "Tomasz Wójcik",
        {"email": "tomasz@wojcik.pl"},
        1,
        {"trouble": "failed"},
        [
            (
                2 * DAY,
                "in",
                "Dzień dobry, dostałem zły kolor (zamówienie 10388). Proszę o wymianę.",
                {"subject": "Order 10388, wrong colour"},
            ),
            (
                2 * DAY - 90,
                "1",
                "Dzień dobry Panie Tomaszu, wysyłamy właściwy kolor jutro.",
                {
                    "state": "failed",
                    "error": "Mailbox full: 452 4.2.2 The recipient's mailbox is over its quota",
                },
            ),
        ],
    ),
    (
        "Camille Durand",
        {"email": "camille.durand@example.fr"},
        1,
        {"trouble": "uncertain"},
        [
            (
                1.2 * DAY,
                "in",
                "Bonjour, puis-je changer l'adresse de livraison ?",
                {"subject": "Commande 10401"},
            ),
            (
                1.1 * DAY,
                "1",
                "Bonjour Camille, c'est fait : 12 rue des Lilas, Lyon.",
                {
                    "state": "uncertain",
                    "error": "The server closed the connection after the message was handed over",
                },
            ),
        ],
    ),
    (
        "Postmaster at lakeside-hotel.example",
        {"email": "postmaster@lakeside-hotel.example"},
        None,
        {"waiting": 500},
        [
            (
                500,
                "in",
                "I am out of office until Monday. In urgent cases call +41 44 555 01 01.",
                {"subject": "Automatic reply: Your order 10390", "automatic": "Out-of-office reply"},
            ),
        ],
    ),
]
FILLERS = [
    ("Marta Silva", "Do you ship to the Azores?"),
    ("Oskar Lind", "Thanks, that fixed it!"),
    ("Priya Raman", "My discount code SUN10 is not accepted"),
    ("Yuki Tanaka", "請求書を送っていただけますか？"),
    ("Hugo Bernard", "Où en est mon remboursement ?"),
    ("Sofia Ricci", "The strap is 2 cm too short for me"),
    ("Dmitri Sokolov", "Есть ли палатка Monte на складе?"),
    ("Eva Novotná", "Faktura má špatné IČO, prosím o opravu"),
    ("Liam O'Connor", "Can I pick up on Sunday?"),
    ("Aylin Kaya", "Kargom nerede?"),
    ("Noah van Dijk", "The tracking link shows nothing"),
    ("Ines Costa", "Love the bag, where can I leave a review?"),
]
