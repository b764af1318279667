"""``make stack``: its refusals and its messages."""

from __future__ import annotations

import os
import shlex
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import stack as stack_module
from part import ROOT, Part, free_port
from proxy import Proxy, require_caddy
from stack import Stack, describe_end, write_environment


def test_a_port_that_is_none_gets_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert stack_module.main(["--port", "abc"]) == 2
    assert capsys.readouterr().err == "nhip: PORT='abc': want a port number from 1 to 65535\n"


def test_a_taken_port_gets_one_line_before_anything_starts(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert stack_module.main(["--port", str(port)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    (line,) = said.err.splitlines()
    assert f"127.0.0.1:{port}" in line
    assert line.endswith("make stack")


def test_a_shell_that_reads_the_environment_runs_commands_on_the_stack(tmp_path: Path) -> None:
    stack = Stack(tmp_path / "a directory")
    file = tmp_path / "nhip.env"
    write_environment(stack, file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600

    show = "import os; from pipeline.settings import Settings as S; print(S.from_env(), os.environ['DATABASE_URL'])"
    shell = f". {shlex.quote(str(file))} && exec {shlex.quote(sys.executable)} -c {shlex.quote(show)}"
    bare = {"PATH": os.environ["PATH"]}
    shown = subprocess.run(["sh", "-c", shell], cwd=ROOT, env=bare, capture_output=True, text=True, check=True).stdout
    ours = stack.settings
    for told in (ours.data_dir, ours.member, ours.kafka, stack.postgres.url):
        assert str(told) in shown


def test_a_process_that_was_killed_is_told_with_its_signal(tmp_path: Path) -> None:
    part = Part("consumer-1", ["-c", "input()"], environment={}, health_url="", log=tmp_path / "log")
    assert part.exit_code is None
    part.launch()
    part.kill()
    assert describe_end(part.name, part.exit_code) == "consumer-1 đã dừng (mã -9) · has ended (code -9)"


def test_a_proxy_that_ended_is_noticed_even_if_another_server_has_its_port(tmp_path: Path) -> None:
    require_caddy()
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        proxy = Proxy(tmp_path / "proxy", web=[], collectors=[], port=stranger.getsockname()[1])
        with pytest.raises(AssertionError, match="the proxy ended at once"):
            proxy.start()


def test_no_port_is_given_to_two_of_a_stacks_processes() -> None:
    assert len({free_port() for _ in range(400)}) == 400
