"""What is asked of Shopify's Admin API (GraphQL, 2026-10). Sizes of lists keep every question below the 1000 points
that one may cost."""

from collections.abc import Sequence

VERSION = "2026-10"

SHOP = """query {
  shop { name myshopifyDomain currencyCode shopAddress { countryCodeV2 } }
  currentAppInstallation { accessScopes { handle } }
}"""

PEEK = "query { customers(first: 1) { nodes { id defaultEmailAddress { emailAddress } } } }"

_MONEY = "{ presentmentMoney { amount currencyCode } }"

_ADDRESS = """fragment Address on MailingAddress {
  name company address1 address2 city province provinceCode zip countryCodeV2 phone
}"""

_BUYER = f"""fragment Buyer on Customer {{
  id displayName locale state createdAt note tags numberOfOrders
  amountSpent {{ amount currencyCode }}
  lastOrder {{ processedAt }}
  statistics {{ rfmGroup }}
  defaultEmailAddress {{ emailAddress marketingState marketingUpdatedAt }}
  defaultPhoneNumber {{
    phoneNumber
    smsMarketingConsent {{ state updatedAt }}
    whatsAppMarketingConsent {{ state updatedAt }}
  }}
  addressesV2(first: 5) {{ nodes {{ ...Address }} }}
}}
{_ADDRESS}"""

BUYER = f"query ($id: CustomerIdentifierInput!) {{ customerByIdentifier(identifier: $id) {{ ...Buyer }} }} {_BUYER}"

CREDIT = """query ($id: ID!) { customer(id: $id) {
  storeCreditAccounts(first: 5) { nodes { balance { amount currencyCode } } }
} }"""


def find(people: int, phones: int, orders: int) -> str:
    """A question for so many identifiers ($p0…), telephone numbers in addresses ($a0…) and order names ($o0…)."""
    wanted = [f"$p{n}: CustomerIdentifierInput!" for n in range(people)]
    wanted += [f"$a{n}: String!" for n in range(phones)] + [f"$o{n}: String!" for n in range(orders)]
    fields = [f"p{n}: customerByIdentifier(identifier: $p{n}) {{ ...Buyer }}" for n in range(people)]
    fields += [f"a{n}: customers(first: 5, query: $a{n}) {{ nodes {{ ...Buyer }} }}" for n in range(phones)]
    fields += [
        f"o{n}: orders(first: 3, query: $o{n}) {{ nodes {{ name customer {{ ...Buyer }} }} }}"
        for n in range(orders)
    ]
    return f"query ({', '.join(wanted)}) {{ {' '.join(fields)} }} {_BUYER}"


_LINE = f"""fragment Line on LineItem {{
  id title variantTitle sku quantity refundableQuantity
  image {{ url }} product {{ id }} variant {{ id }}
  discountedTotalSet(withCodeDiscounts: true) {_MONEY}
}}"""


def _parcels(first: int, inside: int) -> str:
    """So many parcels with so many lines in each."""
    return f"""fulfillments(first: {first}) {{
    id displayStatus createdAt updatedAt deliveredAt estimatedDeliveryAt inTransitAt
    location {{ id name }}
    trackingInfo(first: 2) {{ company number url }}
    fulfillmentOrders(first: 1) {{ nodes {{ deliveryMethod {{ methodType }} }} }}
    fulfillmentLineItems(first: {inside}) {{
      pageInfo {{ hasNextPage }} nodes {{ id quantity lineItem {{ id }} }}
    }}
  }}"""


def _refunds(first: int, inside: int) -> str:
    """So many refunds with so many lines in each."""
    return f"""refunds(first: {first}) {{
    id createdAt note totalRefundedSet {_MONEY}
    refundLineItems(first: {inside}) {{ nodes {{ quantity lineItem {{ id }} }} }}
  }}"""


def _returns(first: int, inside: int) -> str:
    """So many returns with so many lines in each."""
    return f"""returns(first: {first}) @include(if: $returns) {{
    pageInfo {{ hasNextPage }}
    nodes {{
      id name status
      returnLineItems(first: {inside}) {{
        nodes {{ quantity customerNote ... on ReturnLineItem {{ fulfillmentLineItem {{ id lineItem {{ id }} }} }} }}
      }}
    }}
  }}"""


def _order(lines: int, parcels: int, inside: int) -> str:
    """An order with up to so many lines, so many parcels, refunds and returns, and so many lines in each of these."""
    return f"""fragment Order on Order {{
  id name createdAt updatedAt processedAt cancelledAt closedAt
  displayFinancialStatus displayFulfillmentStatus returnStatus
  currencyCode presentmentCurrencyCode email phone note tags discountCodes sourceName
  cartToken checkoutToken statusPageUrl
  cancellation {{ staffNote }}
  customer {{ id }} retailLocation {{ id name }}
  shippingAddress {{ ...Address }}
  totalPriceSet {_MONEY} totalShippingPriceSet {_MONEY} totalTaxSet {_MONEY} totalDiscountsSet {_MONEY}
  totalRefundedSet {_MONEY} netPaymentSet {_MONEY}
  lineItems(first: {lines}) {{ pageInfo {{ hasNextPage endCursor }} nodes {{ ...Line }} }}
  {_parcels(parcels, inside)}
  fulfillmentOrders(first: {parcels}) @include(if: $fulfilment) {{
    pageInfo {{ hasNextPage }}
    nodes {{
      id status
      deliveryMethod {{ methodType maxDeliveryDateTime }}
      assignedLocation {{ name location {{ id }} }}
      lineItems(first: {inside}) {{ nodes {{ remainingQuantity lineItem {{ id }} }} }}
    }}
  }}
  {_refunds(parcels, inside)}
  {_returns(parcels, inside)}
}}
{_LINE} {_ADDRESS}"""


WHOLE_LINES, WHOLE_PARCELS, BRIEF_PARCELS, BRIEF_PAGE = 40, 5, 2, 4

ORDER = f"""query ($id: ID!, $fulfilment: Boolean!, $returns: Boolean!) {{ order(id: $id) {{ ...Order }} }}
{_order(WHOLE_LINES, WHOLE_PARCELS, 12)}"""

MORE_LINES = f"""query ($id: ID!, $after: String!) {{ order(id: $id) {{
  lineItems(first: 100, after: $after) {{ pageInfo {{ hasNextPage endCursor }} nodes {{ ...Line }} }} }} }} {_LINE}"""

MORE_PARCELS = f"query ($id: ID!) {{ order(id: $id) {{ {_parcels(20, 12)} }} }}"
BIG_PARCELS = f"query ($id: ID!) {{ order(id: $id) {{ {_parcels(6, 60)} }} }}"
MORE_REFUNDS = f"query ($id: ID!) {{ order(id: $id) {{ {_refunds(50, 7)} }} }}"
MORE_RETURNS = f"query ($id: ID!, $returns: Boolean!) {{ order(id: $id) {{ {_returns(20, 12)} }} }}"

ORDERS_OF = f"""query ($id: ID!, $first: Int!, $after: String, $fulfilment: Boolean!, $returns: Boolean!) {{
  customer(id: $id) {{ orders(first: $first, after: $after, sortKey: PROCESSED_AT, reverse: true) {{
    pageInfo {{ hasNextPage endCursor }} nodes {{ ...Order }} }} }} }} {_order(8, BRIEF_PARCELS, 6)}"""

ORDERS_NAMED = "query ($q: String!) { orders(first: 10, query: $q) { nodes { id name } } }"

ORDER_OF_PACKING = "query ($id: ID!) { fulfillmentOrder(id: $id) { orderId } }"

CHANGED = """query ($q: String!) { orders(first: 100, query: $q, sortKey: UPDATED_AT) {
  nodes { id name updatedAt customer { id } } } }"""

_VARIANT = """fragment Variant on ProductVariant {
  id title sku price availableForSale inventoryQuantity
  product { title onlineStoreUrl featuredMedia { preview { image { url } } } }
}"""

VARIANTS = f"""query ($q: String!, $first: Int!) {{ shop {{ currencyCode }}
  productVariants(first: $first, query: $q) {{ nodes {{ ...Variant }} }} }} {_VARIANT}"""

VARIANTS_BY_ID = (
    f"""query ($ids: [ID!]!) {{ shop {{ currencyCode }} nodes(ids: $ids) {{ ...Variant }} }} {_VARIANT}"""
)

STOCK = """query ($id: ID!) { productVariant(id: $id) { inventoryItem { inventoryLevels(first: 50) { nodes {
  isActive location { id name localPickupSettingsV2 { pickupTime } }
  quantities(names: ["available", "on_hand", "incoming"]) { name quantity } } } } } }"""

SUGGEST = f"""query ($id: ID!, $all: Boolean!, $lines: [RefundLineItemInput!], $shipping: Boolean!) {{
  order(id: $id) {{ suggestedRefund(suggestFullRefund: $all, refundLineItems: $lines, refundShipping: $shipping) {{
    amountSet {_MONEY} maximumRefundableSet {_MONEY}
    suggestedTransactions {{ gateway amountSet {_MONEY} maximumRefundableSet {_MONEY} parentTransaction {{ id }} }}
  }} }} }}"""

REFUND = f"""mutation ($input: RefundInput!, $key: String!) {{ refundCreate(input: $input) @idempotent(key: $key) {{
  refund {{ id totalRefundedSet {_MONEY} }} userErrors {{ field message }} }} }}"""

CANCEL = """mutation ($id: ID!, $restock: Boolean!, $notify: Boolean!, $back: OrderCancelRefundMethodInput!,
  $note: String!) {
  orderCancel(orderId: $id, reason: CUSTOMER, restock: $restock, notifyCustomer: $notify, refundMethod: $back,
    staffNote: $note) { job { id done } orderCancelUserErrors { field message code } } }"""

UPDATE = """mutation ($input: OrderInput!) { orderUpdate(input: $input) {
  order { id } userErrors { field message } } }"""

RETURN = """mutation ($input: ReturnRequestInput!) { returnRequest(input: $input) {
  return { id name } userErrors { field message code } } }"""

DRAFT = f"""mutation ($input: DraftOrderInput!) {{ draftOrderCreate(input: $input) {{
  draftOrder {{ id invoiceUrl totalPriceSet {_MONEY} }} userErrors {{ field message }} }} }}"""

DRAFTS = f"""query ($q: String!) {{ draftOrders(first: 5, query: $q) {{
  nodes {{ id invoiceUrl tags totalPriceSet {_MONEY} }} }} }}"""

COUPON = """mutation ($input: DiscountCodeBasicInput!) { discountCodeBasicCreate(basicCodeDiscount: $input) {
  codeDiscountNode { id } userErrors { field message code } } }"""

COUPONS = """query ($code: String!) { codeDiscountNodeByCode(code: $code) { id
  codeDiscount { __typename ... on DiscountCodeBasic { tags } } } }"""

HOOKS = """query ($after: String) { webhookSubscriptions(first: 100, after: $after) {
  pageInfo { hasNextPage endCursor } nodes { id topic uri } } }"""


def subscribe(topics: Sequence[str]) -> str:
    """Subscriptions of these topics, one field (t0…) for each."""
    fields = [
        f"t{n}: webhookSubscriptionCreate(topic: {topic}, webhookSubscription: {{uri: $uri, format: JSON}}) "
        "{ webhookSubscription { id } userErrors { field message } }"
        for n, topic in enumerate(topics)
    ]
    return f"mutation ($uri: String!) {{ {' '.join(fields)} }}"


def unsubscribe(count: int) -> str:
    """The end of so many subscriptions ($i0…)."""
    wanted = ", ".join(f"$i{n}: ID!" for n in range(count))
    fields = " ".join(
        f"t{n}: webhookSubscriptionDelete(id: $i{n}) {{ userErrors {{ field message }} }}"
        for n in range(count)
    )
    return f"mutation ({wanted}) {{ {fields} }}"


def everything() -> dict[str, str]:
    """Every document by name, for whoever wants to compare them with Shopify's schema."""
    fixed = {
        name: text
        for name, text in globals().items()
        if name.isupper() and isinstance(text, str) and "{" in text and not name.startswith("_")
    }
    return {
        **fixed,
        "find": find(2, 2, 2),
        "subscribe": subscribe(["ORDERS_CREATE"]),
        "unsubscribe": unsubscribe(2),
    }
