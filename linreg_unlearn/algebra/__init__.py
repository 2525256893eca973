"""The expression language: a formula written once and read four ways.

``expressions`` builds typed trees; ``exact``, ``floats``, ``words`` and ``text`` read them.
This room knows nothing of unlearning: the letters and the theorems live in ``claims``.
"""
