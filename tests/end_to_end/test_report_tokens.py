"""An administrator makes a token in the browser, copies it, and takes it back; a program asks with it meanwhile."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from http.client import HTTPConnection

from desk import sign_in
from patience import PATIENCE, wait_until
from playwright.sync_api import BrowserContext, expect
from product import Product

from pipeline.reports.openapi import JSON, QUERY_PATH

NewVisitor = Callable[..., BrowserContext]


def status_of(product: Product, token: str) -> int:
    connection = HTTPConnection("127.0.0.1", product.port, timeout=PATIENCE)
    question = json.dumps({"metrics": ["views"], "date_range": "day"})
    connection.request("POST", QUERY_PATH, question, {"Authorization": f"Bearer {token}", "Content-Type": JSON})
    status = connection.getresponse().status
    connection.close()
    return status


def test_a_token_is_made_copied_and_taken_back(product: Product, new_visitor: NewVisitor) -> None:
    visitor = new_visitor(permissions=["clipboard-read", "clipboard-write"])
    page = visitor.new_page()
    refused: list[str] = []
    page.on(
        "console", lambda message: refused.append(message.text) if "Content Security Policy" in message.text else None
    )
    sign_in(page, product)

    page.goto(f"{product.base_url}/admin/report_tokens/new/")
    page.fill("[name=name]", "Bảng số liệu của Sở")
    page.select_option("[name=site]", index=1)
    page.click("main [type=submit]")
    page.wait_for_selector("#report-token")
    token = page.input_value("#report-token")
    page.click("text=Chép mã")
    wait_until(lambda: page.evaluate("navigator.clipboard.readText()") == token, what=lambda: "it is copied")
    assert status_of(product, token) == 200

    page.click("text=Đã cất, tiếp tục")
    row = page.locator("tr", has_text="Bảng số liệu của Sở")
    expect(row).to_contain_text("Đang dùng được")
    assert token not in page.content()
    row.get_by_role("link", name="Bảng số liệu của Sở").click()
    page.wait_for_url(re.compile(r"/\d+/$"))
    number = page.url.rstrip("/").rpartition("/")[2]
    page.goto(f"{product.base_url}/admin/report_tokens/delete/{number}/")
    page.click("main button.serious")
    expect(row).to_contain_text("Đã thu hồi")
    assert status_of(product, token) == 401
    assert refused == []
