"""Tests skip with a reason where something is missing, unless GEO_REE_FULL=1 forbids it."""

import pytest


@pytest.mark.parametrize("full", ["", "0"])
def test_what_is_missing_skips_with_the_reason_even_in_ci(require, monkeypatch, full):
    monkeypatch.setenv("CI", "true")
    monkeypatch.setenv("GEO_REE_FULL", full)
    with pytest.raises(pytest.skip.Exception, match="Koop"):
        require(False, "Koop is not installed")


def test_a_full_run_of_the_tests_skips_nothing(require, monkeypatch):
    monkeypatch.setenv("GEO_REE_FULL", "1")
    with pytest.raises(pytest.fail.Exception, match=r"Koop.*GEO_REE_FULL"):
        require(False, "Koop is not installed")


@pytest.mark.parametrize("full", ["", "1"])
def test_what_is_there_is_used(require, monkeypatch, full):
    monkeypatch.setenv("GEO_REE_FULL", full)
    require(True, "Koop is not installed")
