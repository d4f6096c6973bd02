"""Schedules: a number that changes with the step, most often the learning rate.

A schedule is a function of t, the steps made before (0 in the first step; an array of them), and
`total`, the steps of the run. Its first steps may be a warm-up, which is a setting of every
schedule: the schedule itself then starts where the warm-up ends.
"""

# To be read in this order: simplest first.
ORDER = ("falling", "cycles", "made")
