"""The product, in which questions about readers in the country ZZ take their time: each statement SECONDS longer.

python tests/support/slow_reports.py
"""

import importlib
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

SECONDS = 1.0


def slowed(answer: Callable[..., Any]) -> Callable[..., Any]:
    def slow(client: Any, question: Any, *, cancelled: Callable[[], bool], **more: Any) -> Any:
        if "'ZZ'" not in str(question.filters):
            return answer(client, question, cancelled=cancelled, **more)

        def wait_and_ask() -> bool:
            ends = time.monotonic() + SECONDS
            while time.monotonic() < ends and not cancelled():
                time.sleep(0.05)
            return cancelled()

        return answer(client, question, cancelled=wait_and_ask, **more)

    return slow


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    module = importlib.import_module("pipeline.reports.answer")
    setattr(module, "answer", slowed(module.answer))  # noqa: B010 - before the site imports it
    sys.exit(importlib.import_module("cms.__main__").main())
