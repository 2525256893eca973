"""What is often believed and false as it stands, or true only under a condition.

Claims that are expected to fail are errata by themselves. Here is what else the theory corrects:
the belief in words, and the claims that say what is true. Beliefs are those that a method or its
setting invites; no sentence is a quotation.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CORRECTIONS", "Correction"]


@dataclass(frozen=True)
class Correction:
    """A belief and what is true instead.

    Parameters
    ----------
    belief : str
    truth : str
        What the claims say, in words.
    claims : tuple of str
        The claims, or parts such as ``E3.1``, that say it.
    """

    belief: str
    truth: str
    claims: tuple[str, ...]


CORRECTIONS = (
    Correction(
        "More fine-tuning on retained data forgets more.",
        "At interpolation it changes nothing, for any choice of retained rows: all gradients on "
        "retained data vanish at w_o. On all retained rows it reaches golden, for every target, "
        "exactly where forgetting keeps the rank.",
        ("A2", "A6"),
    ),
    Correction(
        "A large unlearning loss is what unlearning aims at.",
        "Golden has an unlearning loss of its own, which is the aim. It is zero where the forget "
        "labels can be predicted from the retained data. With a ridge, influence never exceeds it "
        "and NegGrad+ never falls below it.",
        ("A3", "E6"),
    ),
    Correction(
        "A mask from gradients finds the weights that matter for the forget data.",
        "At interpolation all of these gradients are zero, so in floating point such a mask ranks "
        "rounding errors. The energy of columns finds the supports.",
        ("B8", "F7"),
    ),
    Correction(
        "Masking weights by the support of the retained data gives golden.",
        "It does with distinct features. In general it does, for every target, exactly where the "
        "retained rows span the forget rows on the kept features.",
        ("B4", "B9"),
    ),
    Correction(
        "Influences of single rows add up to that of the group.",
        "The exact effect of a group has the inverse of a block where the sum has its diagonal; "
        "the two agree for all labels exactly where the block is diagonal. What regression on "
        "random subsets estimates is a third thing: Banzhaf values, or multiples of differences "
        "of means.",
        ("D3",),
    ),
    Correction(
        "Matching golden's predictions on the forget rows is enough.",
        "On all rows it is exact. On the forget rows alone it is, for every target, exactly where "
        "the projectors of retained and forget rows commute.",
        ("D1",),
    ),
    Correction(
        "Ascent is tamed by a small enough weight.",
        "NegGrad+ has a minimum exactly below a critical weight β*. Without a ridge there is "
        "none for any positive weight, wherever a forget row has a new direction.",
        ("D4.ascent",),
    ),
    Correction(
        "An influence step is a Newton step.",
        "A Newton step has the Hessian of the retained data and is exact. Influence has that of "
        "all data, and leaves a factor S of the error.",
        ("E1", "E2"),
    ),
    Correction(
        "With a vanishing ridge a second-order step does what it does without one.",
        "At interpolation and without a ridge it does not move. As the ridge vanishes its limit is "
        "golden: the limits do not commute.",
        ("E3",),
    ),
    Correction(
        "A second-order update for changed rows may keep the Hessian at hand.",
        "It may for changed labels. For changed rows it is exact only with the Hessian of the "
        "changed data, and otherwise off by a formula. All of this is for sums over rows, not "
        "for means.",
        ("E4",),
    ),
    Correction(
        "The parameters to update are those of the smallest, or of the largest, curvature.",
        "The sources disagree, and neither is best in general. The largest g_j²/(H_r)_jj are best "
        "where the Hessian is diagonal, and not in general.",
        ("E5",),
    ),
    Correction(
        "Insensitivity to noise at the forget rows forgets them.",
        "For linear models the row cancels: the penalty shrinks all weights alike, whatever is to "
        "be forgotten.",
        ("F1", "G.just_in_time"),
    ),
    Correction(
        "Two layers that are each right on their own rows can be fused by regression.",
        "They can where one layer can do both; for all pairs exactly where retained and forget "
        "rows share no direction.",
        ("F4",),
    ),
)
