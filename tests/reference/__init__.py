"""Paths of other libraries' optimizers, and the rules of optanim checked against them.

`cases.json` holds the paths: `generate.py` made it by running the libraries themselves, `settings.py`
says which rule and settings each case is, `check.py` steps them and compares, `problems.py` has the
losses.
"""
