from __future__ import annotations

import logging

import pandas as pd
import pytest

from geo_ree.errors import SettingsError
from geo_ree.schema.deposit_lookup import find_deposit

TABLE = pd.DataFrame(
    {
        "id": ["x:plant", "x:host", "x:first", "x:alias", "x:twin", "x:other"],
        "name": ["Aktau", "Aktau", "Akbulak", "Akbulak Minor", "Espe", "Espe"],
        "aliases": [None, "Ak Tau; Aqtau", None, "Akbulak", "", "Verkhnee Espe"],
        "role": ["plant", "by_product_host", "candidate", "candidate", "candidate", "candidate"],
    }
)


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("x:plant", "x:plant"),
        ("Aktau", "x:host"),
        (" aqtau ", "x:host"),
        ("AKBULAK", "x:first"),
        ("akbulak minor", "x:alias"),
        ("verkhnee espe", "x:other"),
    ],
)
def test_an_id_a_name_or_an_alias_finds_the_deposit(word, found):
    assert TABLE["id"].iloc[find_deposit(word, TABLE)] == found


def test_of_several_with_a_name_the_log_says_which_one_was_taken(caplog):
    with caplog.at_level(logging.WARNING):
        find_deposit("Aktau", TABLE)
    assert "'Aktau' is taken as x:host; the name is also that of x:plant" in caplog.text
    caplog.clear()
    find_deposit("x:host", TABLE)
    find_deposit("verkhnee espe", TABLE)
    assert not caplog.records


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("Espe", "2 deposits are called 'Espe'; name one of x:twin, x:other"),
        ("Akbulac", "no deposit is called 'Akbulac'; did you mean Akbulak"),
        ("Zzz", "no deposit is called 'Zzz'; take an id or a name of scores.csv"),
        ("", "no deposit is called ''"),
        ("Kuperlisai", "no available source gives 'Kuperlisai' a coordinate"),
        ("y:lost", "no available source gives 'y:lost' a coordinate"),
    ],
)
def test_a_name_that_leaves_no_one_deposit_is_refused(word, message):
    unplaced = pd.DataFrame({"id": ["y:lost"], "name": ["Kuperlisai"], "role": ["candidate"]})
    with pytest.raises(SettingsError) as error:
        find_deposit(word, TABLE, unplaced)
    assert str(error.value).startswith(message)


def test_a_table_with_ids_alone_is_enough():
    table = pd.DataFrame({"id": ["a", "b"]})
    assert find_deposit("b", table) == 1
    with pytest.raises(SettingsError, match="2 deposits have the id 'a'"):
        find_deposit("a", pd.DataFrame({"id": ["a", "a"]}))
