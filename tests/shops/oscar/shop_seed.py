"""Fills the tests' shop: two countries, things to buy, two stores."""

from decimal import Decimal

import django

django.setup()

from oscar.core.loading import get_model  # noqa: E402 - models are there once Django is set up
from oscar.test.factories import create_product, create_stockrecord  # noqa: E402

for code, long_code, number, name in (("DE", "DEU", "276", "Germany"), ("PT", "PRT", "620", "Portugal")):
    get_model("address", "Country").objects.create(
        iso_3166_1_a2=code,
        iso_3166_1_a3=long_code,
        iso_3166_1_numeric=number,
        printable_name=name,
        name=name,
        is_shipping_country=True,
    )
get_model("catalogue", "ProductClass").objects.create(name="Things", requires_shipping=True, track_stock=True)
for title, upc, price, berlin, porto in (
    ("Merino socks", "SOCKS", "19.95", 500, 40),
    ("Hiking boot 41", "BOOT-41", "129.90", 300, 7),
    ("Rain cape", "CAPE", "59.00", 0, 2),
):
    thing = create_product(
        upc=upc,
        title=title,
        product_class="Things",
        partner_name="Berlin",
        partner_sku=f"B-{upc}",
        price=Decimal(price),
        num_in_stock=berlin,
    )
    create_stockrecord(
        thing, price=Decimal(price), partner_name="Porto", partner_sku=f"P-{upc}", num_in_stock=porto
    )
