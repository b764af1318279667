from __future__ import annotations

import logging

import pytest

from pipeline.errors import ConfigurationError
from pipeline.process.run import run_or_refuse, start
from pipeline.settings import Settings


def test_a_process_works_with_the_settings_of_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "8123")

    def work(settings: Settings) -> int:
        assert settings.port == 8123
        return 1

    assert start(work, log_level=logging.WARNING) == 1


def test_a_setting_that_makes_no_sense_is_one_line_and_no_work(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PORT", "many")
    assert start(lambda _settings: pytest.fail("it ran"), log_level=logging.WARNING) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("nhip: PORT=")


def test_a_refusal_is_one_line_and_a_fault_of_the_program_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    def refuse() -> int:
        raise ConfigurationError("want a number", variable="PORT")

    def fail() -> int:
        raise ZeroDivisionError

    assert run_or_refuse(refuse) == 2
    assert capsys.readouterr().err == "nhip: PORT: want a number\n"
    with pytest.raises(ZeroDivisionError):
        run_or_refuse(fail)
