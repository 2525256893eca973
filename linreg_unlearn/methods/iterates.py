"""Where iterative methods are after any number of steps: in closed form, and by taking them.

Every method of :mod:`linreg_unlearn.methods.iterative` is an :class:`Iteration`: a starting point,
a step size, one step as code, and the closed form of all steps. :func:`trajectory` evaluates the
closed form, :func:`looped` takes the steps one by one; they agree up to rounding, and know nothing
of each other but the starting point and the step size.

Losses are sums with ½, so the gradient of ``½‖Xw − y‖² + ½λ‖w‖²`` is ``Xᵀ(Xw − y) + λw``. One
stochastic step takes the gradient of the rows it draws, evenly and with replacement, and their
share of the ridge: ``n/m`` steps of ``m`` rows cost as much as one full gradient and go about as
far.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypedDict, Unpack

import numpy as np
from numpy.typing import ArrayLike

from linreg_unlearn.arrays import (
    LARGEST_ENTRY,
    FloatArray,
    real_number,
    weight_array,
    whole_number,
)
from linreg_unlearn.errors import InputError
from linreg_unlearn.linalg.quadratic_flow import (
    QuadraticFlow,
    alternating_flow,
    critical_weight,
    new_rows_flow,
    representable,
    weighted_flow,
)
from linreg_unlearn.linalg.sharing import factors_of
from linreg_unlearn.methods.fine_tuning import (
    golden,
    pretrained,
    residual_norm,
    starting_weights,
)
from linreg_unlearn.methods.registry import METHODS
from linreg_unlearn.methods.regularized import forget_targets
from linreg_unlearn.methods.solution import Solution
from linreg_unlearn.problem import Problem

Step: TypeAlias = Callable[[FloatArray], FloatArray]

MOST_STEPS = 2**53
"""Beyond this a float is no longer a count."""

CAUTION = 0.01
"""Default step size of what may diverge, in units of ``1/a_max``: 100 steps grow at most e-fold."""

SMALL_BETA = 0.01
"""Default weight of the forget loss where no positive one leaves a minimum."""


@dataclass(frozen=True, eq=False)
class Iteration:
    """One method on one problem, ready to run.

    Attributes
    ----------
    start : ndarray of shape (d,) or (d, c)
        ``w_0``.
    step_size : float
        ``η > 0``.
    fresh : callable
        Returns a function that takes one step; draws begin anew with each.
    flow : QuadraticFlow or None
        The closed form; None for stochastic steps.
    rows, targets : ndarray of shape (m, d) and (m,) or (m, c)
        What the last part of a step works on.
    rank : int
        Of these rows.
    does : str
        What the steps are.
    """

    start: FloatArray
    step_size: float
    fresh: Callable[[], Step]
    flow: QuadraticFlow | None
    rows: FloatArray
    targets: FloatArray
    rank: int
    does: str

    def loop(self, steps: Sequence[int]) -> list[FloatArray]:
        """Return the weights after each number of steps, by taking them.

        Parameters
        ----------
        steps : sequence of int
            In any order.

        Returns
        -------
        list of ndarray of shape (d,) or (d, c)

        Raises
        ------
        InputError
            The weights grow beyond what can be squared.
        """
        advance, w, found = self.fresh(), self.start.copy(), {}
        wanted = sorted(set(steps))
        with np.errstate(over="ignore", invalid="ignore"):
            done = 0
            for count in wanted:
                for _ in range(count - done):
                    w = advance(w)
                done = count
                if self.flow is not None and self.flow.still.any():
                    # One output stands still for the closed form: its gradient is rounding.
                    w = np.where(
                        self.flow.still if w.ndim == 2 else self.flow.still[0], self.start, w
                    )
                found[count] = representable(w, count, self.step_size)
        return [found[count].copy() for count in steps]

    def after(self, steps: int) -> FloatArray:
        """Return the weights after some steps, in closed form where there is one.

        Parameters
        ----------
        steps : int

        Returns
        -------
        ndarray of shape (d,) or (d, c)

        Raises
        ------
        InputError
            As for :meth:`loop`.
        """
        if self.flow is None:
            return self.loop([steps])[0]
        return self.flow.after(steps, self.step_size)

    def limit(self) -> FloatArray:
        """Return where the steps end.

        Returns
        -------
        ndarray of shape (d,) or (d, c)

        Raises
        ------
        InputError
            Nowhere: they diverge, oscillate or are stochastic.
        """
        if self.flow is None:
            raise InputError(
                "steps is None, but stochastic steps go on moving: pass a number of steps"
            )
        w = self.flow.limit(self.step_size)
        if w is None:
            raise InputError(f"steps is None, but {self.flow.obstacle(self.step_size)}")
        return w

    def solution(self, steps: int | None, method: str, origin: str) -> Solution:
        """Run, and say so.

        Parameters
        ----------
        steps : int or None
            None is the limit.
        method, origin : str
            Name of the method, and what the start is.

        Returns
        -------
        Solution

        Raises
        ------
        InputError
            `steps` is neither None nor a count, or the weights diverge.
        """
        if steps is None:
            coef, count = self.limit(), "the limit of steps"
        else:
            number = _count(steps)
            coef, count = self.after(number), f"{number} steps"
        return Solution(
            coef=coef,
            rank=self.rank,
            residual_norm=residual_norm(self.rows, self.targets, coef),
            method=method,
            done=f"{origin}, then {count} of size {self.step_size:g}: {self.does}",
        )


@dataclass(frozen=True)
class Dynamics:
    """How fast the steps of a method contract.

    Attributes
    ----------
    step_size : float
        The one in use.
    contraction : float
        ``max |1 − ηa|`` over the curvatures ``a``; above 1 the steps diverge.
    best_step : float or None
        ``2/(a_max + a_min)``, the constant step size of least contraction; None if something grows
        or nothing moves.
    stability_limit : float
        ``2/a_max``; infinite if nothing curves upwards.
    """

    step_size: float
    contraction: float
    best_step: float | None
    stability_limit: float


def dynamics(problem: Problem, name: str, **options: Any) -> Dynamics:
    """Return contraction and step sizes of an iterative method.

    Parameters
    ----------
    problem : Problem
    name : str
        One of :data:`ITERATIVE`. The curvatures of "scrub" are those of a pair of steps and depend
        on the step size.
    **options
        Of the method.

    Returns
    -------
    Dynamics

    Raises
    ------
    InputError
        `name` or an option is unknown, an option is refused by the method, or the steps are
        stochastic.

    Examples
    --------
    >>> problem = Problem.from_arrays([[1, 0], [0, 2]], [1, 2], forget=[1])
    >>> dynamics(problem, "oracle_matching_descent", step_size=0.4).contraction.__round__(12)
    0.6
    """
    iteration = iteration_of(problem, name, **options)
    flow, step = _closed_form(iteration), iteration.step_size
    return Dynamics(step, flow.contraction(step), flow.best_step, flow.stability_limit)


def trajectory(problem: Problem, name: str, steps: Sequence[int], **options: Any) -> FloatArray:
    """Return the weights of an iterative method after each number of steps, in closed form.

    Parameters
    ----------
    problem : Problem
    name : str
        One of :data:`ITERATIVE`.
    steps : sequence of int
        In any order; each costs the same.
    **options
        Of the method.

    Returns
    -------
    ndarray of shape (len(steps), d) or (len(steps), d, c)

    Raises
    ------
    InputError
        `name` or an option is unknown, an option is refused by the method, `steps` are not counts,
        the steps are stochastic, or the weights grow beyond what can be squared.

    Examples
    --------
    >>> problem = Problem.from_arrays([[1, 0], [0, 1]], [1, 2], forget=[1])
    >>> trajectory(problem, "oracle_matching_descent", [0, 1, 10], step_size=0.5).round(3)
    array([[1.   , 2.   ],
           [1.   , 1.   ],
           [1.   , 0.002]])
    """
    iteration = iteration_of(problem, name, **options)
    _closed_form(iteration)
    return _stacked(problem, [iteration.after(_count(k)) for k in steps])


def looped(problem: Problem, name: str, steps: Sequence[int], **options: Any) -> FloatArray:
    """Return the weights of an iterative method after each number of steps, by taking them.

    Parameters
    ----------
    problem : Problem
    name : str
        One of :data:`ITERATIVE`.
    steps : sequence of int
        In any order; the largest decides how long it takes.
    **options
        Of the method.

    Returns
    -------
    ndarray of shape (len(steps), d) or (len(steps), d, c)

    Raises
    ------
    InputError
        As for :func:`trajectory`, but stochastic steps are welcome.

    Examples
    --------
    >>> problem = Problem.from_arrays([[1, 0], [0, 1]], [1, 2], forget=[1])
    >>> looped(problem, "oracle_matching_descent", [1], step_size=0.5)
    array([[1., 1.]])
    """
    return _stacked(
        problem, iteration_of(problem, name, **options).loop([_count(k) for k in steps])
    )


def iteration_of(problem: Problem, name: str, **options: Any) -> Iteration:
    """Return an iterative method on a problem, ready to run.

    Parameters
    ----------
    problem : Problem
    name : str
        One of :data:`ITERATIVE`.
    **options
        Of the method, but for `steps`.

    Returns
    -------
    Iteration

    Raises
    ------
    InputError
        `name` or an option is unknown, or an option is refused by the method.

    Examples
    --------
    >>> problem = Problem.from_arrays([[1, 0], [0, 2]], [1, 2], forget=[1])
    >>> iteration_of(problem, "oracle_matching_descent").step_size
    0.25
    """
    if name not in _BUILDERS:
        raise InputError(
            f"{name!r} is no iterative method: pass one of {', '.join(map(repr, ITERATIVE))}"
        )
    settings = {option.name: option.default for option in METHODS[name].options}
    del settings["steps"]
    for option in options:
        if option not in settings:
            raise InputError(
                f"{name} has no option {option}: pass some of {', '.join(settings)} by name"
            )
    return _BUILDERS[name](problem, **settings | options)


def critical_beta(problem: Problem, ridge: float = 0.0) -> float:
    """Return ``β* = 1/λ_max(H_r⁻¹X_fᵀX_f)``: from there on NegGrad+ has no minimum.

    Parameters
    ----------
    problem : Problem
    ridge : float, default 0.0
        ``λ ≥ 0`` in ``H_r = X_rᵀX_r + λI``.

    Returns
    -------
    float
        0 where no positive weight leaves a minimum: at ``λ = 0`` and ``rank X_r < rank X``.
        Infinite where the forget rows are zero.

    Raises
    ------
    InputError
        `ridge` is negative or not finite.

    Examples
    --------
    >>> critical_beta(Problem.from_arrays([[2], [1]], [1, 1], forget=[1]))
    4.0
    """
    return critical_weight(problem, real_number(ridge, "ridge", 0))


class _Run(TypedDict):
    """The options that all methods with a sum over rows have, besides the ridge."""

    step_size: float | None
    start: ArrayLike | None
    batch: int | None
    seed: int


def _retain_descent(problem: Problem, *, ridge: float, **run: Unpack[_Run]) -> Iteration:
    loss = _Loss(problem.y, 1.0, 0.0, real_number(ridge, "ridge", 0))
    does = f"descent on {problem.n_r} retained rows"
    return _sum_of_rows(problem, loss, does, **run)


def _gradient_ascent(problem: Problem, *, ridge: float, **run: Unpack[_Run]) -> Iteration:
    # The ridge belongs to the start: with a minus it would be one more way to diverge.
    loss = _Loss(problem.y, 0.0, -1.0, 0.0, real_number(ridge, "ridge", 0), CAUTION)
    does = f"ascent on {problem.n_f} forget rows"
    return _sum_of_rows(problem, loss, does, **run)


def _neg_grad_plus(
    problem: Problem,
    *,
    beta: float | None,
    ridge: float,
    **run: Unpack[_Run],
) -> Iteration:
    penalty = real_number(ridge, "ridge", 0)
    if beta is None:
        critical = critical_weight(problem, penalty)
        weight = SMALL_BETA if critical in (0.0, np.inf) else critical / 2
    else:
        weight = real_number(beta, "beta", 0)
    loss = _Loss(problem.y, 1.0, -weight, penalty)
    does = (
        f"descent on {problem.n_r} retained rows, ascent on {problem.n_f} forget rows with weight "
        f"{weight:g}"
    )
    return _sum_of_rows(problem, loss, does, **run)


def _scrub(
    problem: Problem,
    *,
    gamma: float,
    step_size: float | None,
    ridge: float,
    start: ArrayLike | None,
) -> Iteration:
    distance, penalty = real_number(gamma, "gamma", 0), real_number(ridge, "ridge", 0)
    w_o = pretrained(problem, ridge=penalty).coef
    w_0 = _start(problem, start, penalty)
    X_r, X_f, y_r = problem.X_r, problem.X_f, problem.y_r
    factors = factors_of(problem)
    largest = float(factors.all.svd()[1].max(initial=0.0)) ** 2
    eta = _step(step_size, CAUTION, (1.0 + distance) * largest + penalty)

    def pair(w: FloatArray) -> FloatArray:
        w = w + eta * (X_f.T @ (X_f @ (w - w_o)))
        gradient = X_r.T @ (X_r @ w - y_r) + distance * (X_r.T @ (X_r @ (w - w_o))) + penalty * w
        return np.asarray(w - eta * gradient)

    return Iteration(
        start=w_0,
        step_size=eta,
        fresh=lambda: pair,
        flow=alternating_flow(
            problem, w_0, w_o, step=eta, retained=1.0, distance=distance, ridge=penalty
        ),
        rows=X_r,
        targets=y_r,
        rank=factors.retained.rank,
        does=f"away from the teacher on {problem.n_f} forget rows, then descent on {problem.n_r} "
        "retained rows",
    )


def _projected_gradient(
    problem: Problem,
    *,
    direction: str,
    targets: ArrayLike | None,
    step_size: float | None,
    ridge: float,
    start: ArrayLike | None,
    seed: int,
) -> Iteration:
    if direction not in ("ascent", "descent"):
        raise InputError(f"direction is {direction!r}: pass 'ascent' or 'descent'")
    sign = 1.0 if direction == "descent" else -1.0
    w_0 = _start(problem, start, real_number(ridge, "ridge", 0))
    labels = problem.y_f if targets is None else forget_targets(problem, targets, seed)
    flow = new_rows_flow(problem, w_0, labels, weight=sign)
    X_f, retained = problem.X_f, factors_of(problem).retained
    # Where forget rows add no direction nothing moves; a step on their own scale blows up nothing.
    curving = flow.curvatures if flow.curvatures.size else [float(np.linalg.norm(X_f)) ** 2]
    eta = _step(step_size, 1.0 if sign > 0 else CAUTION, float(np.abs(curving).max()))

    def step(w: FloatArray) -> FloatArray:
        gradient = X_f.T @ (X_f @ w - labels)
        return np.asarray(w - sign * eta * (gradient - retained.project(gradient)))

    return Iteration(
        start=w_0,
        step_size=eta,
        fresh=lambda: step,
        flow=flow,
        rows=X_f,
        targets=labels,
        rank=int(flow.curvatures.size),
        does=f"{direction} on {problem.n_f} forget rows, projected off the retained ones",
    )


def _random_label_descent(problem: Problem, *, ridge: float, **run: Unpack[_Run]) -> Iteration:
    labels = np.concatenate([problem.y_r, forget_targets(problem, "random", run["seed"])])
    loss = _Loss(labels, 1.0, 1.0, real_number(ridge, "ridge", 0))
    does = (
        f"descent on {problem.n_r} retained rows and {problem.n_f} forget rows with random labels"
    )
    return _sum_of_rows(problem, loss, does, **run)


def _bad_teacher(
    problem: Problem,
    *,
    teacher: ArrayLike,
    ridge: float,
    **run: Unpack[_Run],
) -> Iteration:
    penalty = real_number(ridge, "ridge", 0)
    w_o = pretrained(problem, ridge=penalty).coef
    labels = np.concatenate(
        [problem.X_r @ w_o, problem.X_f @ _incompetent(problem, teacher, w_o, run["seed"])]
    )
    name = teacher if isinstance(teacher, str) else "given"
    does = (
        f"descent towards the pretrained model on {problem.n_r} retained rows and towards the "
        f"{name} model on {problem.n_f} forget rows"
    )
    loss = _Loss(labels, 1.0, 1.0, 0.0, penalty)
    return _sum_of_rows(problem, loss, does, **run)


def _oracle_matching_descent(problem: Problem, *, ridge: float, **run: Unpack[_Run]) -> Iteration:
    penalty = real_number(ridge, "ridge", 0)
    loss = _Loss(problem.X @ golden(problem, ridge=penalty).coef, 1.0, 1.0, 0.0, penalty)
    does = f"descent towards golden's predictions on all {problem.n} rows"
    return _sum_of_rows(problem, loss, does, **run)


_BUILDERS: dict[str, Callable[..., Iteration]] = {
    "retain_descent": _retain_descent,
    "gradient_ascent": _gradient_ascent,
    "neg_grad_plus": _neg_grad_plus,
    "scrub": _scrub,
    "projected_gradient": _projected_gradient,
    "random_label_descent": _random_label_descent,
    "bad_teacher": _bad_teacher,
    "oracle_matching_descent": _oracle_matching_descent,
}

ITERATIVE = tuple(_BUILDERS)
"""Names of the iterative methods."""


@dataclass(frozen=True, eq=False)
class _Loss:
    """``½ρ‖X_r w − T_r‖² + ½φ‖X_f w − T_f‖² + ½λ‖w‖²``, and how it is approached.

    `start_ridge` is that of the pretrained weights, if it is another one; `share` the default step
    size in units of the largest safe one.
    """

    targets: FloatArray
    retained: float
    forget: float
    ridge: float
    start_ridge: float | None = None
    share: float = 1.0


def _sum_of_rows(
    problem: Problem,
    loss: _Loss,
    does: str,
    *,
    step_size: float | None,
    start: ArrayLike | None,
    batch: int | None,
    seed: int,
) -> Iteration:
    number = whole_number(seed, "seed", 0)
    penalty = loss.ridge
    w_0 = _start(problem, start, penalty if loss.start_ridge is None else loss.start_ridge)
    used = slice(0 if loss.retained else problem.n_r, problem.n if loss.forget else problem.n_r)
    A, T = problem.X[used], loss.targets[used]
    weights = np.concatenate(
        [np.full(problem.n_r, loss.retained), np.full(problem.n_f, loss.forget)]
    )[used]
    column = weights if T.ndim == 1 else weights[:, None]
    factors = factors_of(problem)
    rank = (factors.forget if used.start else factors.subset(np.arange(used.stop))).rank

    if batch is not None:
        m = whole_number(batch, "batch", 1)
        largest = float((np.abs(weights) * np.einsum("ij,ij->i", A, A)).max())
        eta = _step(step_size, loss.share, m * (largest + penalty / len(A)))

        def drawing() -> Step:
            rng = np.random.default_rng([number, 1])

            def some(w: FloatArray) -> FloatArray:
                i = rng.integers(len(A), size=m)
                gradient = A[i].T @ (column[i] * (A[i] @ w - T[i])) + (m / len(A)) * penalty * w
                return np.asarray(w - eta * gradient)

            return some

        does = f"{does}, {m} drawn per step"
        return Iteration(w_0, eta, drawing, None, A, T, rank, does)

    flow = weighted_flow(
        problem,
        w_0,
        loss.targets,
        retained=loss.retained,
        forget=loss.forget,
        ridge=penalty,
    )
    largest = float(np.abs(flow.spectrum).max(initial=0.0))
    if loss.retained > 0 > loss.forget:
        # In units of what all rows curve: then even an unbounded objective grows by 1 + β per step.
        largest = float(factors.all.svd()[1].max(initial=0.0)) ** 2 + penalty
    eta = _step(step_size, loss.share, largest)

    def full(w: FloatArray) -> FloatArray:
        return np.asarray(w - eta * (A.T @ (column * (A @ w - T)) + penalty * w))

    return Iteration(w_0, eta, lambda: full, flow, A, T, rank, does)


def _start(problem: Problem, start: ArrayLike | None, ridge: float) -> FloatArray:
    w_0 = starting_weights(problem, start, ridge)
    if start is None and np.abs(w_0).max() > LARGEST_ENTRY:
        raise InputError(
            f"the pretrained weights exceed {LARGEST_ENTRY:g}, so their squares overflow: rescale "
            "the data"
        )
    return w_0


def _step(step_size: float | None, share: float, largest: float) -> float:
    if step_size is None:
        # Where nothing curves, nothing moves, whatever the step.
        return share / largest if largest > 1e-300 else 1.0
    number = real_number(step_size, "step_size", 0)
    if number == 0:
        raise InputError("step_size is 0, so nothing would move: pass a positive number")
    return number


def _incompetent(problem: Problem, teacher: ArrayLike, w_o: FloatArray, seed: int) -> FloatArray:
    """Return the weights of the model that knows nothing."""
    if not isinstance(teacher, str):
        return weight_array(teacher, problem.weight_shape, "teacher")
    if teacher == "zero":
        return np.zeros(problem.weight_shape)
    if teacher == "random":
        draw = np.random.default_rng(whole_number(seed, "seed", 0)).standard_normal
        w = draw(problem.weight_shape)
        return np.asarray(w * (np.linalg.norm(w_o, axis=0) / np.linalg.norm(w, axis=0)))
    raise InputError(f"teacher is {teacher!r}: pass 'zero', 'random' or one weight per column")


def _closed_form(iteration: Iteration) -> QuadraticFlow:
    if iteration.flow is None:
        raise InputError(
            "batch is given, but stochastic steps have no closed form: leave it out, or take the "
            "steps one by one"
        )
    return iteration.flow


def _stacked(problem: Problem, weights: list[FloatArray]) -> FloatArray:
    return np.array(weights).reshape(len(weights), *problem.weight_shape)


def _count(steps: int) -> int:
    number = whole_number(steps, "steps", 0)
    if number > MOST_STEPS:
        raise InputError(f"steps is {number}: pass at most {MOST_STEPS}, or None for the limit")
    return number
