"""A small Oscar shop for tests."""

import os
import pathlib

from oscar.defaults import *  # noqa: F403 - how Oscar's settings are taken over

BASE = pathlib.Path(os.environ["SHOP_DATABASE"]).parent
SECRET_KEY = "of a shop that only tests use"
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
SITE_ID = 1
ROOT_URLCONF = "shop_urls"
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STATIC_URL, MEDIA_URL, MEDIA_ROOT = "/static/", "/media/", str(BASE / "media")
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ["SHOP_DATABASE"],
        "ATOMIC_REQUESTS": True,
        "OPTIONS": {"timeout": 30, "transaction_mode": "IMMEDIATE"},
    }
}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
HAYSTACK_CONNECTIONS = {"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}}
_OSCAR = """
analytics:Analytics checkout:Checkout address:Address shipping:Shipping catalogue:Catalogue
catalogue.reviews:CatalogueReviews communication:Communication partner:Partner basket:Basket payment:Payment
offer:Offer order:Order customer:Customer search:Search voucher:Voucher wishlists:Wishlists dashboard:Dashboard
dashboard.reports:ReportsDashboard dashboard.users:UsersDashboard dashboard.orders:OrdersDashboard
dashboard.catalogue:CatalogueDashboard dashboard.offers:OffersDashboard dashboard.partners:PartnersDashboard
dashboard.pages:PagesDashboard dashboard.ranges:RangesDashboard dashboard.reviews:ReviewsDashboard
dashboard.vouchers:VouchersDashboard dashboard.communications:CommunicationsDashboard
dashboard.shipping:ShippingDashboard
"""
INSTALLED_APPS = [
    *(
        f"django.contrib.{name}"
        for name in ("auth", "contenttypes", "sessions", "messages", "sites", "flatpages")
    ),
    "django.contrib.staticfiles",
    "oscar.config.Shop",
    *("oscar.apps.{}.apps.{}Config".format(*pair.split(":")) for pair in _OSCAR.split()),
    *(
        "widget_tweaks",
        "haystack",
        "treebeard",
        "sorl.thumbnail",
        "django_tables2",
        "rest_framework",
        "oscarapi",
    ),
    "onethread_bridge",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "oscar.apps.basket.middleware.BasketMiddleware",
]
AUTHENTICATION_BACKENDS = ["oscar.apps.customer.auth_backends.EmailBackend"]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
PHONENUMBER_DEFAULT_REGION = "DE"
OSCAR_DEFAULT_CURRENCY = "EUR"
OSCAR_ALLOW_ANON_CHECKOUT = True
OSCAR_INITIAL_ORDER_STATUS = OSCAR_INITIAL_LINE_STATUS = OSCARAPI_INITIAL_ORDER_STATUS = "Pending"
OSCAR_ORDER_STATUS_PIPELINE = {
    "Pending": ("Being processed", "Cancelled"),
    "Being processed": ("Shipped",),
    "Shipped": (),
    "Cancelled": (),
}
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
}
ONETHREAD_BRIDGE = {
    "TOKEN": os.environ.get("BRIDGE_TOKEN", ""),
    "HOOK_URL": os.environ.get("HOOK_URL", ""),
    "HOOK_SECRET": os.environ.get("HOOK_SECRET", ""),
    "REFUND": "shop_till.give_back",
    "PICKUP_METHODS": ("pickup",),
    "SHOP_URL": "https://shop.example",
}
