"""What is said about acts, in sentences. Pure."""

from inbox.contract.commerce import Act, Money, Preview


def difference(shown: Preview, now: Preview) -> tuple[str, ...]:
    """What is not as it was shown, in sentences; empty where an agent would agree to the same."""
    found = []
    if shown.amount != now.amount:
        found.append(f"The amount is {money(now.amount)} now; it was {money(shown.amount)}.")
    if shown.most is not None and shown.most != now.most:
        found.append(f"At most {money(now.most)} can be given back now; it was {money(shown.most)}.")
    if not found and shown.version != now.version:
        found.append("The order was changed in the shop.")
    if found:
        found += [note for note in now.notes if note not in shown.notes]
    return tuple(found)


def money(amount: Money | None) -> str:
    """An amount in plain words: "12.00 EUR"."""
    return "nothing" if amount is None else f"{amount.rounded().amount} {amount.currency}"


def subject(act: Act, number: str, amount: Money | None, reason: str, code: str = "") -> str:
    """What is to be done: "refund of 12.00 EUR, order #1004: damaged"."""
    order = f"order #{number.removeprefix('#')}" if number else "an order"
    what = {
        "refund": f"refund of {money(amount)}, {order}" if amount else f"refund of {order}",
        "cancel": f"cancelling {order}" + (f" and giving back {money(amount)}" if amount else ""),
        "address": f"another address for {order}",
        "reship": f"sending {order} again",
        "draft": "order to be paid by a link",
        "cart_link": "link to a cart",
        "coupon": f"code {code}" if code else "a code",
        "note": f"note at {order}",
        "return": f"return of {order}",
    }[act.kind]
    return f"{what}: {reason}" if reason else what


def line(act: Act, number: str, amount: Money | None, reason: str, code: str = "") -> str:
    """What was done, after the name of who did it: "refunded 12.00 EUR of order #1004: damaged"."""
    order = f"order #{number.removeprefix('#')}" if number else "an order"
    said = {
        "refund": f"refunded {money(amount)} of {order}" if amount else f"refunded {order}",
        "cancel": f"cancelled {order}" + (f" and gave back {money(amount)}" if amount else ""),
        "address": f"changed where {order} is sent",
        "reship": f"had {order} sent again",
        "draft": "made an order to be paid by a link",
        "cart_link": "made a link to a cart",
        "coupon": f"made the code {code}" if code else "made a code",
        "note": f"left a note at {order}",
        "return": f"asked for a return of {order}",
    }[act.kind]
    return f"{said}: {reason}" if reason else said
