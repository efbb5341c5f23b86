"""The web application for WSGI servers: `gunicorn -c gunicorn.conf.py wsgi:app`.

Imported once in each worker process, after the fork and after gevent has patched the standard library: database
pools and threads must not be shared between processes.
"""

from inbox.app import build, create_app
from inbox.settings import Settings

app = create_app(build(Settings()))
