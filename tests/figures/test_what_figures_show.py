"""Figures 2 to 6 show what their captions say; computed again for fewer and smaller problems."""

from typing import Any

import numpy as np
import pytest

from linreg_unlearn.arrays import FloatArray
from linreg_unlearn.figures import Data, Figure, default_folder, figure_names, read_data
from linreg_unlearn.methods.masking import forget_mask, retain_mask
from linreg_unlearn.metrics import distance_to_golden, gap_to_golden
from linreg_unlearn.setups import overlapping
from linreg_unlearn.shipped import find_directory


def load(number: str) -> Figure:
    (name,) = (name for name in figure_names() if name.startswith(number))
    return Figure.load(find_directory("figures") / f"{name}.py")


def compute(number: str, **changes: Any) -> Data:
    """Compute a figure with some of its parameters changed, without any rounding."""
    figure = load(number)
    shares: list[float] = []
    parameters = {**figure.parameters, **changes}
    rows = figure.compute(parameters, shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    cells = (tuple(map(str, row)) for row in rows)
    return Data(parameters, figure.columns, tuple(cells))


def column(data: Data, name: str, **cells: str) -> FloatArray:
    found = np.array(data.where(**cells).numbers(name))
    assert found.size
    return found


@pytest.fixture(scope="module")
def overlap() -> Data:
    return compute("fig02", d_lap=[0, 32, 80], seeds=[100, 101, 102])


@pytest.mark.parametrize("quantity", ["gap", "distance"])
def test_markers_of_figure_2_lie_on_their_lines(overlap: Data, quantity: str) -> None:
    scale = column(overlap, {"gap": "UL_zero", "distance": "golden_norm"}[quantity])
    computed, theory = (column(overlap, name) for name in (quantity, f"{quantity}_theory"))
    assert len(computed) == 36
    assert np.all(np.abs(computed - theory) < 1e-10 * scale)


def test_figure_2_ends_where_it_says(overlap: Data) -> None:
    masks = ("RBM", "forget mask, fine-tuned", "mask ceiling")
    for quantity in ("gap", "distance"):
        at = {
            (method, d_lap): column(overlap, quantity, method=method, d_lap=str(d_lap))
            for method in (*masks, "fine-tuned")
            for d_lap in (0, 32, 80)
        }
        # Without common features masks are golden; with no others RBM does nothing.
        for method in masks:
            assert np.allclose(at[method, 0], 0, atol=1e-10)
        assert np.allclose(at["RBM", 80], at["fine-tuned", 80], rtol=1e-10)
        assert np.allclose(at["forget mask, fine-tuned", 80], 0, atol=1e-10)
        assert np.all(np.abs(at["RBM", 32]) < np.abs(at["fine-tuned", 32]))
        assert np.all(np.abs(at["fine-tuned", 0]) > 1)


def test_no_mask_of_figure_2_is_nearer_than_the_ceiling(overlap: Data) -> None:
    ceiling = column(overlap, "distance", method="mask ceiling")
    assert np.all(ceiling <= column(overlap, "distance", method="RBM") + 1e-10)
    assert np.all(ceiling <= column(overlap, "distance", method="fine-tuned") + 1e-10)


@pytest.fixture(scope="module")
def path() -> Data:
    return compute("fig03", log10_ridge=[-5, -3, -1, 0, 1])


@pytest.mark.parametrize("quantity", ["to_golden", "to_limit"])
def test_markers_of_figure_3_lie_on_their_lines(path: Data, quantity: str) -> None:
    computed, theory = column(path, quantity), column(path, f"{quantity}_theory")
    assert len(computed) == 36
    assert np.allclose(computed, theory, rtol=1e-8, atol=1e-11)


def test_the_path_of_figure_3_stays_between_its_bounds(path: Data) -> None:
    ridge, distance = column(path, "ridge"), column(path, "to_limit")
    lower, upper = column(path, "lower_bound")[ridge > 0], column(path, "upper_bound")[ridge > 0]
    assert np.all(lower > 0)
    assert np.all(lower <= distance[ridge > 0] * (1 + 1e-9))
    assert np.all(distance[ridge > 0] <= upper * (1 + 1e-9))
    # Narrow enough to be of use.
    assert np.all(upper < 30 * lower)


def test_the_limits_of_figure_3_coincide_at_full_row_rank_only(path: Data) -> None:
    full, deficient = (
        column(path, "to_golden", rank=rank, ridge="0.0") for rank in ("full", "deficient")
    )
    assert np.ptp(full) < 1e-10
    assert np.all(np.diff(deficient) > 0.05)


def test_figure_4_shows_who_wins_where() -> None:
    maps = compute("fig04", d_lap=[3, 45], n_t=[0, 20], seeds=list(range(100, 130)))

    def share(metric: str, d_lap: int, n_t: int) -> float:
        return float(column(maps, metric, d_lap=str(d_lap), n_t=str(n_t)).item())

    # RBM wins at small overlap, by either metric, and by weights wherever little is fine-tuned on.
    assert share("weights", 3, 0) > 0.9
    assert share("UL", 3, 0) > 0.8
    assert share("weights", 45, 0) > 0.9
    # It loses at large overlap, by weights only after enough fine-tuning.
    assert share("weights", 45, 20) < 0.3
    assert share("UL", 45, 0) < 0.3
    assert share("UL", 45, 20) < 0.05


def test_the_caption_of_figure_4_states_its_error() -> None:
    figure = load("fig04")
    data = read_data(default_folder() / f"{figure.name}.csv")
    assert "standard error below 3 points" in figure.caption
    for metric in ("weights", "UL"):
        errors = column(data, f"{metric}_error")
        assert errors.max() < 0.03
        # That of independent draws is a bound from below, up to its own scatter.
        share = column(data, metric)
        draws = len(data.provenance["seeds"]) * data.provenance["outputs"]
        assert np.mean(errors**2) > 0.9 * np.mean(share * (1 - share) / draws)


@pytest.mark.parametrize("metric", ["weights", "UL"])
def test_figure_4_counts_as_the_metrics_do(metric: str) -> None:
    seeds, fine_tuning = [0, 1, 2, 3], [0, 10, 20]
    maps = compute("fig04", d_lap=[9, 36], n_t=fine_tuning, outputs=1, seeds=seeds)
    shares = []
    for d_lap in (9, 36):
        for n_t in fine_tuning:
            wins = 0
            for seed in seeds:
                problem = overlapping(20, 10, 20, d_lap, 20, outputs=1, seed=seed)
                chosen = np.arange(n_t)
                # RBM is fine-tuned here, which the figure need not do.
                RBM = retain_mask(problem, rows=chosen).coef
                other = forget_mask(problem, rows=chosen).coef
                if metric == "weights":
                    wins += distance_to_golden(problem, RBM) < distance_to_golden(problem, other)
                else:
                    RBM_gap, other_gap = (
                        gap_to_golden(problem, w).unlearning for w in (RBM, other)
                    )
                    wins += abs(RBM_gap) < abs(other_gap)
            shares.append(wins / len(seeds))
    assert len(set(shares)) > 2
    assert column(maps, metric).tolist() == shares


def scores_of_figure_5(data: Data) -> FloatArray:
    """Return by how many standard errors every noisy marker is off its line."""
    scores = []
    for variance in data.provenance["variances"]:
        for n_r in data.provenance["n_r"]:
            # As written, and as computed: 4 and 4.0.
            cells = {"n_r": str(n_r), "variance": column_text(data, "variance", variance)}
            mark = data.where(source="simulation", **cells)
            if not mark.rows:
                continue
            expected = column(data, "UL", source="theory", **cells).item()
            difference = abs(mark.numbers("UL")[0] - expected)
            error = mark.numbers("UL_deviation")[0] / np.sqrt(data.provenance["draws"])
            if expected == 0:
                assert difference < 1e-6
            else:
                scores.append(difference / error)
    return np.array(scores)


def column_text(data: Data, name: str, value: float) -> str:
    place = data.columns.index(name)
    return next(row[place] for row in data.rows if float(row[place]) == value)


def test_simulation_of_figure_5_meets_theory() -> None:
    scores = scores_of_figure_5(compute("fig05", n_r=[10, 28, 60], draws=100))
    assert len(scores) == 8
    assert np.all(scores < 4)


def test_the_bars_of_figure_5_are_confidence_intervals() -> None:
    scores = scores_of_figure_5(read_data(default_folder() / f"{load('fig05').name}.csv"))
    assert len(scores) == 32
    assert np.all(scores < 4)
    assert np.mean(scores < 1.96) > 0.85


def test_figure_5_simulates_no_heavy_tails() -> None:
    data = compute("fig05", n_r=[34, 37, 40, 44, 46], draws=2)
    shown = {
        variance: column(data, "n_r", source="simulation", variance=str(variance)).tolist()
        for variance in (0.0, 4.0, 10.0)
    }
    assert shown == {0.0: [34, 37, 40, 44, 46], 4.0: [34, 46], 10.0: [34, 46]}
    # Without noise golden errs only for lack of samples, and then less and less.
    noise_free = column(data, "UL", source="theory", variance="0.0")
    assert np.allclose(noise_free, np.maximum(0, 40 - np.arange(1, 47)))
    noisy = column(data, "n_r", source="theory", variance="4.0")
    assert set(range(1, 47)) - set(noisy) == {39, 40, 41}


@pytest.fixture(scope="module")
def sensitivity() -> Data:
    return compute("fig06", log10_alpha=[-3, 0, 3], seeds=[100, 101])


@pytest.mark.parametrize("loss", ["RL", "UL"])
def test_markers_of_figure_6_lie_on_their_lines(sensitivity: Data, loss: str) -> None:
    computed, theory, zero = (
        column(sensitivity, name) for name in (loss, f"{loss}_theory", f"{loss}_zero")
    )
    assert len(computed) == 40
    assert np.all(np.abs(computed - theory) < 1e-9 * zero)


def test_figure_6_shows_where_alpha_matters(sensitivity: Data) -> None:
    def relative(loss: str, **cells: str) -> FloatArray:
        return column(sensitivity, loss, **cells) / column(sensitivity, f"{loss}_zero", **cells)

    def spread(loss: str, rank: str, ridge: str) -> float:
        by_alpha = [
            relative(loss, rank=rank, model=ridge, alpha=alpha).mean()
            for alpha in ("0.001", "1.0", "1000.0")
        ]
        return float(np.ptp(by_alpha))

    for loss, fitted in (("RL", 0.0), ("UL", 1.0)):
        # In the limit at full row rank, both kinds of labels are fitted, whatever α.
        assert np.allclose(relative(loss, rank="full", model="0"), fitted, atol=1e-10)
        assert spread(loss, "deficient", "0") > 0.05
    for rank in ("full", "deficient"):
        assert spread("UL", rank, "0.03") > 0.9
        assert np.all(relative("RL", rank=rank, model="golden") < 1e-20)
        assert np.all(relative("UL", rank=rank, model="golden") > 0.01)


def test_no_alpha_reaches_golden_in_the_limit_of_figure_6(sensitivity: Data) -> None:
    golden_loss = column(sensitivity, "UL", rank="full", model="golden")
    limit = column(sensitivity, "UL", rank="full", model="0", alpha="1.0")
    assert np.all(limit > 1.1 * golden_loss)
