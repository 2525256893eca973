"""The theory of machine unlearning in linear regression: solved, checked and drawn.

A *problem* is a set of rows to keep and a set of rows to forget; a *method* turns it into weights;
a *metric* says how far they are from retraining without the forgotten rows.

>>> from linreg_unlearn import distance_to_golden, fine_tuned, overlapping, retain_mask
>>> problem = overlapping(n_r=20, n_f=10, d_r=20, d_lap=10, d_f=20)
>>> tuned, masked = fine_tuned(problem), retain_mask(problem)
>>> distance_to_golden(problem, masked.coef) < distance_to_golden(problem, tuned.coef)
True
"""

from linreg_unlearn.errors import InputError
from linreg_unlearn.linalg.leave_block_out import leave_block_out, leave_blocks_out
from linreg_unlearn.methods.fine_tuning import fine_tuned, golden, pretrained
from linreg_unlearn.methods.masking import forget_mask, retain_mask
from linreg_unlearn.methods.registry import METHODS, Method, register
from linreg_unlearn.methods.solution import Solution
from linreg_unlearn.metrics import (
    Gap,
    distance_to_golden,
    gap_to_golden,
    norm,
    retain_accuracy,
    retain_loss,
    test_accuracy,
    test_loss,
    unlearning_accuracy,
    unlearning_loss,
)
from linreg_unlearn.problem import Problem, read_forget_file
from linreg_unlearn.setups import distinct, overlapping, shared

__version__ = "0.1.0"

__all__ = [
    "METHODS",
    "Gap",
    "InputError",
    "Method",
    "Problem",
    "Solution",
    "__version__",
    "distance_to_golden",
    "distinct",
    "fine_tuned",
    "forget_mask",
    "gap_to_golden",
    "golden",
    "leave_block_out",
    "leave_blocks_out",
    "norm",
    "overlapping",
    "pretrained",
    "read_forget_file",
    "register",
    "retain_accuracy",
    "retain_loss",
    "retain_mask",
    "shared",
    "test_accuracy",
    "test_loss",
    "unlearning_accuracy",
    "unlearning_loss",
]
