"""What the word reading multiplies out, and what it must leave alone."""

import pytest

from linreg_unlearn.algebra.expressions import (
    Identity,
    Letter,
    Zero,
    constant,
    inv,
    named,
    pinv,
    trace,
)
from linreg_unlearn.algebra.scalars import parameter
from linreg_unlearn.algebra.words import words
from linreg_unlearn.errors import InputError

A = Letter("A", "m", "n")
B = Letter("B", "m", "n")
C = Letter("C", "n", "m")
K = Letter("K", "n", "n")
lam = parameter("lambda")


def test_products_are_multiplied_out() -> None:
    assert words((A + B) @ (C @ A - K)) == words(A @ C @ A - A @ K + B @ C @ A - B @ K)


def test_letters_do_not_commute() -> None:
    L = Letter("L", "n", "n")
    assert words(K @ L) != words(L @ K)


def test_transposes_are_pushed_to_the_letters() -> None:
    assert words((A @ K).T) == words(K.T @ A.T)
    assert words(A.T.T) == words(A)
    assert words(A.T) != words(A)


def test_everything_cancels_to_no_words() -> None:
    assert words((A + B) - B - A).terms == ()
    assert words(A + Zero(("m", "n"))) == words(A)


def test_names_are_unfolded() -> None:
    assert words(A @ named("P", pinv(A) @ A)) == words(A @ pinv(A) @ A)


def test_identities_disappear_in_products() -> None:
    assert words(Identity("m") @ A @ Identity("n")) == words(A)


def test_the_empty_word_has_a_type() -> None:
    assert words(Identity("m")) != words(Identity("n"))
    assert words(K - K) == words(Zero(("n", "n")))
    assert words(A - A) != words(K - K)


def test_scalars_commute_and_collect() -> None:
    assert words(lam * A + A * lam) == words((2 * lam) * A)
    assert words((lam * A).T @ (lam * B)) == words((lam * lam) * (A.T @ B))


def test_inverse_letters_are_keyed_by_the_normal_form_of_their_argument() -> None:
    assert words(pinv(A + B)) == words(pinv(B + A))
    assert words(inv(K + lam * Identity("n"))) == words(inv(named("H", Identity("n") * lam + K)))
    assert words(pinv(A)) != words(pinv(B))


def test_no_theorem_about_inverses_is_used() -> None:
    assert words(pinv(A.T)) != words(pinv(A).T)
    assert words(pinv(pinv(A))) != words(A)
    assert words(pinv(2 * A)) != words(pinv(A) / 2)
    assert words(A @ pinv(A) @ A) != words(A)
    assert words(inv(K) @ K) != words(Identity("n"))


def test_an_inverse_is_read_as_a_pseudo_inverse() -> None:
    # That it exists is a goal of every proof about it, not a matter of reading.
    assert words(inv(K)) == words(pinv(K))


def test_letters_are_replaced_inside_pseudo_inverses_too() -> None:
    L = Letter("L", "n", "n")
    images = {"A": words(B @ K), "C": words(2 * C), "K": words(L)}
    replaced = words(pinv(A).T @ C + A @ K @ C).replaced(images, {"m": "m", "n": "n"})
    assert replaced == words(pinv(B @ K).T @ (2 * C) + B @ K @ L @ (2 * C))


def test_traces_are_read_up_to_rotation_and_transposition() -> None:
    assert words(trace(A @ C @ B @ C)) == words(trace(B @ C @ A @ C))
    assert words(trace(A @ K @ C)) == words(trace(K @ C @ A))
    assert words(trace(A @ C)) == words(trace(C.T @ A.T))
    assert words(trace(A @ C)) != words(trace(B @ C))
    assert words(trace(Identity("m"))) != words(trace(Identity("n")))


def test_a_trace_is_linear() -> None:
    assert words(trace(2 * K + lam * (A.T @ A))) == words(2 * trace(K) + lam * trace(A @ A.T))


def test_constants_are_words() -> None:
    assert words(constant(2) + constant(lam)) == words(constant(lam + 2))


def test_shapes_are_checked() -> None:
    with pytest.raises(InputError, match="shapes"):
        words(A) + words(K)
    with pytest.raises(InputError, match="shapes"):
        words(A) @ words(A)


def test_only_traces_are_their_own_transpose() -> None:
    odd = Letter("traceA", "n", "n")
    assert words(odd.T) != words(odd)
    assert words(trace(odd).T) == words(trace(odd))
