"""Gunicorn's configuration for the web process of the Procfile."""

# First of all, before anything is imported that keeps a reference to what is patched here.
from gevent import monkey

monkey.patch_all()

import os  # noqa: E402

bind = f"0.0.0.0:{os.environ.get('PORT', '8000')}"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "gevent"
worker_connections = 10_000
# Each worker builds its own parts after the fork.
preload_app = False
graceful_timeout = 8
timeout = 60
keepalive = 20
# Which proxies to believe is the application's business: ONETHREAD_TRUSTED_PROXIES.
forwarded_allow_ips = ""
errorlog = "-"
accesslog = None
loglevel = "warning"
