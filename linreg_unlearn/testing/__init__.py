"""Property-based testing of statements about unlearning problems, for Hypothesis.

:mod:`linreg_unlearn.testing.problems` draws matrices and problems. It needs the extra ``testing``.
"""
