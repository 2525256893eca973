"""The theorems as data: one file per family, in the order of ``docs/theory.md``.

``vocabulary`` holds the letters and named formulas, ``assumptions`` what can be assumed of them,
``claim`` what a claim is and the registry. Every other file registers claims.
"""
