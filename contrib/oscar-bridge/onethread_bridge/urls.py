from django.urls import path

from onethread_bridge import acting, reads

urlpatterns = [
    path("status", reads.status),
    path("buyers", reads.find),
    path("buyers/<str:buyer_id>", reads.buyer),
    path("buyers/<str:buyer_id>/carts", reads.carts),
    path("buyers/<str:buyer_id>/orders", reads.orders_of),
    path("carts/<str:cart_id>", reads.cart),
    path("orders", reads.orders),
    path("orders/<str:order_id>", reads.order),
    path("orders/<str:order_id>/note", acting.note),
    path("orders/<str:order_id>/address", acting.address),
    path("orders/<str:order_id>/cancel", acting.cancel),
    path("orders/<str:order_id>/refund", acting.refund),
    path("products", reads.products),
    path("products/<str:product_id>", reads.product),
    path("coupons", acting.coupon),
    path("acts/<str:key>", acting.act),
]
