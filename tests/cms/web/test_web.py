"""The site as a process of its own, on a real PostgreSQL, while everything else is away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import msgspec
import pytest
from part import Part, free_port
from patience import PATIENCE
from postgres_server import PostgresServer

BEACON_KEY = "6b" * 32
PUBLIC = "congthuong.example.gov.vn"
PREPARE_SECONDS = 180.0
PASSWORD = "mat-khau-de-thu-nghiem"


class Answer(msgspec.Struct):
    status: int
    headers: dict[str, str]
    cookies: list[str]
    body: str


class Site(Part):
    """``python -m cms.web`` with servers that are away, apart from ``database``."""

    def __init__(self, directory: Path, database: str, *arguments: str, **environment: str) -> None:
        self.port = free_port()
        away = f"127.0.0.1:{free_port()}"
        super().__init__(
            "web",
            ["-m", "cms.web", *arguments],
            environment={
                "PORT": str(self.port),
                "NHIP_DATA_DIR": str(directory / "data"),
                "DATABASE_URL": database,
                "NHIP_SECRET_KEY": "s" * 64,
                "NHIP_BEACON_KEY": BEACON_KEY,
                "NHIP_BASE_URL": f"https://{PUBLIC}",
                "NHIP_ADMIN_PASSWORD": PASSWORD,
                "NHIP_TRUSTED_PROXIES": "127.0.0.1",
                "NHIP_HSTS": "subdomains",
                "NHIP_KAFKA_BOOTSTRAP_SERVERS": away,
                "NHIP_CLICKHOUSE_URL": f"http://reader:secret@{away}/nhip",
                "DJANGO_SETTINGS_MODULE": "cms.settings.embedded",
                **environment,
            },
            health_url=f"http://127.0.0.1:{self.port}/_nhip/",
            log=directory / "web.log",
        )

    def ask(
        self, path: str, *, method: str = "GET", body: str | None = None, proxied: bool = True, **headers: str
    ) -> Answer:
        """The answer of ``path``, asked as the proxy asks for a visitor who came by https."""
        told = {"Host": PUBLIC, **{name.replace("_", "-"): value for name, value in headers.items()}}
        if proxied:
            told |= {"X-Forwarded-For": "198.51.100.7", "X-Forwarded-Proto": "https"}
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.request(method, path, body=body, headers=told)
        answer: HTTPResponse = connection.getresponse()
        found = Answer(
            status=answer.status,
            headers={name.lower(): value for name, value in answer.getheaders()},
            cookies=answer.headers.get_all("Set-Cookie") or [],
            body=answer.read().decode(errors="replace"),
        )
        connection.close()
        return found

    def readiness(self) -> tuple[int, dict[str, str]]:
        answer = self.ask("/_nhip/readyz", Host="127.0.0.1")
        return answer.status, msgspec.json.decode(answer.body)


@pytest.fixture(scope="module")
def postgres(migrated_postgres: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    with PostgresServer(tmp_path_factory.mktemp("postgres"), copied_from=migrated_postgres) as server:
        yield server


@pytest.fixture(scope="module")
def site(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    directory = tmp_path_factory.mktemp("web")
    prepare = Site(directory, postgres.url, "--prepare")
    prepare.launch()
    assert prepare.wait(PREPARE_SECONDS) == 0, prepare.output()
    site = Site(directory, postgres.url)
    try:
        yield site.start()
        assert site.stop() == 0, site.output()
    finally:
        site.kill()


def test_pages_are_served_while_clickhouse_and_kafka_are_away(site: Site) -> None:
    home = site.ask("/")

    assert home.status == 200
    assert "Thống kê truy cập" in home.body
    status, states = site.readiness()
    assert status == 200
    assert states["database"] == "ok"
    assert states["counters"].startswith("ClickHouse can't be read")
    assert states["balances"] == "some wait for the log"


def test_the_stylesheet_of_a_page_is_kept_for_ever_and_never_asked_of_django(site: Site) -> None:
    named = re.search(r'<link rel="stylesheet" href="(/static/core/css/site\.[0-9a-f]{12}\.css)">', site.ask("/").body)
    assert named
    sheet = site.ask(named[1], Accept_Encoding="gzip, br")

    assert (sheet.status, sheet.headers["content-encoding"]) == (200, "br")
    assert sheet.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert site.ask(named[1], Accept_Encoding="br", If_None_Match=sheet.headers["etag"]).status == 304
    assert site.ask("/static/no-such.css", Host="evil.example").body == "no such file"


def test_probes_are_answered_and_views_are_left_to_the_collectors(site: Site) -> None:
    assert "nhip_counters_as_of_seconds 0.0" in site.ask("/_nhip/metrics").body
    assert site.ask("/_nhip/healthz").body == "ok"
    assert site.ask("/_nhip/e", method="POST", body="{}").status == 404


def test_cookies_and_headers_are_those_of_https_behind_the_trusted_proxy(site: Site) -> None:
    login = site.ask("/admin/login/")

    assert login.status == 200
    assert login.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"
    assert all("Secure" in cookie for cookie in login.cookies)
    assert login.cookies
    assert all(cookie.startswith("__Host-csrftoken=") for cookie in login.cookies)
    (message,) = site.ask("/admin/login/code/").cookies  # nobody has given a password: a message says so
    assert message.startswith("__Host-messages=")
    assert {"Secure", "HttpOnly", "SameSite=Lax"} <= set(message.split("; "))


def test_https_alone_is_said_with_every_answer_that_came_by_it_and_with_no_other(site: Site) -> None:
    for path in ("/", "/", "/khong-co/", "/static/khong-co.css", "/_nhip/healthz", "/_nhip/khong-co"):
        assert "strict-transport-security" in site.ask(path).headers, path
        assert "strict-transport-security" not in site.ask(path, proxied=False).headers, path


def sign_in(site: Site) -> Answer:
    login = site.ask("/admin/login/")
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', login.body)
    assert token is not None
    return site.ask(
        "/admin/login/",
        method="POST",
        body=f"csrfmiddlewaretoken={token[1]}&username=admin&password={PASSWORD}&next=/admin/",
        Content_Type="application/x-www-form-urlencoded",
        Cookie=login.cookies[0].partition(";")[0],
        Origin=f"https://{PUBLIC}",
        Referer=f"https://{PUBLIC}/admin/login/",
    )


def test_the_administrator_signs_in_through_the_proxy(site: Site) -> None:
    answer = sign_in(site)

    assert (answer.status, answer.headers["location"]) == (302, "/admin/account/second-factor/?next=%2Fadmin%2F")
    assert sorted(cookie.partition("=")[0] for cookie in answer.cookies) == [
        "__Host-csrftoken",
        "__Host-nhip_staff",
        "__Host-sessionid",
        "__Secure-nhip_browser",
    ]
    assert all("Secure" in cookie and "Domain" not in cookie for cookie in answer.cookies)
    assert all("HttpOnly" in cookie or "csrftoken" in cookie for cookie in answer.cookies)


def test_a_form_from_another_site_is_refused(site: Site) -> None:
    answer = site.ask("/admin/login/", method="POST", body="username=admin", Origin="https://evil.example")

    assert answer.status == 403


def test_a_host_other_than_the_portals_is_refused(site: Site) -> None:
    assert site.ask("/", Host="evil.example").status == 400


def test_only_a_trusted_proxy_can_say_https(postgres: PostgresServer, tmp_path: Path, site: Site) -> None:
    stranger = Site(tmp_path, postgres.url, NHIP_TRUSTED_PROXIES="192.0.2.1")
    try:
        stranger.start()
        assert "strict-transport-security" not in stranger.ask("/admin/login/").headers
    finally:
        stranger.kill()


def test_without_its_database_a_page_that_nobody_has_read_says_so_and_comes_back_with_it(
    postgres: PostgresServer, site: Site
) -> None:
    read_before = site.ask("/").body
    postgres.stop()
    try:
        away = site.ask("/tin-tuc/?page=1")
        remembered = site.ask("/")
        status, states = site.readiness()
        alive = site.ask("/_nhip/healthz").status
    finally:
        postgres.start()

    assert (away.status, away.headers["retry-after"]) == (503, "30")
    assert "Cổng thông tin tạm ngừng" in away.body
    assert "Traceback" not in away.body
    assert (remembered.status, len(remembered.body)) == (200, len(read_before))
    assert status == 503
    assert states["database"].startswith("DATABASE_URL: does not answer")
    assert alive == 200
    assert site.ask("/tin-tuc/?page=1").status == 200
    assert site.readiness()[0] == 200


def test_no_more_connections_are_used_than_there_are_threads(postgres: PostgresServer, site: Site) -> None:
    connections = [HTTPConnection("127.0.0.1", site.port, timeout=PATIENCE) for _ in range(40)]
    for connection in connections:
        connection.request("GET", "/", headers={"Host": PUBLIC})
    for connection in connections:
        assert connection.getresponse().read()
        connection.close()

    used = postgres.sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'nhip'")
    assert int(used) <= 8 + 3


MISSING = [
    pytest.param({"NHIP_BEACON_KEY": ""}, "NHIP_BEACON_KEY", id="a beacon key of its own"),
    pytest.param({"NHIP_SECRET_KEY": ""}, "NHIP_SECRET_KEY", id="a session key of its own"),
    pytest.param({"NHIP_SECRET_KEY": "short"}, "NHIP_SECRET_KEY", id="a short session key"),
    pytest.param({"NHIP_KAFKA_BOOTSTRAP_SERVERS": ""}, "NHIP_KAFKA_BOOTSTRAP_SERVERS", id="no log"),
    pytest.param({"NHIP_CLICKHOUSE_URL": ""}, "NHIP_CLICKHOUSE_URL", id="no engine"),
    pytest.param({"NHIP_BASE_URL": "congthuong.gov.vn"}, "NHIP_BASE_URL", id="no scheme"),
]


@pytest.mark.parametrize(("environment", "name"), MISSING)
def test_a_setting_that_processes_must_share_is_asked_for_by_name(
    tmp_path: Path, environment: dict[str, str], name: str
) -> None:
    site = Site(tmp_path, "postgres://nobody@127.0.0.1:1/nhip", **environment)
    site.launch()

    assert site.wait() == 2
    assert f"nhip: {name}" in site.output()
    assert "Traceback" not in site.output()


def test_preparing_without_a_database_names_the_variable(tmp_path: Path) -> None:
    prepare = Site(tmp_path, "postgres://nobody@127.0.0.1:1/nhip", "--prepare")
    prepare.launch()

    assert prepare.wait() == 2
    assert "nhip: DATABASE_URL" in prepare.output()
    assert "Traceback" not in prepare.output()
