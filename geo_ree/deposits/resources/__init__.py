"""Published quantities of deposits.

`quantities` classifies statements and adds those that may be added, `statements` chooses the one that is
shown, `statement_comparison` compares two of one deposit, `oxides` converts units and oxides.
"""
