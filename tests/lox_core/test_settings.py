"""Settings: which layer wins, what is refused, and that no secret is ever shown."""

from __future__ import annotations

import json
import pickle
import traceback
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from lox_core import log
from lox_core.errors import SettingsError
from lox_core.settings import ADDRESSES, ENVIRONMENT_ONLY, Settings

CANARY = "cAnArY0123456789abcdef"
SECRETS = [name for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)]

# The contract's names and defaults: changing one breaks somebody's environment.
DEFAULTS = {
    "ALPACA_PAPER": True,
    "OPENAI_MODEL": "gpt-4o-mini",
    "FRED_BASE_URL": "https://api.stlouisfed.org/fred",
    "FMP_BASE_URL": "https://financialmodelingprep.com",
    "LOX_MODE": "auto",
    "LOX_DATA_DIR": Path("data"),
    "LOX_ACCESS": "auto",
    "LOX_LOG_LEVEL": "WARNING",
    "LOX_KERNELS": "auto",
}
UNSET = [
    *("FRED_API_KEY", "FMP_API_KEY", "ALPACA_API_KEY", "ALPACA_API_SECRET", "TRADING_ECONOMICS_API_KEY"),
    *("OPENAI_API_KEY", "OPENAI_MODEL_SUCCESSOR", "PALMER_ADMIN_SECRET", "LOX_AS_OF", "LOX_NOW"),
    *("LOX_TRACKER_URL", "LOX_API_TOKEN", "ALPACA_TRADING_URL", "OPENAI_BASE_URL"),
]
FREE_TEXT = ["OPENAI_MODEL", "OPENAI_MODEL_SUCCESSOR", "LOX_AS_OF", "LOX_DATA_DIR", "LOX_OWNER_EMAILS", "LOX_NOW"]


def refusal(*layers: Mapping[str, object]) -> SettingsError | None:
    try:
        Settings.from_layers(*layers)
    except SettingsError as error:
        return error
    return None


class TestLayers:
    def test_nothing_at_all_gives_the_contracts_defaults(self):
        settings = Settings.from_layers({})
        assert {name: getattr(settings, name) for name in DEFAULTS} == DEFAULTS
        assert [name for name in UNSET if getattr(settings, name) is not None] == []

    def test_secrets_over_environment_over_dotenv(self):
        dotenv = {"OPENAI_MODEL": "from-dotenv", "LOX_LOG_LEVEL": "INFO", "LOX_KERNELS": "numpy"}
        environment = {"OPENAI_MODEL": "from-environment", "LOX_LOG_LEVEL": "DEBUG"}
        settings = Settings.from_layers(environment, dotenv, secrets={"OPENAI_MODEL": "from-secrets"})
        assert settings.OPENAI_MODEL == "from-secrets"
        assert settings.LOX_LOG_LEVEL == "DEBUG"
        assert settings.LOX_KERNELS == "numpy"

    @pytest.mark.parametrize("blank", ["", "   ", "\t", None])
    def test_a_blank_value_lets_the_weaker_layer_speak(self, blank):
        settings = Settings.from_layers(
            {"FRED_API_KEY": blank}, {"FRED_API_KEY": CANARY}, secrets={"FRED_API_KEY": blank}
        )
        assert settings.FRED_API_KEY is not None
        assert settings.FRED_API_KEY.get_secret_value() == CANARY

    @pytest.mark.parametrize("blank", ["", "  ", None])
    @pytest.mark.parametrize("name", sorted(Settings.model_fields))
    def test_a_blank_value_counts_as_unset_for_every_setting(self, name, blank):
        assert Settings.from_layers({name: blank}) == Settings.from_layers({})

    def test_surrounding_space_is_not_part_of_a_key(self):
        settings = Settings.from_layers({"FMP_API_KEY": f"  {CANARY}\n"})
        assert settings.FMP_API_KEY is not None
        assert settings.FMP_API_KEY.get_secret_value() == CANARY

    def test_names_lox_does_not_know_are_ignored(self):
        assert Settings.from_layers({"PATH": "/usr/bin", "fred_api_key": CANARY}) == Settings.from_layers({})

    def test_words_are_read_in_any_case(self):
        settings = Settings.from_layers({"LOX_MODE": "DEMO", "LOX_ACCESS": "Public", "LOX_LOG_LEVEL": "debug"})
        assert (settings.LOX_MODE, settings.LOX_ACCESS, settings.LOX_LOG_LEVEL) == ("demo", "public", "DEBUG")

    @pytest.mark.parametrize(("text", "paper"), [("false", False), ("0", False), ("no", False), ("TRUE", True)])
    def test_only_a_plain_no_leaves_the_paper_account(self, text, paper):
        assert Settings.from_layers({"ALPACA_PAPER": text}).ALPACA_PAPER is paper

    def test_toml_values_need_not_be_text(self):
        assert Settings.from_layers({}, secrets={"ALPACA_PAPER": False}).ALPACA_PAPER is False


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("LOX_MODE", "paper"),
            ("LOX_ACCESS", "everyone"),
            ("LOX_LOG_LEVEL", "LOUD"),
            ("LOX_KERNELS", "cuda"),
            ("ALPACA_PAPER", "perhaps"),
            ("FMP_LEGACY", "3"),
        ],
    )
    def test_a_value_outside_the_choice_names_the_setting_and_not_the_value(self, name, value):
        with pytest.raises(SettingsError, match=f"{name} cannot be used") as caught:
            Settings.from_layers({name: value})
        assert caught.value.setting == name
        assert f"'{value}'" not in str(caught.value)

    @pytest.mark.parametrize("name", ADDRESSES)
    @pytest.mark.parametrize(
        "address",
        [
            "http://api.stlouisfed.org/fred",
            "http://10.0.0.5:8901/fred",
            "http://localhost.evil.example/fred",
            "http://127.0.0.1@evil.example/",
            "https://user:pass@api.example.com",
            "https://api.example.com/fred?api_key=x",
            "https://api.example.com/#x",
            "ftp://127.0.0.1/",
            "file:///etc/passwd",
            "//127.0.0.1/fred",
            "127.0.0.1:8901",
            "https://",
            "http://[::1",
            "javascript:alert(1)",
        ],
    )
    def test_a_key_never_crosses_a_network_in_the_clear(self, name, address):
        with pytest.raises(SettingsError, match=f"{name} cannot be used"):
            Settings.from_layers({name: address})

    @pytest.mark.parametrize("name", ADDRESSES)
    @pytest.mark.parametrize(
        "address",
        [
            "https://proxy.example.com/fred",
            "http://127.0.0.1:8901/fred",
            "http://localhost:8901",
            "http://[::1]:8901/x",
        ],
    )
    def test_https_anywhere_and_http_on_loopback_are_taken(self, name, address):
        assert getattr(Settings.from_layers({name: address + "/"}), name) == address

    @pytest.mark.parametrize("name", sorted(ENVIRONMENT_ONLY))
    def test_addresses_and_the_clock_count_only_from_the_environment(self, name):
        value = "2020-03-17T18:00-04:00" if name == "LOX_NOW" else "https://elsewhere.example.com"
        assert Settings.from_layers({}, secrets={name: value}) == Settings.from_layers({})
        assert getattr(Settings.from_layers({name: value}), name) == value

    def test_the_journals_database_may_come_from_secrets(self):
        settings = Settings.from_layers({}, secrets={"LOX_TRACKER_URL": "postgresql://lox@db.example.com/lox"})
        assert settings.LOX_TRACKER_URL is not None

    def test_settings_do_not_change(self):
        with pytest.raises(ValidationError, match="frozen"):
            Settings.from_layers({}).LOX_MODE = "demo"  # type: ignore[misc]


class TestSecrets:
    def test_every_key_token_and_password_is_a_secret(self):
        telling = [
            name for name in Settings.model_fields if name.endswith(("_KEY", "_SECRET", "_TOKEN", "TRACKER_URL"))
        ]
        assert sorted(telling) == sorted(SECRETS)

    def test_no_secret_is_shown_by_repr_text_or_json(self):
        settings = Settings.from_layers({name: f"{CANARY}-{name}" for name in SECRETS})
        shown = [repr(settings), str(settings), f"{settings}", settings.model_dump_json(), repr(settings.model_dump())]
        shown += [repr(settings.__dict__), json.dumps(settings.model_dump(mode="json"))]
        assert all(CANARY not in text for text in shown)
        assert len(settings.secret_values()) >= len(SECRETS)

    @pytest.mark.parametrize("name", sorted(Settings.model_fields))
    def test_no_refused_value_is_shown_by_the_error_or_what_hangs_on_it(self, name):
        bad = {"nested": CANARY} if name in SECRETS else CANARY + " http://x?y"
        error = refusal({name: bad}, {"FRED_API_KEY": CANARY + "2"})
        assert (error is None) == (name in FREE_TEXT)
        if error is not None:
            assert CANARY not in "".join(traceback.format_exception(error)) + repr(error) + repr(error.__dict__)
            assert (error.__context__, error.__cause__) == (None, None)

    def test_pydantics_own_words_hold_no_value_either(self):
        with pytest.raises(ValidationError) as caught:
            Settings(LOX_MODE=CANARY, FRED_API_KEY={"nested": CANARY})  # type: ignore[arg-type]
        assert CANARY not in str(caught.value) + repr(caught.value)

    def test_every_secret_is_masked_in_the_log_from_the_start(self):
        Settings.from_layers({name: f"{CANARY}-{name}" for name in SECRETS})
        assert CANARY not in log.redact(" ".join(f"<{CANARY}-{name}>" for name in SECRETS))

    def test_the_halves_of_a_compound_key_are_secrets_too(self):
        Settings.from_layers({"TRADING_ECONOMICS_API_KEY": "firsthalf01:secondhalf02"})
        assert log.redact("c=firsthalf01 then secondhalf02") == "c=*** then ***"

    def test_a_database_password_is_a_secret_by_itself(self):
        Settings.from_layers({"LOX_TRACKER_URL": "postgresql://lox:p%40ss:word@db.example.com:5432/lox"})
        assert log.redact("FATAL: p@ss:word or p%40ss:word") == "FATAL: *** or ***"
        assert log.redact("postgresql is down at db.example.com") == "postgresql is down at db.example.com"

    @given(st.text(min_size=1, max_size=30).filter(str.strip))
    def test_any_text_can_be_a_key(self, text):
        settings = Settings.from_layers({"FRED_API_KEY": text, "LOX_TRACKER_URL": "x://" + text})
        assert isinstance(settings.FRED_API_KEY, SecretStr)
        assert text.strip() in settings.secret_values()

    def test_pickling_is_the_only_way_secrets_travel_and_it_is_whole(self):
        """A process pool may be handed settings; what arrives must be the same settings."""
        settings = Settings.from_layers({"FRED_API_KEY": CANARY})
        assert pickle.loads(pickle.dumps(settings)) == settings


class TestDemo:
    @pytest.mark.parametrize("key", ["FRED_API_KEY", "FMP_API_KEY", "ALPACA_API_KEY"])
    def test_any_market_key_makes_it_live(self, key):
        settings = Settings.from_layers({key: CANARY})
        assert (settings.demo, settings.mode) == (False, "live")

    @pytest.mark.parametrize(
        "key", [name for name in SECRETS if name not in ("FRED_API_KEY", "FMP_API_KEY", "ALPACA_API_KEY")]
    )
    def test_no_other_key_does(self, key):
        settings = Settings.from_layers({key: CANARY})
        assert (settings.demo, settings.mode) == (True, "demo")

    def test_without_keys_it_is_the_demo(self):
        assert Settings.from_layers({}).mode == "demo"

    def test_a_blank_key_is_no_key(self):
        assert Settings.from_layers({"FRED_API_KEY": " "}).demo
        assert Settings(FRED_API_KEY=SecretStr("")).demo

    def test_demo_when_asked_for_though_keys_are_set(self):
        assert Settings.from_layers({"FRED_API_KEY": CANARY, "LOX_MODE": "demo"}).demo

    def test_live_when_asked_for_never_turns_into_the_demo(self):
        assert not Settings.from_layers({"LOX_MODE": "live"}).demo
