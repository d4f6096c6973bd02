"""optanim: a short YAML scene in, a true and beautiful animation of optimizers out."""

__version__ = "0.1.0"
