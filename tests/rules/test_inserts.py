"""What counts as a variable that nothing has filled."""

import pytest

from inbox.commerce.inserts import unfilled


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (
            "Your order {{order.number}} at {{ order.pickup.store }}, {{order.number}}",
            ("order.number", "order.pickup.store"),
        ),
        ("Dear {{customer.name}}, yours {{agent.name}}", ("customer.name", "agent.name")),
        # Whoever writes about templates of his own may do so.
        ("In Liquid it is {{ product.title }}, {order.number} and {{order}}.", ()),
        ("{{order.}} {{ORDER.NUMBER}} {{order.number}", ()),
        ("{{" * 50_000, ()),
    ],
)
def test_only_our_own_names_in_double_braces(text: str, names: tuple[str, ...]) -> None:
    assert unfilled(text) == names
