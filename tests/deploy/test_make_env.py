"""``make env`` writes values that the proxy takes, and refuses others in one line, without a file."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from deployment import read_env, write_env
from part import ROOT


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("NHIP_SITE", "https://congthuong.example.gov.vn", id="an address"),
        pytest.param("NHIP_SITE", "congthuong.example.gov.vn:8443", id="a port"),
        pytest.param("NHIP_SITE", "cổng.vn", id="letters that no certificate has"),
        pytest.param("NHIP_SITE", "two names", id="two names"),
        pytest.param("NHIP_SITE", "-a.vn", id="a name that begins with a hyphen"),
        pytest.param("NHIP_SITE", "a..vn", id="a name with a gap"),
        pytest.param("NHIP_SITE", "a.vn\nNHIP_ADMIN_PASSWORD=x", id="another line"),
        pytest.param("NHIP_SITE", "a" * 254, id="a name too long"),
        pytest.param("NHIP_TLS", "letsencrypt", id="a word"),
        pytest.param("NHIP_TLS", "webmaster@", id="half an e-mail address"),
        pytest.param("NHIP_TLS", "/etc/ssl/site.pem", id="a certificate without its key"),
        pytest.param("NHIP_TLS", "site.pem site.key", id="files without a directory"),
        pytest.param("NHIP_TLS", "a@b.vn c@d.vn", id="two e-mail addresses"),
        pytest.param("NHIP_TLS", "/a /b /c", id="three files"),
        pytest.param("NHIP_TLS", "a@b.vn $HOME", id="a variable"),
    ],
)
def test_a_value_that_the_proxy_would_refuse_gets_one_line_and_no_file(tmp_path: Path, name: str, value: str) -> None:
    environment = {variable: text for variable, text in os.environ.items() if not variable.startswith("NHIP_")}
    refusal = subprocess.run(
        ["sh", str(ROOT / "tools/make_env.sh")],
        env=environment | {name: value, "ENV_FILE": str(tmp_path / ".env")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert refusal.returncode == 2
    assert refusal.stderr.startswith(f"nhip: {name}=")
    assert refusal.stderr.count("\n") == 1 + value.count("\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("NHIP_SITE", "localhost", id="this machine"),
        pytest.param("NHIP_SITE", "xn--cng-thng-mua.example.gov.vn", id="an encoded name"),
        pytest.param("NHIP_TLS", "internal", id="an authority of its own"),
        pytest.param("NHIP_TLS", "web.master+tls@example.gov.vn", id="an e-mail address"),
        pytest.param("NHIP_TLS", "/etc/ssl/site.pem /etc/ssl/private/site-key.pem", id="two files"),
    ],
)
def test_a_value_that_the_proxy_takes_is_written(tmp_path: Path, name: str, value: str) -> None:
    assert read_env(write_env(tmp_path / ".env", **{name: value}))[name] == value


# an .env of an earlier release


def make_env(path: Path, **chosen: str) -> str:
    """Run it on a file; returns what it says."""
    environment = {variable: text for variable, text in os.environ.items() if not variable.startswith("NHIP_")}
    command = ["sh", str(ROOT / "tools/make_env.sh")]
    answer = subprocess.run(
        command, env=environment | chosen | {"ENV_FILE": str(path)}, capture_output=True, text=True, check=True
    )
    return answer.stderr


def test_an_older_env_keeps_its_lines_and_what_it_lacks_is_named_and_added_when_asked(tmp_path: Path) -> None:
    new = read_env(write_env(tmp_path / "new"))
    added = {"NHIP_KAFKA_ADMIN_PASSWORD", "NHIP_KAFKA_WEB_PASSWORD", "NHIP_POSTGRES_ADMIN_PASSWORD"}
    old = tmp_path / "old"
    old.write_text("\n".join(f"{name}=mine" for name in new if name not in added))  # without a last line's end
    before = old.read_text()

    said = make_env(old)

    assert old.read_text() == before
    assert all(name in said for name in added)
    assert "NHIP_SECRET_KEY" not in said
    assert "make env ADD=yes" in said

    said = make_env(old, ADD="yes")

    after = read_env(old)
    assert not any(after[name] in said for name in added)
    assert set(after) == set(new)
    assert {name for name, value in after.items() if value != "mine"} == added
    assert len({after[name] for name in added}) == len(added)
    assert "stays as it is" in make_env(old, ADD="yes")
