"""Methods that take gradient steps: descent, ascent, and both in turn.

Each says where it is after `steps` steps, or in the limit, at the cost of one decomposition; how is
told in :mod:`linreg_unlearn.methods.iterates`. The papers train networks with other losses,
schedules and stopping rules: squared losses, sums with ½ and a constant step size are our reading.
"""

from __future__ import annotations

from numpy.typing import ArrayLike

from linreg_unlearn.methods.fine_tuning import origin
from linreg_unlearn.methods.iterates import iteration_of
from linreg_unlearn.methods.registry import register
from linreg_unlearn.methods.solution import Solution
from linreg_unlearn.problem import Problem


@register(
    title="descent on retained rows", family="iterative", variants=[lambda problem: {"steps": None}]
)
def retain_descent(
    problem: Problem,
    *,
    steps: int | None = 100,
    step_size: float | None = None,
    ridge: float = 0.0,
    start: ArrayLike | None = None,
    batch: int | None = None,
    seed: int = 0,
) -> Solution:
    """Take gradient steps on the retained rows, from the pretrained weights.

    Problem
    -------
    ``min ½‖X_r w − y_r‖² + ½λ‖w‖²``, a step at a time: what fine-tuning reaches in the end, before
    it is there.

    Method
    ------
    ``w ← w − η(X_rᵀ(X_r w − y_r) + λw)``, in closed form. With a ridge it pulls towards zero, where
    that of `fine_tuned` pulls towards the start.

    Guarantee
    ---------
    Expected, D4: at ``λ = 0`` the error to golden never falls below ``‖(I − P_r)w_0‖``, which no
    number of steps changes, and from interpolating pretrained weights nothing moves (A2); with
    ``λ > 0`` the limit is golden. D5: with a batch and ``λ > 0`` the error has a noise floor if and
    only if the gradient of some row is not zero at golden. [ding2024unlearning]

    Parameters
    ----------
    problem : Problem
        ``X`` of shape (n, d), ``y`` of shape (n,) or (n, c).
    steps : int or None, default 100
        ``k``. None is the limit, which exists below ``2/a_max``.
    step_size : float, optional
        ``η > 0``. Default: ``1/a_max`` with ``a_max = σ_max(X_r)² + λ``; for a batch of ``m`` rows
        ``1/(m(max ‖x_i‖² + λ/n_r))``.
    ridge : float, default 0.0
        ``λ ≥ 0``, added to sums over rows.
    start : array_like of shape (d,) or (d, c), optional
        ``w_0``. Default: the pretrained weights, trained with the same `ridge`.
    batch : int, optional
        Draw this many of the rows for every step, evenly and with replacement, and use their part
        of the gradient. Default: all rows, without drawing.
    seed : int, default 0
        Of the draws.

    Returns
    -------
    Solution
        ``coef`` of shape (d,) or (d, c); ``rank`` and ``residual_norm`` of the retained rows,
        without the ridge.

    Raises
    ------
    InputError
        `steps` is not a count, or None where the steps do not converge; another option is out of
        range or has another shape; or the weights grow beyond what can be squared.

    Examples
    --------
    >>> import numpy as np
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[1, 0], [0, 1]], [1, 2], forget=[1])
    >>> retain_descent(problem, start=np.zeros(2), step_size=0.5, steps=2).coef
    array([0.75, 0.  ])
    >>> retain_descent(problem, steps=None).coef
    array([1., 2.])
    """
    iteration = iteration_of(
        problem,
        "retain_descent",
        step_size=step_size,
        ridge=ridge,
        start=start,
        batch=batch,
        seed=seed,
    )
    return iteration.solution(steps, "retain_descent", origin(start))


@register(title="gradient ascent", family="iterative")
def gradient_ascent(
    problem: Problem,
    *,
    steps: int | None = 100,
    step_size: float | None = None,
    ridge: float = 0.0,
    start: ArrayLike | None = None,
    batch: int | None = None,
    seed: int = 0,
) -> Solution:
    """Take gradient steps up the loss of the forget rows, from the pretrained weights.

    Problem
    -------
    ``max ½‖X_f w − y_f‖²``, which has no maximum: how far to go is part of the method.

    Method
    ------
    ``w ← w + ηX_fᵀ(X_f w − y_f)``, in closed form. The ridge is that of the start only.

    Guarantee
    ---------
    Expected, D4: the forget residual ``e_f`` grows as ``(I + ηX_f X_fᵀ)^k e_f``, so at
    interpolation nothing moves and elsewhere there is no limit unless ``X_fᵀe_f = 0``. Usually
    attributed to [golatkar2020eternal].

    Parameters
    ----------
    problem : Problem
        ``X`` of shape (n, d), ``y`` of shape (n,) or (n, c).
    steps : int or None, default 100
        ``k``. None is the limit, which exists where nothing moves.
    step_size : float, optional
        ``η > 0``. Default: ``0.01/σ_max(X_f)²``, so that residuals grow by 1% per step at most; for
        a batch of ``m`` rows ``0.01/(m max ‖x_i‖²)``.
    ridge : float, default 0.0
        ``λ ≥ 0`` of the pretrained weights.
    start : array_like of shape (d,) or (d, c), optional
        ``w_0``. Default: the pretrained weights, trained with the same `ridge`.
    batch : int, optional
        Draw this many of the rows for every step, evenly and with replacement, and use their part
        of the gradient. Default: all rows, without drawing.
    seed : int, default 0
        Of the draws.

    Returns
    -------
    Solution
        ``coef`` of shape (d,) or (d, c); ``rank`` and ``residual_norm`` of the forget rows.

    Raises
    ------
    InputError
        `steps` is not a count, or None where the steps do not converge; another option is out of
        range or has another shape; or the weights grow beyond what can be squared.

    Examples
    --------
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[1], [1]], [1, 3], forget=[1])
    >>> gradient_ascent(problem, step_size=0.5, steps=2).coef.round(12)
    array([0.75])
    """
    iteration = iteration_of(
        problem,
        "gradient_ascent",
        step_size=step_size,
        ridge=ridge,
        start=start,
        batch=batch,
        seed=seed,
    )
    return iteration.solution(steps, "gradient_ascent", origin(start))


@register(title="NegGrad+", family="iterative")
def neg_grad_plus(
    problem: Problem,
    *,
    steps: int | None = 100,
    beta: float | None = None,
    step_size: float | None = None,
    ridge: float = 0.0,
    start: ArrayLike | None = None,
    batch: int | None = None,
    seed: int = 0,
) -> Solution:
    """Descend on the retained rows while ascending on the forget rows.

    Problem
    -------
    ``min ½‖X_r w − y_r‖² + ½λ‖w‖² − ½β‖X_f w − y_f‖²``, which has a minimum from every start if and
    only if ``A = H_r − βX_fᵀX_f`` is positive definite on the row space of ``X``,
    ``H_r = X_rᵀX_r + λI``.

    Method
    ------
    ``w ← w − η(X_rᵀ(X_r w − y_r) + λw − βX_fᵀ(X_f w − y_f))``, in closed form. That the ridge
    stands in the objective is our reading.

    Guarantee
    ---------
    Expected, D4: bounded for every target if and only if ``β < β* = 1/λ_max(H_r⁻¹X_fᵀX_f)``, and
    then the limit misses golden by ``βA⁻¹X_fᵀ(X_f w_g − y_f)``; at ``λ = 0`` with
    ``rank X_r < rank X`` unbounded for every ``β > 0``. At interpolation and ``λ = 0`` the
    pretrained weights do not move. E6: no ``β > 0`` is exact. [kurmanji2023scrub]

    Parameters
    ----------
    problem : Problem
        ``X`` of shape (n, d), ``y`` of shape (n,) or (n, c).
    steps : int or None, default 100
        ``k``. None is the limit, which exists for ``β < β*`` and small steps.
    beta : float, optional
        ``β ≥ 0``. Default: ``β*/2``; 0.01 where ``β*`` is 0 or infinite.
    step_size : float, optional
        ``η > 0``. Default: ``1/(σ_max(X)² + λ)``; for a batch of ``m`` rows
        ``1/(m(max ρ_i‖x_i‖² + λ/n))`` with ``ρ_i = 1`` on retained and ``β`` on forget rows.
    ridge : float, default 0.0
        ``λ ≥ 0``, added to sums over rows.
    start : array_like of shape (d,) or (d, c), optional
        ``w_0``. Default: the pretrained weights, trained with the same `ridge`.
    batch : int, optional
        Draw this many of the rows for every step, evenly and with replacement, and use their part
        of the gradient. Default: all rows, without drawing.
    seed : int, default 0
        Of the draws.

    Returns
    -------
    Solution
        ``coef`` of shape (d,) or (d, c); ``rank`` and ``residual_norm`` of all rows used, with
        their true targets and without weights and ridge.

    Raises
    ------
    InputError
        `steps` is not a count, or None where the steps do not converge; another option is out of
        range or has another shape; or the weights grow beyond what can be squared.

    Examples
    --------
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[2], [1]], [2, 3], forget=[1])
    >>> neg_grad_plus(problem, beta=2.0, steps=None).coef.round(12) + 0.0
    array([-1.])
    """
    iteration = iteration_of(
        problem,
        "neg_grad_plus",
        beta=beta,
        step_size=step_size,
        ridge=ridge,
        start=start,
        batch=batch,
        seed=seed,
    )
    return iteration.solution(steps, "neg_grad_plus", origin(start))


@register(title="SCRUB", family="iterative")
def scrub(
    problem: Problem,
    *,
    steps: int | None = 100,
    gamma: float = 1.0,
    step_size: float | None = None,
    ridge: float = 0.0,
    start: ArrayLike | None = None,
) -> Solution:
    """Step away from the pretrained model on forget rows, then down on retained rows, in turn.

    Problem
    -------
    Disagree with the teacher, the pretrained weights ``w_o``, on the forget rows; keep its
    predictions and the loss on the retained rows.

    Method
    ------
    A step is a pair: ascent on ``½‖X_f(w − w_o)‖²``, then descent on
    ``½‖X_r w − y_r‖² + ½γ‖X_r(w − w_o)‖² + ½λ‖w‖²``, of the same size; in closed form. Our reading
    of the paper's divergences, with the ridge in the descent only, and ascent in every pair where
    the paper stops ascending after some epochs.

    Guarantee
    ---------
    Expected, D4: at ``λ = 0`` and interpolation nothing moves, ever: the distance from the teacher
    has no gradient at the teacher. With a ridge only the first ascent is stationary.
    [kurmanji2023scrub]

    Parameters
    ----------
    problem : Problem
        ``X`` of shape (n, d), ``y`` of shape (n,) or (n, c).
    steps : int or None, default 100
        ``k``, in pairs. None is the limit, which exists if a pair contracts.
    gamma : float, default 1.0
        ``γ ≥ 0``, the weight of the teacher on the retained rows.
    step_size : float, optional
        ``η > 0``. Default: ``0.01/((1 + γ)σ_max(X)² + λ)``.
    ridge : float, default 0.0
        ``λ ≥ 0`` of the teacher and of the descent, added to sums over rows.
    start : array_like of shape (d,) or (d, c), optional
        ``w_0``. Default: the pretrained weights, trained with the same `ridge`.

    Returns
    -------
    Solution
        ``coef`` of shape (d,) or (d, c); ``rank`` and ``residual_norm`` of the retained rows,
        without the ridge.

    Raises
    ------
    InputError
        `steps` is not a count, or None where the steps do not converge; another option is out of
        range or has another shape; or the weights grow beyond what can be squared.

    Examples
    --------
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[1], [1]], [1, 1], forget=[1])
    >>> scrub(problem).coef.round(12), scrub(problem, start=[3.0], step_size=0.5, steps=1).coef
    (array([1.]), array([1.]))
    """
    iteration = iteration_of(
        problem,
        "scrub",
        gamma=gamma,
        step_size=step_size,
        ridge=ridge,
        start=start,
    )
    return iteration.solution(steps, "scrub", origin(start))


@register(
    title="projected gradient (PGU)",
    family="iterative",
    variants=[lambda problem: {"direction": "descent", "targets": "zero"}],
)
def projected_gradient(
    problem: Problem,
    *,
    steps: int | None = 100,
    direction: str = "ascent",
    targets: ArrayLike | None = None,
    step_size: float | None = None,
    ridge: float = 0.0,
    start: ArrayLike | None = None,
    seed: int = 0,
) -> Solution:
    """Take gradient steps on the forget rows, projected off the retained rows.

    Problem
    -------
    Change what the model says about the forget rows, and nothing of what it says about the retained
    ones.

    Method
    ------
    ``w ← w ± ηBᵀ(X_f w − ỹ_f)`` with ``B = X_f(I − P_r)``, in closed form: up the loss of the
    labels ``ỹ_f``, or down. The exact projector in place of the paper's largest singular directions
    is our reading, as are labels other than the true ones.

    Guarantee
    ---------
    Expected, D4: the retain loss never changes. Ascent grows as ``(I + ηBBᵀ)^k``, descent converges
    to ``w_0 + B⁺(ỹ_f − X_f w_0)``, which is relabelled fine-tuning if and only if
    ``rank X = rank X_r + rank X_f``. With true labels and pretrained weights of ridge 0 nothing
    moves, interpolating or not: there ``X_fᵀe_f = −X_rᵀe_r``, which the projection annihilates.
    [hoang2024projection]

    Parameters
    ----------
    problem : Problem
        ``X`` of shape (n, d), ``y`` of shape (n,) or (n, c).
    steps : int or None, default 100
        ``k``. None is the limit, which ascent has where nothing moves.
    direction : {"ascent", "descent"}, default "ascent"
        Up or down.
    targets : str or array_like of shape (n_f,) or (n_f, c), optional
        ``ỹ_f``: as for `regularized`. Default: the true labels ``y_f``.
    step_size : float, optional
        ``η > 0``. Default: ``1/σ_max(B)²`` for descent, ``0.01/σ_max(B)²`` for ascent, with
        ``‖X_f‖`` in place of ``σ_max(B)`` where ``B = 0``.
    ridge : float, default 0.0
        ``λ ≥ 0`` of the pretrained weights.
    start : array_like of shape (d,) or (d, c), optional
        ``w_0``. Default: the pretrained weights, trained with the same `ridge`.
    seed : int, default 0
        Of random labels.

    Returns
    -------
    Solution
        ``coef`` of shape (d,) or (d, c); ``residual_norm`` of the forget rows with ``ỹ_f``, and
        ``rank`` of ``B``, which is ``rank X − rank X_r``.

    Raises
    ------
    InputError
        `steps` is not a count, or None where the steps do not converge; another option is out of
        range or has another shape; or the weights grow beyond what can be squared.

    Examples
    --------
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[1, 0], [0, 1]], [1, 2], forget=[1])
    >>> projected_gradient(problem, direction="descent", targets="zero", steps=None).coef
    array([1., 0.])
    """
    iteration = iteration_of(
        problem,
        "projected_gradient",
        direction=direction,
        targets=targets,
        step_size=step_size,
        ridge=ridge,
        start=start,
        seed=seed,
    )
    return iteration.solution(steps, "projected_gradient", origin(start))


@register(title="random labels", family="iterative")
def random_label_descent(
    problem: Problem,
    *,
    steps: int | None = 100,
    step_size: float | None = None,
    ridge: float = 0.0,
    start: ArrayLike | None = None,
    batch: int | None = None,
    seed: int = 0,
) -> Solution:
    """Take gradient steps on true labels of retained rows and random labels of forget rows.

    Problem
    -------
    ``min ½‖X_r w − y_r‖² + ½‖X_f w − ỹ_f‖² + ½λ‖w‖²`` with random labels ``ỹ_f``.

    Method
    ------
    Gradient steps in closed form. Random labels are those of `forget_targets`: a class drawn
    evenly, or for regression targets of other rows; every row counts the same. Our reading, without
    the mask on the weights that the paper adds.

    Guarantee
    ---------
    Expected, D4: at ``λ = 0`` and with independent rows the limit fits the random labels exactly,
    so it is golden only where golden predicts them (C4). [fan2024salun]

    Parameters
    ----------
    problem : Problem
        ``X`` of shape (n, d), ``y`` of shape (n,) or (n, c).
    steps : int or None, default 100
        ``k``. None is the limit, which exists below ``2/a_max``.
    step_size : float, optional
        ``η > 0``. Default: ``1/a_max`` with ``a_max = σ_max(X)² + λ``; for a batch of ``m`` rows
        ``1/(m(max ‖x_i‖² + λ/n))``.
    ridge : float, default 0.0
        ``λ ≥ 0``, added to sums over rows.
    start : array_like of shape (d,) or (d, c), optional
        ``w_0``. Default: the pretrained weights, trained with the same `ridge`.
    batch : int, optional
        Draw this many of the rows for every step, evenly and with replacement, and use their part
        of the gradient. Default: all rows, without drawing.
    seed : int, default 0
        Of the draws and of the labels, which follow the order of the rows.

    Returns
    -------
    Solution
        ``coef`` of shape (d,) or (d, c); ``rank`` and ``residual_norm`` of all rows with the new
        labels, without the ridge.

    Raises
    ------
    InputError
        `steps` is not a count, or None where the steps do not converge; another option is out of
        range or has another shape; or the weights grow beyond what can be squared.

    Examples
    --------
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[1, 0], [0, 1]], [1, 2], forget=[1])
    >>> random_label_descent(problem, seed=1, steps=None).coef.round(12)
    array([1., 1.])
    """
    iteration = iteration_of(
        problem,
        "random_label_descent",
        step_size=step_size,
        ridge=ridge,
        start=start,
        batch=batch,
        seed=seed,
    )
    return iteration.solution(steps, "random_label_descent", origin(start))


@register(title="bad teacher", family="iterative")
def bad_teacher(
    problem: Problem,
    *,
    steps: int | None = 100,
    teacher: ArrayLike = "zero",
    step_size: float | None = None,
    ridge: float = 0.0,
    start: ArrayLike | None = None,
    batch: int | None = None,
    seed: int = 0,
) -> Solution:
    """Learn from the pretrained model on the retained rows and from a bad one on the forget rows.

    Problem
    -------
    ``min ½‖X_r(w − w_o)‖² + ½‖X_f(w − w_b)‖²`` with a competent teacher, the pretrained weights
    ``w_o``, and an incompetent one, ``w_b``, that knows nothing.

    Method
    ------
    Gradient steps in closed form. Squared distances of predictions in place of divergences, zero
    weights for the untrained teacher and every row counting the same are our reading.

    Guarantee
    ---------
    Expected, D4: with independent rows the limit says exactly what the teachers say, so it is
    golden only where golden agrees with them (C4); with zero weights and distinct features it is
    golden (C3). [chundawat2023bad]

    Parameters
    ----------
    problem : Problem
        ``X`` of shape (n, d), ``y`` of shape (n,) or (n, c).
    steps : int or None, default 100
        ``k``. None is the limit, which exists below ``2/a_max``.
    teacher : str or array_like of shape (d,) or (d, c), default "zero"
        ``w_b``: "zero"; "random", normal entries scaled to the norm of ``w_o``, output by output;
        or the weights themselves.
    step_size : float, optional
        ``η > 0``. Default: ``1/σ_max(X)²``; for a batch of ``m`` rows ``1/(m max ‖x_i‖²)``.
    ridge : float, default 0.0
        ``λ ≥ 0`` of the pretrained weights.
    start : array_like of shape (d,) or (d, c), optional
        ``w_0``. Default: the pretrained weights, trained with the same `ridge`.
    batch : int, optional
        Draw this many of the rows for every step, evenly and with replacement, and use their part
        of the gradient. Default: all rows, without drawing.
    seed : int, default 0
        Of the draws and of random weights.

    Returns
    -------
    Solution
        ``coef`` of shape (d,) or (d, c); ``rank`` and ``residual_norm`` of all rows with what the
        teachers say.

    Raises
    ------
    InputError
        `steps` is not a count, or None where the steps do not converge; another option is out of
        range or has another shape; or the weights grow beyond what can be squared.

    Examples
    --------
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[1, 0], [0, 1]], [1, 2], forget=[1])
    >>> bad_teacher(problem, steps=None).coef
    array([1., 0.])
    """
    iteration = iteration_of(
        problem,
        "bad_teacher",
        teacher=teacher,
        step_size=step_size,
        ridge=ridge,
        start=start,
        batch=batch,
        seed=seed,
    )
    return iteration.solution(steps, "bad_teacher", origin(start))


@register(title="descent to golden's predictions", family="iterative")
def oracle_matching_descent(
    problem: Problem,
    *,
    steps: int | None = 100,
    step_size: float | None = None,
    ridge: float = 0.0,
    start: ArrayLike | None = None,
    batch: int | None = None,
    seed: int = 0,
) -> Solution:
    """Take gradient steps towards golden's predictions on all rows, from the pretrained weights.

    Problem
    -------
    ``min ½‖Xw − Xw_g‖²``. It needs golden's predictions, so it is an oracle: what matching
    predictions can reach, and how fast.

    Method
    ------
    ``w ← w − ηXᵀ(Xw − Xw_g)``, in closed form. All rows, exact predictions and a constant step are
    our reading; the paper takes some rows and predictions that datamodels estimate.

    Guarantee
    ---------
    Expected, D1: from the row space of ``X`` the limit is golden. D4: every step contracts the
    error by ``max |1 − ησ²|`` over non-zero singular values at least, least for
    ``η = 2/(σ_max² + σ_min²)``. D5: with one row per step and ``0 < η < 2/L``, ``L = max ‖x_i‖²``,
    ``E‖w_k − w_g‖² ≤ (1 − η(2 − ηL)σ_min²/n)^k ‖w_0 − w_g‖²``, down to zero.
    [georgiev2025attribute]

    Parameters
    ----------
    problem : Problem
        ``X`` of shape (n, d), ``y`` of shape (n,) or (n, c).
    steps : int or None, default 100
        ``k``. None is the limit, which exists below ``2/σ_max²``.
    step_size : float, optional
        ``η > 0``. Default: ``1/σ_max(X)²``; for a batch of ``m`` rows ``1/(m max ‖x_i‖²)``. The one
        of least contraction is ``dynamics(problem, "oracle_matching_descent").best_step``.
    ridge : float, default 0.0
        ``λ ≥ 0`` of golden and of the pretrained weights.
    start : array_like of shape (d,) or (d, c), optional
        ``w_0``. Default: the pretrained weights, trained with the same `ridge`.
    batch : int, optional
        Draw this many of the rows for every step, evenly and with replacement, and use their part
        of the gradient. Default: all rows, without drawing.
    seed : int, default 0
        Of the draws.

    Returns
    -------
    Solution
        ``coef`` of shape (d,) or (d, c); ``rank`` and ``residual_norm`` of all rows with golden's
        predictions.

    Raises
    ------
    InputError
        `steps` is not a count, or None where the steps do not converge; another option is out of
        range or has another shape; or the weights grow beyond what can be squared.

    Examples
    --------
    >>> from linreg_unlearn.problem import Problem
    >>> problem = Problem.from_arrays([[1, 0], [0, 1]], [1, 2], forget=[1])
    >>> oracle_matching_descent(problem, step_size=0.5, steps=3).coef
    array([1.  , 0.25])
    """
    iteration = iteration_of(
        problem,
        "oracle_matching_descent",
        step_size=step_size,
        ridge=ridge,
        start=start,
        batch=batch,
        seed=seed,
    )
    return iteration.solution(steps, "oracle_matching_descent", origin(start))
