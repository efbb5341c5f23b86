"""What is asked of Vendure's Admin API (3.7)."""

LOGIN = """mutation ($u: String!, $p: String!) { login(username: $u, password: $p) {
  __typename ... on ErrorResult { errorCode } } }"""

SETTINGS = "{ globalSettings { serverConfig { moneyStrategyPrecision } } }"

CHANNEL = "{ activeChannel { code defaultCurrencyCode defaultLanguageCode } }"

TRIAL = """{ activeChannel { code defaultCurrencyCode } customers(options: { take: 1 }) { totalItems }
  orders(options: { take: 1 }) { totalItems } productVariants(options: { take: 1 }) { totalItems } }"""

WHOAMI = """{ me { identifier channels { code token permissions } }
  activeChannel { code defaultCurrencyCode } }"""

_VARIANT = """fragment V on ProductVariant { id sku name priceWithTax currencyCode product { name slug }
  featuredAsset { preview } stockLevels { stockOnHand stockAllocated stockLocation { id name } } }"""

_BUYER = """fragment B on Customer { id createdAt firstName lastName emailAddress phoneNumber groups { name }
  user { id } addresses { fullName streetLine1 streetLine2 city province postalCode country { code } phoneNumber }
  orders(options: { filter: { active: { eq: false }, state: { notIn: ["Draft", "Cancelled"] } }, take: 100,
    sort: { orderPlacedAt: DESC } }) { totalItems items { orderPlacedAt currencyCode totalWithTax } } }"""

_ORDER = """fragment O on Order { id code state active createdAt updatedAt orderPlacedAt currencyCode nextStates
  totalWithTax subTotalWithTax shippingWithTax couponCodes discounts { amountWithTax } taxSummary { taxTotal }
  customer { id emailAddress phoneNumber }
  shippingAddress { fullName streetLine1 streetLine2 city province postalCode countryCode phoneNumber }
  shippingLines { discountedPriceWithTax shippingMethod { code name } }
  lines { id updatedAt quantity orderPlacedQuantity unitPriceWithTax discountedLinePriceWithTax
    proratedLinePriceWithTax featuredAsset { preview } productVariant { ...V } }
  payments { id state amount refunds { id createdAt state total reason lines { orderLineId quantity } } }
  fulfillments { id state method trackingCode createdAt updatedAt lines { orderLineId quantity } }
  modifications { id note }
  history(options: { filter: { type: { in: ["ORDER_NOTE", "ORDER_CANCELLATION"] } }, sort: { createdAt: DESC },
    take: 100 }) { items { id type data } } }"""

FIND = f"""query ($people: [CustomerFilterParameter!]!, $codes: [String!]!) {{
  customers(options: {{ filter: {{ _or: $people }}, take: 100 }}) {{ items {{ ...B }} }}
  orders(options: {{ filter: {{ code: {{ in: $codes }}, active: {{ eq: false }} }}, take: 50 }}) {{
    items {{ code customer {{ ...B }} }} }} }} {_BUYER}"""

BUYER = f"query ($id: ID!) {{ customer(id: $id) {{ ...B }} }} {_BUYER}"

ORDERS_OF = f"""query ($id: ID!, $filter: OrderFilterParameter!, $sort: OrderSortParameter!, $skip: Int!,
  $take: Int!) {{
  customer(id: $id) {{ orders(options: {{ filter: $filter, sort: $sort, skip: $skip, take: $take }}) {{
    totalItems items {{ ...O }} }} }} }} {_ORDER} {_VARIANT}"""

ORDER = f"query ($id: ID!) {{ order(id: $id) {{ ...O }} }} {_ORDER} {_VARIANT}"

ORDERS_BY_CODE = f"""query ($codes: [String!]!) {{
  orders(options: {{ filter: {{ code: {{ in: $codes }}, active: {{ eq: false }} }}, take: 10 }}) {{
    items {{ ...O }} }} }} {_ORDER} {_VARIANT}"""

CHANGED = """query ($since: DateTime!, $take: Int!) {
  orders(options: { filter: { updatedAt: { after: $since } }, sort: { updatedAt: ASC }, take: $take }) {
    items { id code active updatedAt customer { id } } } }"""

VARIANTS = f"""query ($filter: ProductVariantFilterParameter!, $take: Int!) {{
  productVariants(options: {{ filter: $filter, take: $take }}) {{ items {{ ...V }} }} }} {_VARIANT}"""

REFUND = """mutation ($input: RefundOrderInput!) { refundOrder(input: $input) { __typename
  ... on Refund { id state total } ... on ErrorResult { errorCode message } } }"""

CANCEL = """mutation ($input: CancelOrderInput!) { cancelOrder(input: $input) { __typename
  ... on Order { id state } ... on OrderStateTransitionError { transitionError }
  ... on ErrorResult { errorCode message } } }"""

TRANSITION = """mutation ($id: ID!, $state: String!) { transitionOrderToState(id: $id, state: $state) { __typename
  ... on Order { id state } ... on OrderStateTransitionError { errorCode message transitionError } } }"""

MODIFY = """mutation ($input: ModifyOrderInput!) { modifyOrder(input: $input) { __typename
  ... on Order { id } ... on ErrorResult { errorCode message } } }"""

NOTE = "mutation ($input: AddNoteToOrderInput!) { addNoteToOrder(input: $input) { id } }"

PROMOTIONS = """query ($code: String!) { promotions(options: { filter: { couponCode: { eq: $code } }, take: 5 }) {
  items { id name description couponCode } } }"""

MAKE_PROMOTION = """mutation ($input: CreatePromotionInput!) { createPromotion(input: $input) { __typename
  ... on Promotion { id } ... on ErrorResult { errorCode message } } }"""
