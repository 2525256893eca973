"""The stories of the papers, each as a state and a sentence about what it shows."""

from __future__ import annotations

from dataclasses import dataclass

from linreg_unlearn.explore.state import LIMIT, State

__all__ = ["PRESETS", "Preset"]


@dataclass(frozen=True)
class Preset:
    """A state that tells a story.

    Parameters
    ----------
    title : str
    story : str
        What there is to see, and what to change then.
    state : State
    claims : tuple of str
        What proves it.
    """

    title: str
    story: str
    state: State
    claims: tuple[str, ...]


PRESETS = (
    Preset(
        "Fine-tuning does nothing",
        "The pretrained model already fits the retained rows, so fine-tuning on any of them has "
        "nothing to correct: it ends where it began, as far from golden. Add label noise and more "
        "rows than columns, and it moves.",
        State(),
        ("A2", "A3"),
    ),
    Preset(
        "A mask is exact for distinct features",
        "Forget rows have columns of their own; dropping these weights leaves golden. Choose "
        "overlapping features and raise the shared columns to see what a mask cannot do.",
        State(setup="distinct"),
        ("B1", "B4"),
    ),
    Preset(
        "A mask does nothing for dense features",
        "Every column is in use by retained rows, so the mask of their features keeps every weight "
        "and the pretrained model stays as it is.",
        State(setup="shared", d_lap=60),
        ("B4",),
    ),
    Preset(
        "The order of limits",
        "With a ridge, however small, one Newton step is golden. Move the ridge to 0, and the same "
        "step does nothing at all.",
        State(ridge=1e-3, family="second order"),
        ("E1", "E3"),
    ),
    Preset(
        "Oracle matching against descent",
        "Matching golden's predictions on all rows reaches golden; descent on the retained rows "
        "never leaves the pretrained weights, however many steps it takes.",
        State(setup="shared", d_lap=50, steps=LIMIT, view="Steps"),
        ("D1", "D4"),
    ),
    Preset(
        "NegGrad+ past β*",
        "Ascent on the forget rows is held by descent on the retained ones up to the weight β*. "
        "Here β is above it and the distance grows without bound; lower β, and NegGrad+ settles, "
        "although not at golden.",
        State(
            n_r=40,
            n_f=6,
            setup="shared",
            d_lap=20,
            noise=0.5,
            beta=1.0,
            step_size=0.01,
            view="Steps",
        ),
        ("D4.ascent",),
    ),
    Preset(
        "Selecting by sharpness or by g²/H",
        "One step on half of the weights, chosen by largest or smallest curvature, at random, or "
        "by their gain g²/H. Which of them comes nearest to golden depends on the data.",
        State(
            setup="shared",
            n_r=30,
            d_lap=20,
            noise=1.0,
            ridge=1.0,
            family="selection",
            variants="shown",
        ),
        ("E5",),
    ),
)
