"""The error tree: who inherits from whom, and what each error carries."""

from __future__ import annotations

import inspect

import pytest

from lox_core import errors

PARENTS = {
    "SettingsError": "LoxError",
    "DataError": "LoxError",
    "ProviderError": "DataError",
    "AuthError": "ProviderError",
    "RateLimited": "ProviderError",
    "Unavailable": "ProviderError",
    "SeriesNotFound": "DataError",
    "SchemaError": "DataError",
    "ModelError": "LoxError",
    "InsufficientHistory": "ModelError",
    "StoreError": "LoxError",
}


def classes() -> dict[str, type]:
    return {name: one for name, one in inspect.getmembers(errors, inspect.isclass) if one.__module__ == errors.__name__}


def test_every_error_stands_where_the_tree_says():
    found = {name: one.__bases__[0].__name__ for name, one in classes().items() if name != "LoxError"}
    assert found == PARENTS


def test_the_tree_in_the_docstring_names_every_error():
    missing = [name for name in classes() if name not in (errors.__doc__ or "")]
    assert missing == []


def test_lox_errors_are_not_operating_system_errors():
    """``except OSError`` around a socket must not swallow an answer that was already put into words."""
    assert not any(issubclass(one, OSError) for one in classes().values())


def test_a_settings_error_names_its_setting_beside_the_words():
    error = errors.SettingsError("FRED_API_KEY", "FRED_API_KEY is not set.")
    assert (error.setting, str(error)) == ("FRED_API_KEY", "FRED_API_KEY is not set.")


@pytest.mark.parametrize("kind", [errors.DataError, errors.SeriesNotFound, errors.SchemaError])
def test_a_data_error_says_from_where_and_which(kind):
    error = kind("FRED does not know X.", source="FRED", item="X")
    assert (str(error), error.source, error.item) == ("FRED does not know X.", "FRED", "X")
    assert (kind("words").source, kind("words").item) == ("", "")


@pytest.mark.parametrize("kind", [errors.ProviderError, errors.AuthError, errors.Unavailable, errors.RateLimited])
def test_a_provider_error_carries_the_status_or_says_there_was_none(kind):
    assert kind("words", source="FMP", status=503).status == 503
    assert kind("words").status is None


def test_rate_limited_carries_the_vendors_wish_and_missing_is_not_zero():
    assert errors.RateLimited("wait", retry_after_s=1.5).retry_after_s == 1.5
    assert errors.RateLimited("wait").retry_after_s is None


def test_insufficient_history_counts_in_its_words():
    error = errors.InsufficientHistory("A 2-year z-score", needed=252, got=17)
    assert str(error) == "A 2-year z-score needs 252 observations and has 17."
    assert (error.needed, error.got) == (252, 17)
