"""How every process of the product starts: its arguments, its log, its settings, and one line for what it can't do."""

import argparse
import re
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from pipeline.errors import PipelineError
from pipeline.process import logs
from pipeline.process.data_directory import keep_to_owner
from pipeline.process.descriptors import raise_limit
from pipeline.process.memory import give_back_freed_memory
from pipeline.process.words import say
from pipeline.settings import Settings

FINE, OFF, COULD_NOT_RUN = 0, 1, 2

# argparse's own words, of which there is no Vietnamese version.
WORDS = (
    (r"^argument (.+?): ", r"\1: "),
    (r"^the following arguments are required: ", "thiếu · missing: "),
    (r"^unrecognized arguments: ", "không hiểu · unrecognized: "),
    (r"invalid choice: ('.*') \(choose from (.*)\)$", r"không có \1, chọn · no \1, choose from \2"),
    (r"expected (one|at least one) argument$", "cần một giá trị · expected a value"),
)

SETTINGS_HELP = "Thiết lập là các biến môi trường: README.md · Settings are environment variables: README.md"
STOPPED = "Nhịp đã dừng. · Stopped."


def start(work: Callable[[Settings], int], *, log_level: int) -> int:
    """Log from ``log_level`` up and do ``work`` with the environment's settings; returns the exit code."""
    logs.configure(log_level)
    give_back_freed_memory()
    raise_limit()
    return run_or_refuse(lambda: work(Settings.from_env()))


def run_or_refuse(work: Callable[[], int]) -> int:
    """The exit code of ``work``; a PipelineError becomes one line and COULD_NOT_RUN."""
    keep_to_owner()
    try:
        return work()
    except PipelineError as error:
        sys.stderr.write(f"nhip: {say(error)}\n")
        return COULD_NOT_RUN


class Parser(argparse.ArgumentParser):
    """Refuses in one line, as ``run_or_refuse`` does; its help is in two languages."""

    def __init__(self, **options: Any) -> None:
        super().__init__(add_help=False, **options)
        self._positionals.title, self._optionals.title = "tham số · arguments", "tuỳ chọn · options"
        self.add_argument("-h", "--help", action="help", help="hiện trợ giúp này · show this help")

    def error(self, message: str) -> NoReturn:
        for pattern, words in WORDS:
            message = re.sub(pattern, words, message)
        self.exit(COULD_NOT_RUN, f"nhip: {message}; xem · see {self.prog} --help\n")
