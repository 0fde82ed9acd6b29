from __future__ import annotations

import pytest
from starlette.requests import Request

from lox_core.settings import Settings
from lox_ui import access
from lox_ui.access import Visit, decide

OWNER = "Trader@Example.org"
HERE = {"bound_to": "127.0.0.1", "hosts": ("localhost:8501",), "forwarded": False}


@pytest.mark.parametrize(
    ("changed", "wanted"),
    [
        ({}, "local"),
        ({"bound_to": "localhost", "hosts": ("127.0.0.1",)}, "local"),
        ({"bound_to": "::1", "hosts": ("[::1]:8501",)}, "local"),
        ({"hosts": ("LOCALHOST:8501",)}, "local"),
        ({"origins": ("http://localhost:8501",)}, "local"),
        ({"bound_to": None}, "public"),
        ({"bound_to": "0.0.0.0"}, "public"),
        ({"bound_to": "192.168.1.7"}, "public"),
        ({"bound_to": ""}, "public"),
        ({"hosts": ()}, "public"),
        ({"hosts": ("lox.example.org",)}, "public"),
        ({"hosts": ("localhost.example.org",)}, "public"),
        ({"hosts": ("localhost:8501.example.org",)}, "public"),
        ({"hosts": ("localhost@example.org",)}, "public"),
        ({"hosts": ("127.0.0.1.nip.io:8501",)}, "public"),
        ({"hosts": ("localhost", "lox.example.org")}, "public"),
        ({"hosts": ("",)}, "public"),
        ({"hosts": ("[::1",)}, "public"),
        ({"forwarded": True}, "public"),
        ({"origins": ("https://elsewhere.example",)}, "public"),
        ({"origins": ("null",)}, "public"),
        ({"origins": ("http://localhost:8501", "https://elsewhere.example")}, "public"),
    ],
)
def test_local_is_loopback_in_every_respect(changed, wanted):
    assert decide(Visit(**{**HERE, **changed}), "auto", [OWNER]) == wanted


@pytest.mark.parametrize(
    ("email", "owners", "wanted"),
    [
        ("trader@example.org", [OWNER], "owner"),
        (" TRADER@example.ORG ", ["other@example.org", f" {OWNER} "], "owner"),
        ("other@example.org", [OWNER], "public"),
        ("trader@example.org.evil", [OWNER], "public"),
        (None, [OWNER], "public"),
        ("", [""], "public"),
        ("", [], "public"),
    ],
)
def test_away_from_here_only_a_named_address_counts(email, owners, wanted):
    assert decide(Visit(email=email), "auto", owners) == wanted


@pytest.mark.parametrize(
    ("setting", "at_home", "logged_in"),
    [
        ("auto", "local", "owner"),
        ("local", "local", "public"),
        ("owner", "public", "owner"),
        ("public", "public", "public"),
        ("anything else", "public", "public"),
    ],
)
def test_the_setting_only_ever_tightens(setting, at_home, logged_in):
    assert decide(Visit(**HERE), setting, [OWNER]) == at_home
    assert decide(Visit(email=OWNER), setting, [OWNER]) == logged_in


def test_the_owner_at_home_who_also_logged_in_passes_the_tightest_setting_but_public():
    both = Visit(**HERE, email=OWNER)
    assert [decide(both, setting, [OWNER]) for setting in ("auto", "local", "owner", "public")] == [
        "local",
        "local",
        "owner",
        "public",
    ]


def test_where_no_page_runs_nobody_is_the_owner():
    assert access.present(Settings(LOX_ACCESS="auto")) == "public"


@pytest.mark.parametrize(
    ("claims", "wanted"),
    [
        ({"is_logged_in": True, "email": OWNER, "email_verified": True}, OWNER),
        ({"is_logged_in": True, "email": OWNER, "email_verified": False}, None),
        ({"is_logged_in": True, "email": OWNER, "email_verified": "true"}, None),
        ({"is_logged_in": True, "email": OWNER}, None),
        ({"is_logged_in": False, "email": OWNER, "email_verified": True}, None),
        ({"email": OWNER, "email_verified": True}, None),
        ({"is_logged_in": True, "email": ["a", "b"], "email_verified": True}, None),
        ({}, None),
    ],
)
def test_an_address_counts_only_when_its_provider_vouches_for_it(claims, wanted):
    assert access._verified_email(claims) == wanted


def test_a_login_that_a_header_could_have_brought_does_not_count(monkeypatch):
    claims = {"is_logged_in": True, "email": OWNER, "email_verified": True}
    options = {"server.trustedUserHeaders": {"X-Email": "email"}}
    monkeypatch.setattr(access.st, "get_option", options.get)
    assert access._verified_email(claims) is None


def request(server: tuple[str, int] | None, headers: dict[str, str]) -> Request:
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "GET", "path": "/", "headers": raw, "server": server})


@pytest.mark.parametrize(
    ("bound_to", "server", "headers", "wanted"),
    [
        ("127.0.0.1", ("127.0.0.1", 8501), {"Host": "127.0.0.1:8501"}, "local"),
        ("127.0.0.1", ("192.168.1.7", 8501), {"Host": "127.0.0.1:8501"}, "public"),
        ("127.0.0.1", None, {"Host": "127.0.0.1:8501"}, "public"),
        (None, ("127.0.0.1", 8501), {"Host": "127.0.0.1:8501"}, "public"),
        ("127.0.0.1", ("127.0.0.1", 8501), {"Host": "lox.example.org"}, "public"),
        *(
            ("127.0.0.1", ("127.0.0.1", 8501), {"Host": "127.0.0.1:8501", name: "127.0.0.1"}, "public")
            for name in access.FORWARDING
        ),
    ],
)
def test_a_route_knows_this_machine_by_the_same_rule(monkeypatch, bound_to, server, headers, wanted):
    monkeypatch.setattr(access.st, "get_option", {"server.address": bound_to}.get)
    assert access.of_request(request(server, headers), Settings()) == wanted


def test_owners_are_read_from_one_line():
    assert access.owners(Settings(LOX_OWNER_EMAILS=" a@b.c, ,D@e.f ")) == ("a@b.c", "D@e.f")


def test_without_a_secrets_file_no_login_is_offered():
    assert access.login_offered() == ()


@pytest.mark.parametrize(
    ("section", "wanted"),
    [
        ({"client_id": "x", "client_secret": "y"}, (None,)),
        ({"redirect_uri": "u", "google": {"client_id": "x"}, "okta": {"client_id": "z"}}, ("google", "okta")),
        ({"redirect_uri": "u"}, ()),
        ({}, ()),
    ],
)
def test_a_login_is_offered_where_one_is_set_up(monkeypatch, section, wanted):
    monkeypatch.setattr(access.st, "secrets", {"auth": section})
    assert access.login_offered() == wanted


DOOR = """
import streamlit as st
from lox_ui import access
st.secrets = {"auth": {"client_id": "x"}}
access.door(st.session_state["who"])
"""


@pytest.mark.parametrize(
    ("who", "logged_in", "buttons", "words"),
    [
        ("local", False, [], []),
        ("public", False, ["Log in"], []),
        ("owner", True, ["Log out"], []),
        ("public", True, ["Log out"], ["Logged in, but not as an owner of this book."]),
    ],
)
def test_the_door_offers_the_way_in_or_out(monkeypatch, who, logged_in, buttons, words):
    from streamlit.testing.v1 import AppTest

    monkeypatch.setattr(access.st, "secrets", {})
    at = AppTest.from_string(DOOR)
    at.user = {"is_logged_in": logged_in, "email": OWNER}
    at.session_state["who"] = who
    at.run()
    assert [button.label for button in at.button] == buttons
    assert [caption.value for caption in at.caption] == words
    assert not at.exception
