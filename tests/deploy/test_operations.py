"""The runbook's commands, variables and links exist."""

from __future__ import annotations

import re
import shlex

import pytest
from part import ROOT

from pipeline.operating import cli
from pipeline.reports.dimensions import DIMENSIONS
from pipeline.reports.metrics import METRICS

TEXT = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
CONSOLES = "\n".join(re.findall(r"```console\n(.*?)```", TEXT, re.DOTALL))
SERVICES = {"web", "collector", "consumer", "migrate", "prepare", "kafka", "clickhouse", "postgres", "proxy"}


def typed() -> list[str]:
    """Every `nhip …` of the page, in a console or in a line of text."""
    lines = [line.removeprefix("$ ").partition("#")[0] for line in CONSOLES.splitlines()]
    inline = re.findall(r"`([^`\n]+)`", TEXT)
    return sorted({text.strip() for text in (*lines, *inline) if text.strip().startswith("nhip ")})


def concrete(command: str) -> list[str]:
    """The arguments, placeholders filled in."""
    text = re.sub(r"\[(.*?)\]", r"\1", command).replace(r"\|days\|hours", "").replace("P/O/R", "3/7/0")
    text = text.partition(r"\|")[0]
    return shlex.split(text.replace("--since TIME", "--since 2026-11-25T08:00"))[1:]


def anchor(heading: str) -> str:
    """The anchor that GitHub makes of a heading."""
    kept = "".join(letter for letter in heading.lower() if letter.isalnum() or letter in " -_")
    return kept.replace(" ", "-")


@pytest.mark.parametrize("command", typed())
def test_nhip_takes_every_command_of_the_page(command: str) -> None:
    cli.parser().parse_args(concrete(command))


def test_every_command_of_nhip_is_explained() -> None:
    usage = cli.parser().format_help()
    commands = re.findall(r"^    ([a-z][a-z-]+)(?: |$)", usage, re.MULTILINE)
    assert {"status", "verify", "collect"} <= set(commands)
    for command in commands:
        assert f"`nhip {command}" in TEXT, command


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)]+)\)", TEXT))))
def test_a_link_leads_somewhere(link: str) -> None:
    path, _hash, fragment = link.partition("#")
    page = (ROOT / "docs" / path).resolve() if path else ROOT / "docs/operations.md"
    assert page.exists()
    if fragment:
        headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
        assert fragment in {anchor(heading) for heading in headings}


def test_every_service_named_in_a_compose_command_is_in_the_file() -> None:
    compose = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    named = set(re.findall(r"docker compose (?:stop|kill|ps|restart|logs --tail \d+) ([a-z]+)", TEXT))
    assert named
    assert named <= SERVICES
    assert all(f"\n  {name}:\n" in compose for name in named)


def test_every_variable_that_is_named_is_known() -> None:
    known = "\n".join(
        (ROOT / name).read_text(encoding="utf-8")
        for name in ("pipeline/settings.py", "docker-compose.yml", "tools/make_env.sh", "README.md")
    )
    for name in set(re.findall(r"\bNHIP_[A-Z0-9_]*[A-Z0-9]\b", TEXT)):
        assert name in known, name


@pytest.mark.parametrize("name", sorted({*METRICS, *DIMENSIONS}))
def test_what_reports_can_be_asked_for_is_explained(name: str) -> None:
    assert f"`{name}`" in TEXT
