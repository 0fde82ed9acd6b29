"""A transport that answers from a script, in process, and remembers what was asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import requests
import urllib3
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict


@dataclass(frozen=True)
class Answer:
    """One reply; ``body`` may be bytes, text, or anything JSON can say."""

    body: Any = b""
    status: int = 200
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def raw(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return self.body.encode() if isinstance(self.body, str) else json.dumps(self.body).encode()


Script = Callable[[requests.PreparedRequest], "Answer | Exception"]


class Scripted(BaseAdapter):
    """Answers with ``script(request)``, or with each of a list in turn, the last one for ever."""

    def __init__(self, script: Script | list[Answer | Exception]) -> None:
        super().__init__()
        self._script = script
        self.requests: list[requests.PreparedRequest] = []

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        self.requests.append(request)
        if callable(self._script):
            answer = self._script(request)
        else:
            answer = self._script[min(len(self.requests), len(self._script)) - 1]
        if isinstance(answer, Exception):
            raise answer
        response = requests.Response()
        response.status_code = answer.status
        response.headers = CaseInsensitiveDict({"Content-Type": answer.content_type, **answer.headers})
        response.raw = urllib3.HTTPResponse(
            BytesIO(answer.raw), headers=dict(response.headers), status=answer.status, preload_content=False
        )
        response.url = request.url
        response.request = request
        return response

    def close(self) -> None:
        """Nothing to close."""


class FakeTime:
    """Seconds that pass only when somebody sleeps."""

    def __init__(self, start: float = 1000.0) -> None:
        self.seconds = start
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds
