"""What every shop must hold, as checks that anybody can run on a shop's folder and on the shop itself.

A check raises AssertionError with a sentence. `tests/shops/test_conformance.py` runs all of them on every folder
below `adapters/shops/`; another distribution runs them on its own the same way:

    case = load_shop_case("corner_shop", Path("src/onethread_corner_shop"), SHOP)
    for check in SHOP_CHECKS:
        check(case)
    for check in WORLD_CHECKS:
        check(case, world)

A folder's `samples/` holds `config.json` and perhaps `secrets.json` as a channel's does, and for every sample of an
event its `NAME.body` and `NAME.json`: {"headers": {…}, "events": […]}. A `World` is the shop itself with a shopper's
hands: the real one where it can be started, otherwise a fake that is as strict.
"""

from collections.abc import Callable

from inbox.contract.commerce.conformance.acting import (
    check_address_edited_once,
    check_changed_order_is_refused,
    check_coupon_made_once,
    check_crash_around_the_wire,
    check_note_written_once,
    check_order_cancelled_once,
    check_refund_made_once,
    check_unanswered_refund_is_found,
    check_unsupported_acts_are_refused,
)
from inbox.contract.commerce.conformance.case import (
    EventSample,
    ShopCase,
    describe_events,
    load_shop_case,
)
from inbox.contract.commerce.conformance.events import (
    check_event_forgeries,
    check_event_parse_survives,
    check_events_of_wrong_secret,
    check_old_events_are_refused,
)
from inbox.contract.commerce.conformance.faults import (
    FaultIo,
    check_errors_of_reading,
    check_health_in_trouble,
    check_rubbish,
)
from inbox.contract.commerce.conformance.folder import (
    check_shop_config,
    check_shop_docs,
    check_shop_face,
    check_shop_manifest,
    check_shop_samples,
)
from inbox.contract.commerce.conformance.looking import (
    check_cart_journey,
    check_ended_session_is_renewed,
    check_find_by_email,
    check_find_by_phone,
    check_goods,
    check_guest_order,
    check_healthy,
    check_nothing_there,
    check_orders_are_paged,
    check_parcels,
    check_shared_phone,
)
from inbox.contract.commerce.conformance.world import World

SHOP_CHECKS: tuple[Callable[[ShopCase], None], ...] = (
    check_shop_manifest,
    check_shop_docs,
    check_shop_face,
    check_shop_config,
    check_shop_samples,
    check_errors_of_reading,
    check_rubbish,
    check_health_in_trouble,
)
"""Checks that need nothing but the folder."""

WORLD_CHECKS: tuple[Callable[[ShopCase, World], None], ...] = (
    check_healthy,
    check_nothing_there,
    check_find_by_email,
    check_find_by_phone,
    check_shared_phone,
    check_guest_order,
    check_cart_journey,
    check_orders_are_paged,
    check_parcels,
    check_goods,
    check_ended_session_is_renewed,
    check_old_events_are_refused,
    check_events_of_wrong_secret,
    check_unsupported_acts_are_refused,
    check_refund_made_once,
    check_crash_around_the_wire,
    check_unanswered_refund_is_found,
    check_changed_order_is_refused,
    check_order_cancelled_once,
    check_address_edited_once,
    check_note_written_once,
    check_coupon_made_once,
)
"""Checks on the shop itself. Each makes people and orders of its own."""

__all__ = [
    "SHOP_CHECKS",
    "WORLD_CHECKS",
    "EventSample",
    "FaultIo",
    "ShopCase",
    "World",
    "check_event_forgeries",
    "check_event_parse_survives",
    "describe_events",
    "load_shop_case",
]
