"""Who may ask: whoever has the token. Answers and errors are JSON."""

import hmac
import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import transaction
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from onethread_bridge import settings

_BODY_MAX = 100_000


class Refused(Exception):
    """The request cannot be done; the text is a sentence for the agent. `status` is an HTTP status."""

    def __init__(self, sentence: str, status: int = 422) -> None:
        super().__init__(sentence)
        self.sentence, self.status = sentence, status


def endpoint(*methods: str) -> Callable[[Callable[..., Any]], Callable[..., JsonResponse]]:
    """A view for holders of the token that returns JSON data; None is 404, Refused its own status."""

    def decorate(view: Callable[..., Any]) -> Callable[..., JsonResponse]:
        @csrf_exempt
        @wraps(view)
        def answer(request: HttpRequest, *words: Any, **named: Any) -> JsonResponse:
            token = settings.get("TOKEN")
            given = request.headers.get("Authorization", "")
            if not token or not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
                return JsonResponse({"error": "The token is not the bridge's."}, status=401)
            if request.method not in methods:
                return JsonResponse({"error": "This cannot be done here."}, status=405)
            try:
                with transaction.atomic():
                    data = view(request, *words, **named)
            except Refused as refusal:
                return JsonResponse({"error": refusal.sentence}, status=refusal.status)
            if data is None:
                return JsonResponse({"error": "There is none."}, status=404)
            return JsonResponse(data)

        return answer

    return decorate


def body_of(request: HttpRequest) -> dict[str, Any]:
    """The request's JSON object. Raises Refused."""
    try:
        data = json.loads(request.body) if len(request.body) <= _BODY_MAX else None
    except ValueError:
        data = None
    if not isinstance(data, dict):
        raise Refused("The request is no JSON object.", 400)
    return data


def number_of(text: str) -> int:
    """A primary key; 0, which nothing has, for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
