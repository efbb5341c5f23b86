"""Checks of the shop's events: forged, changed, old, of another shop, and rubbish."""

from inbox.contract.adapter import HookRequest
from inbox.contract.commerce.conformance.case import ShopCase
from inbox.contract.commerce.conformance.world import World, until
from inbox.contract.commerce.port import Shop, ShopConfig
from inbox.contract.conformance.items import check_error, check_text
from inbox.contract.conformance.webhooks import forgeries
from inbox.contract.errors import NotAuthentic, Unreadable
from inbox.contract.messages import Raw


def check_event_forgeries(case: ShopCase, config: ShopConfig, genuine: HookRequest) -> None:
    """The genuine event is accepted under one name each time it comes, and the forged ones are not."""
    accepted = case.shop.verify(config, genuine)
    assert case.shop.verify(config, genuine) == accepted, "a delivery that comes twice has one name"
    for name, request in forgeries(genuine):
        _refused(case, config, name, request)
    _refused(case, case.bare_config(), "without a secret of ours", genuine)
    _refused(case, config, "GET", genuine.model_copy(update={"method": "GET"}))


def check_old_events_are_refused(case: ShopCase, world: World) -> None:
    """A delivery that was recorded and comes again days later is no event, if the shop signs the time."""
    if type(case.shop).verify is Shop.verify:
        return
    stale = world.stale_event()
    if stale is not None:
        _refused(case, world.config, "replayed days later", stale)


def check_events_of_wrong_secret(case: ShopCase, world: World) -> None:
    """What the real shop sends is proved by its secret, also as the former one, and by no other shop's."""
    if type(case.shop).verify is Shop.verify:
        return
    someone = world.buyer("events@people.test")
    world.put(someone, world.skus[0], 1)
    genuine = until(lambda: next(iter(world.heard()), None), "an event")
    check_event_forgeries(case, world.config, genuine)
    case.shop.verify(world.rotated(), genuine)
    _refused(case, case.canary_config(), "of another shop", genuine)
    headers = {name: value for name, value in genuine.headers.items() if name.startswith("x-")}
    events = case.shop.parse(case.bare_config(), Raw(body=genuine.body, headers=headers))
    assert events, "the shop's own event says something"


def check_event_parse_survives(case: ShopCase, raw: Raw) -> None:
    """Any payload at all gives sound events or Unreadable, and the same each time."""
    config = case.bare_config()
    try:
        events = case.shop.parse(config, raw)
    except Unreadable as error:
        check_error(error)
        return
    for event in events:
        check_text(event.model_dump(mode="json"))
        assert event.at is None or event.at.utcoffset() is not None, "times have a zone"
    assert case.shop.parse(config, raw) == events


def _refused(case: ShopCase, config: ShopConfig, name: str, request: HookRequest) -> None:
    try:
        case.shop.verify(config, request)
    except NotAuthentic as error:
        check_error(error)
    else:
        raise AssertionError(f"the forged event “{name}” was taken for genuine")
