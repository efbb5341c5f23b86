"""Pictures of products are fetched by us alone, and only those that a shop told of."""

from inbox.commerce.pictures import address, dress, proved
from inbox.flows.shop_pictures import KEPT, KEPT_BYTES, PAUSE, Picture, Pictures

KEY = b"k" * 32
URL = "https://cdn.shop.example/bowl.png?w=80&h=80"


def test_an_address_of_ours_carries_the_shops_and_a_proof() -> None:
    made = address(KEY, 3, URL)
    assert made.startswith(
        "/api/v1/shops/3/picture?url=https%3A%2F%2Fcdn.shop.example%2Fbowl.png%3Fw%3D80%26h%3D80&proof="
    )
    proof = made.rpartition("=")[2]
    assert proved(KEY, 3, URL, proof)
    for key, shop, url, told in [
        (b"x" * 32, 3, URL, proof),
        (KEY, 4, URL, proof),
        (KEY, 3, URL + "0", proof),
        (KEY, 3, URL, ""),
        (KEY, 3, URL, "é"),
    ]:
        assert not proved(key, shop, url, told)


def test_what_is_no_web_address_is_not_shown() -> None:
    for url in (
        "",
        "javascript:alert(1)",
        "data:image/png;base64,AA",
        "//cdn.example/a.png",
        "https://a.example/" + "a" * 2000,
    ):
        assert address(KEY, 3, url) == ""


def test_pictures_are_put_beside_addresses_wherever_they_stand() -> None:
    told = {"lines": [{"product": {"title": "Bowl", "image_url": URL}}], "total": {"amount": "1.00"}}
    dressed = dress(KEY, 3, told)
    assert dressed["lines"][0]["product"] == {
        "title": "Bowl",
        "image_url": URL,
        "picture": address(KEY, 3, URL),
    }
    assert dressed["total"] == told["total"]
    assert "picture" not in told["lines"][0]["product"]  # type: ignore[index] # what came in is left alone


def test_a_process_keeps_pictures_for_an_hour_and_not_too_many() -> None:
    time = [0.0]
    shelf = Pictures(now=lambda: time[0])
    big = Picture("image/png", b"x" * (KEPT_BYTES // 2))
    shelf.put("a", big)
    shelf.put("b", big)
    assert shelf.get("a") is big
    shelf.put("c", big)
    assert [name for name in "abc" if shelf.get(name)] == ["a", "c"]
    time[0] = KEPT
    assert shelf.get("a") is None


def test_a_host_that_did_not_answer_is_left_alone_for_a_while() -> None:
    time = [0.0]
    shelf = Pictures(now=lambda: time[0])
    shelf.pause("cdn.shop.example")
    assert shelf.paused("cdn.shop.example")
    assert not shelf.paused("other.example")
    time[0] = PAUSE
    assert not shelf.paused("cdn.shop.example")
