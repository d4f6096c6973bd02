"""Paths of other libraries' optimizers, and the rules of optanim checked against them.

`cases.json` holds the paths. `generate.py` made it by running the libraries (`libraries.py`, `by_*.py`) on
`losses.py` as `plan.py` says. `settings.py` says which rule and settings each case is (`aliases.py`: and
which other rule), `check.py` steps them on `problems.py` and compares, and `verified.py` states the
outcome for `optanim explain`.

`schedules.json` holds what their schedules are in every step, made by `schedules_by_library.py` as
`schedules_plan.py` says; `schedules.py` compares, and the other `schedules_*.py` say which of ours each is.
"""
