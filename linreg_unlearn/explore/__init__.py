"""The page on which the theory is played with: ``linreg-unlearn explore``. Needs the extra ``explore``.

Everything but :mod:`.page`, :mod:`.serving` and the notebook works without that extra: a state is
plain data, and what is shown for it is computed here, drawn as data by :mod:`.charts`.
"""  # noqa: E501
