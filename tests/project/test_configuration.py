"""What is configured: the example environment, Streamlit's hardening, pytest's own rules."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib

import pytest
from dotenv import dotenv_values

from lox_core.settings import Settings
from tests.conftest import ROOT

EXAMPLE = ROOT / ".env.example"
STREAMLIT = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


class TestExampleEnvironment:
    def test_it_names_every_setting_in_order_and_nothing_else(self):
        assert list(dotenv_values(EXAMPLE)) == list(Settings.model_fields)

    def test_copied_as_it_is_it_changes_nothing(self):
        assert Settings.from_layers(dotenv_values(EXAMPLE)) == Settings.from_layers({})

    @pytest.mark.parametrize("name", Settings.model_fields)
    def test_each_setting_stands_under_its_description(self, name):
        description = Settings.model_fields[name].description
        assert re.search(rf"^# {re.escape(description)}\n{name}=", EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE)

    @pytest.mark.parametrize("name", [name for name in Settings.model_fields if name.endswith("_API_KEY")])
    def test_each_key_says_where_to_get_it(self, name):
        assert "https://" in (Settings.model_fields[name].description or "")

    def test_it_holds_no_secret(self):
        assert Settings.from_layers(dotenv_values(EXAMPLE)).secret_values() == []

    def test_what_holds_secrets_is_ignored_by_git(self):
        ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
        assert {".env", ".streamlit/secrets.toml", "data/"} <= set(ignored)


class TestStreamlit:
    @pytest.mark.parametrize(
        ("section", "option", "value"),
        [
            ("server", "maxUploadSize", 2),
            ("server", "maxMessageSize", 50),
            ("server", "enableStaticServing", False),
            ("server", "disconnectedSessionTTL", 60),
            ("client", "showErrorDetails", "none"),
            ("client", "showErrorLinks", False),
            ("client", "toolbarMode", "minimal"),
            ("browser", "gatherUsageStats", False),
        ],
    )
    def test_it_is_hardened(self, section, option, value):
        assert STREAMLIT[section][option] == value

    def test_memory_for_cached_data_is_bounded(self):
        assert STREAMLIT["server"]["maxCacheDataSize"]

    def test_protections_are_not_switched_off(self):
        server = STREAMLIT["server"]
        assert server.get("enableXsrfProtection", True) is True
        assert server.get("enableCORS", True) is True
        assert server.get("enableAgentApi", False) is False

    def test_the_address_is_left_to_the_command(self):
        """A container must be able to listen elsewhere; ``make run`` says 127.0.0.1 itself."""
        assert "address" not in STREAMLIT["server"]

    def test_both_themes_are_there(self):
        assert {"light", "dark"} <= STREAMLIT["theme"].keys()

    def test_streamlit_knows_every_option(self):
        from streamlit import config

        names = [f"{section}.{option}" for section, options in STREAMLIT.items() for option in options]
        plain = [name for name in names if not name.startswith(("theme.light", "theme.dark", "theme.sidebar"))]
        assert [name for name in plain if name not in config._config_options_template] == []


class TestPytest:
    MARKED = "import pytest\n\n@pytest.mark.soak\ndef test_long(): pass\n\ndef test_short(): pass\n"

    def collected(self, tmp_path, *arguments: str) -> str:
        (tmp_path / "test_marked.py").write_text(self.MARKED, encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "-c", str(ROOT / "pyproject.toml"), "--rootdir", str(tmp_path)]
        command += ["-p", "no:cacheprovider", "--collect-only", *arguments, str(tmp_path)]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False).stdout

    def test_soaks_are_left_out_by_default(self, tmp_path):
        out = self.collected(tmp_path)
        assert "test_short" in out
        assert "test_long" not in out

    def test_soaks_run_when_asked_for(self, tmp_path):
        out = self.collected(tmp_path, "-m", "soak")
        assert "test_long" in out
        assert "test_short" not in out

    def test_a_warning_is_an_error(self):
        assert PROJECT["tool"]["pytest"]["ini_options"]["filterwarnings"] == ["error"]


def test_the_version_is_the_same_everywhere():
    from lox_core import __version__

    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert PROJECT["project"]["version"] == __version__
    assert re.search(rf"^## {re.escape(__version__)} ", changes, re.MULTILINE)
