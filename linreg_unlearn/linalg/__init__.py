"""The one place that factorizes, decides rank and solves.

NumPy and SciPy do not agree on the rank of a nearly singular matrix, and their answers then differ
by many orders of magnitude. So everything else in the package asks this one: see
:mod:`~linreg_unlearn.linalg.factorization` for the rank rule and the two paths,
:mod:`~linreg_unlearn.linalg.sharing` for one factorization serving all methods,
:mod:`~linreg_unlearn.linalg.leave_block_out` for retraining without retraining, and
:mod:`~linreg_unlearn.linalg.rounding` for what counts as zero.
"""
