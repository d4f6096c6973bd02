"""Paths of other libraries' optimizers, and the rules of optanim checked against them.

`cases.json` holds the paths. `generate.py` made it by running the libraries (`libraries.py`, `by_*.py`) on
`losses.py` as `plan.py` says. `settings.py` says which rule and settings each case is, `check.py` steps
them on `problems.py` and compares, and `verified.py` states the outcome for `optanim explain`.
"""
