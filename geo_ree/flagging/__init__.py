"""Facts that speak for or against a deposit, beside the score and never inside it.

`flag_table` makes the table, `flag_rules` reads and checks the rules of ``rules.csv``.
"""
