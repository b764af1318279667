"""Signing in, in a browser: the second factor is set up, guesses are slowed, sessions are listed and ended."""

from __future__ import annotations

import re
import time
from base64 import b32decode
from typing import Any

import httpx
from django_otp.oath import TOTP
from playwright.sync_api import Page, expect
from product import ADMIN_PASSWORD, Product

GUESSES = 11


def test_second_factor_sessions_and_guesses(product: Product, new_visitor: Any) -> None:
    office, refused = new_visitor().new_page(), []
    office.on("console", lambda said: refused.append(said.text) if "Content Security Policy" in said.text else None)
    type_password(office, product)
    office.wait_for_url("**/admin/account/second-factor/**")
    expect(office.get_by_text("Bạn còn 7 ngày")).to_be_visible()
    codes = set_up(office)
    office.wait_for_url("**/admin/")

    phone = new_visitor().new_page()
    type_password(phone, product)
    phone.get_by_label("Mã xác thực").fill("123456")
    phone.get_by_role("button", name="Tiếp tục").click()
    expect(phone.get_by_role("status").get_by_text("Mã không đúng")).to_be_visible()
    phone.get_by_label("Mã xác thực").fill(codes[0])
    phone.get_by_role("button", name="Tiếp tục").click()
    phone.wait_for_url("**/admin/")

    office.goto(product.base_url + "/admin/account/sessions/")
    expect(office.locator(".accounts-sessions li")).to_have_count(2)
    office.get_by_role("button", name="Đăng xuất các phiên khác").click()
    expect(office.locator(".accounts-sessions li")).to_have_count(1)
    phone.goto(product.base_url + "/admin/")
    phone.wait_for_url("**/admin/login/**")

    stranger = new_visitor().new_page()
    guess_until_slowed(product)
    type_password(stranger, product)
    expect(stranger.get_by_text("Đã thử sai quá nhiều lần")).to_be_visible()
    expect(stranger.get_by_text(re.compile("Mời thử lại sau"))).to_be_visible()
    type_password(phone, product)  # the same address, and a browser that this account knows
    expect(phone.get_by_label("Mã xác thực")).to_be_visible()

    office.goto(product.base_url + "/admin/reports/sign-ins/")
    for words in ("Bật xác thực hai bước", "Đăng nhập bằng mã dự phòng", "Sai mật khẩu", "Bị chặn tạm"):
        expect(office.locator("main td", has_text=words).first).to_be_visible()
    assert refused == []
    written = product.output()
    assert "factor-set: admin (Chrome, Windows, máy tính)" in written
    assert "slowed: admin" in written
    assert ADMIN_PASSWORD not in written


def type_password(page: Page, product: Product) -> None:
    page.goto(product.base_url + "/admin/login/")
    page.get_by_label("Tên đăng nhập").fill("admin")
    page.locator("input[type=password]").fill(ADMIN_PASSWORD)
    page.locator("main button[type=submit]").click()


def set_up(page: Page) -> list[str]:
    """As an app on a phone does with the key; returns the recovery codes."""
    key = (page.locator(".accounts-key").text_content() or "").replace(" ", "")
    totp = TOTP(b32decode(key + "=" * (-len(key) % 8)))
    totp.time = time.time()
    page.get_by_label("Mã xác thực").fill(f"{totp.token():06d}")
    page.get_by_role("button", name="Bật xác thực hai bước").click()
    expect(page.locator(".accounts-codes li")).to_have_count(10)
    codes = page.locator(".accounts-codes code").all_text_contents()
    page.get_by_role("link", name="Đã cất, tiếp tục").click()
    return codes


def guess_until_slowed(product: Product) -> None:
    with httpx.Client(base_url=product.base_url, timeout=60) as stranger:
        stranger.get("/admin/login/")
        fields = {"csrfmiddlewaretoken": stranger.cookies["csrftoken"], "username": "admin"}
        seen = [
            stranger.post("/admin/login/", data=fields | {"password": f"sai-{number}"}).status_code
            for number in range(GUESSES)
        ]
    assert seen == [200] * (GUESSES - 1) + [429]
