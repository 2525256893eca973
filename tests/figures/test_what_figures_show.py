"""Figures from 2 on show what their captions say; computed again for fewer and smaller problems."""

from typing import Any

import numpy as np
import pytest

from linreg_unlearn.arrays import FloatArray
from linreg_unlearn.errors import InputError
from linreg_unlearn.figures import Data, Figure, default_folder, figure_names, read_data
from linreg_unlearn.methods.iterates import critical_beta
from linreg_unlearn.methods.iterative import neg_grad_plus
from linreg_unlearn.methods.masking import forget_mask, retain_mask
from linreg_unlearn.methods.registry import METHODS
from linreg_unlearn.metrics import distance_to_golden, gap_to_golden
from linreg_unlearn.setups import overlapping, shared
from linreg_unlearn.shipped import find_directory, load_script
from linreg_unlearn.table import rows as rows_of_table


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


@pytest.fixture(scope="module")
def iterates() -> Data:
    return compute("fig08", log10_passes=[step / 4 for step in range(15)])


def test_markers_of_figure_8_lie_on_their_lines(iterates: Data) -> None:
    lines = {
        (row[0], row[1], row[3]): float(row[5]) for row in iterates.where(source="closed form").rows
    }
    marks = iterates.where(source="loop").rows
    assert len({(row[0], row[1]) for row in marks}) == 20
    for panel, method, _, steps, _, error in marks:
        # Growth multiplies rounding too, and each step adds some.
        assert np.isclose(float(error), lines[panel, method, steps], rtol=1e-7, atol=1e-11)


def test_the_methods_of_figure_8_end_where_it_says(iterates: Data) -> None:
    def errors(panel: str, method: str) -> FloatArray:
        return column(iterates, "error", panel=panel, method=method, source="closed form")

    def limit(panel: str, method: str) -> float:
        return float(column(iterates, "error", panel=panel, method=method, source="limit").item())

    for row in iterates.where(source="limit").rows:
        assert np.isclose(errors(row[0], row[1])[-1], float(row[5]), rtol=1e-3)
    # Golden, a floor, nothing at all.
    for panel, method in (
        ("interpolating", "oracle matching"),
        ("ridge", "oracle matching"),
        ("ridge", "retain descent"),
    ):
        assert np.all(np.diff(errors(panel, method)) < 1e-9)
        assert errors(panel, method)[-1] < 1e-4
    assert np.isclose(limit("interpolating", "retain descent from $w_o/2$"), 0.5)
    for method in ("retain descent", "ascent", "NegGrad+, β > β*", "SCRUB", "PGU, ascent"):
        assert np.allclose(errors("interpolating", method), 1, atol=1e-9)
    # NegGrad+ passes golden below the critical weight; what has no limit leaves.
    passing = errors("ridge", "NegGrad+, β < β*")
    assert passing.min() < 0.5 * limit("ridge", "NegGrad+, β < β*")
    for method in ("ascent", "NegGrad+, β > β*", "PGU, ascent"):
        assert errors("ridge", method).max() > 100
    slow = errors("ridge", "SCRUB")
    assert slow[-1] > 2 * slow.min()


@pytest.fixture(scope="module")
def contributions() -> Data:
    return compute("fig09", n=7, d=9, ridge=[0.0, 1.0, 10.0, 1000.0], n_f=[1, 3, 6], seed=100)


def test_markers_of_figure_9_lie_on_their_lines(contributions: Data) -> None:
    for name in ("exact", "additive"):
        computed, theory = (
            column(contributions, cells, datamodel=name) for cells in ("error", "error_theory")
        )
        assert len(computed) == 7
        assert np.allclose(computed, theory, rtol=1e-8, atol=1e-11)
    assert np.all(column(contributions, "error_theory", datamodel="exact") == 0)
    for name in ("independent", "one size"):
        computed, theory = (
            column(contributions, cells, datamodel=name) for cells in ("error", "error_theory")
        )
        assert np.all(np.abs(computed - theory) < 0.03)
        assert np.any(computed != theory)


def test_figure_9_shows_when_effects_add(contributions: Data) -> None:
    def errors(panel: str, datamodel: str) -> FloatArray:
        return column(contributions, "error_theory", panel=panel, datamodel=datamodel)

    leverage = column(contributions, "leverage", panel="leverage", datamodel="exact")
    assert leverage[0] == 1
    assert np.all(np.diff(leverage) < 0)
    # For vanishing leverage and for single rows leaving one out is exact, and nowhere else.
    additive = errors("leverage", "additive")
    assert np.all(np.diff(additive) < 0)
    assert additive[0] > 0.1
    assert additive[-1] < 0.02
    single, *more = errors("group size", "additive")
    assert single < 1e-12
    assert min(more) > 0.02
    # The regressed coefficients are others, above all for subsets of one size.
    assert errors("group size", "independent")[0] > 0.05
    assert errors("leverage", "one size").min() > 0.2


@pytest.fixture(scope="module")
def second_order() -> Data:
    return compute("fig11", n_f=[1, 24, 96], log10_ridge=[-6, -1, 0, 1, 3], seeds=[100, 101])


def test_markers_of_figure_11_lie_on_their_lines(second_order: Data) -> None:
    computed, theory = (column(second_order, name) for name in ("error", "error_theory"))
    assert len(computed) == 90
    assert np.allclose(computed, theory, rtol=1e-6, atol=1e-10)


def test_figure_11_shows_what_is_exact_and_when(second_order: Data) -> None:
    influences = ("influence", "influence, 5 iterations", "influence, 25 iterations")

    def errors(**cells: str) -> FloatArray:
        return column(second_order, "error", **cells)

    for method in ("Newton", "leave-block-out"):
        assert errors(panel="deleted", method=method).max() < 1e-11
    for seed in ("100", "101"):
        shares = [errors(panel="deleted", method=m, seed=seed) for m in influences]
        # More deleted rows cost more, and iterations pay.
        assert all(np.all(np.diff(share) > 0) for share in shares)
        assert np.all(np.diff(shares, axis=0) < 0)

        by_ridge = [errors(panel="limit", method=m, seed=seed) for m in influences]
        assert all(np.all(np.diff(error) < 1e-9) for error in by_ridge)
        assert np.allclose([error[:2] for error in by_ridge], 1, atol=1e-3)
        newton = errors(panel="limit", method="Newton", seed=seed)
        assert np.isclose(newton[0], 1)
        assert newton[1:].max() < 1e-9
        assert errors(panel="limit", method="leave-block-out", seed=seed).max() < 1e-9


def test_both_formulas_of_figure_11_agree() -> None:
    script = load_script(find_directory("figures") / f"{load('fig11').name}.py")
    problem = shared(5, 3, 12, seed=100)
    for ridge in (0.1, 10.0):
        first, second = (
            formulas(problem, ridge, [1, 4]) for formulas in (script.by_leverage, script.by_kernel)
        )
        assert first.keys() == second.keys()
        assert np.allclose(list(first.values()), list(second.values()), rtol=1e-9)


@pytest.fixture(scope="module")
def selection() -> Data:
    return compute("fig10", d=6, n_f=5, seeds=[100, 101, 102])


def test_markers_of_figure_10_lie_on_their_lines(selection: Data) -> None:
    computed, theory = column(selection, "left"), column(selection, "left_theory")
    assert len(computed) == 4 * 5 * 7 * 3
    assert np.allclose(computed, theory, rtol=1e-8, atol=1e-11)


def test_no_choice_of_figure_10_is_better_than_the_best(selection: Data) -> None:
    best = column(selection, "left", choice="optimal")
    assert np.all(np.diff(np.reshape(best, (-1, 7))) < 1e-12)
    for choice in ("largest", "smallest", "random", "gain"):
        left = column(selection, "left", choice=choice)
        assert np.all(best <= left + 1e-12)
        assert np.allclose(left[column(selection, "k", choice=choice) == 0], 1)
        assert np.allclose(left[column(selection, "k", choice=choice) == 6], 0, atol=1e-10)
        assert np.any(best < left - 0.1)


def test_figure_10_shows_what_is_worth_choosing_by() -> None:
    data = read_data(default_folder() / f"{load('fig10').name}.csv")

    def left(design: str, choice: str) -> float:
        """Return the average over all seeds and shares."""
        return float(column(data, "left", design=design, choice=choice).mean())

    assert left("ill-scaled", "largest") < left("ill-scaled", "random") - 0.05
    assert left("ill-scaled", "random") < left("ill-scaled", "smallest") - 0.05
    assert left("rare", "smallest") < left("rare", "random") - 0.05
    assert left("rare", "random") < left("rare", "largest") - 0.05
    for choice in ("largest", "smallest"):
        for design in ("isotropic", "correlated"):
            assert abs(left(design, choice) - left(design, "random")) < 0.05
    # The gains are all but the best choice, unless they know too little of each other.
    for design in ("isotropic", "ill-scaled", "rare"):
        assert left(design, "gain") < left(design, "optimal") + 0.06
    assert left("correlated", "gain") > left("correlated", "optimal") + 0.15


@pytest.fixture(scope="module")
def ascent() -> Data:
    return compute("fig12", log10_ridge=[-2, 0, 1, 2, 3])


@pytest.mark.parametrize("quantity", ["error", "UL"])
def test_markers_of_figure_12_lie_on_their_lines(ascent: Data, quantity: str) -> None:
    computed, theory = column(ascent, quantity), column(ascent, f"{quantity}_theory")
    assert len(computed) == 3 * 23 + 5 * 4
    assert np.allclose(computed, theory, rtol=1e-7, atol=1e-10)


def test_neg_grad_of_figure_12_leaves_golden_for_infinity(ascent: Data) -> None:
    for ridge in ("1.0", "10.0", "100.0"):
        share, error, loss = (
            column(ascent, name, part="weight", ridge=ridge) for name in ("share", "error", "UL")
        )
        assert share[0] == 0
        assert error[0] < 1e-9
        assert np.isclose(loss[0], 1)
        assert np.all(np.diff(error) > 0)
        assert np.all(np.diff(loss) > 0)
        # One direction is lost at the critical weight, so the error ends like 1/(1 − β/β*).
        assert np.allclose(np.diff(np.log(error * (1 - share))[-3:]), 0, atol=0.05)
        problem = shared(**ascent.provenance["sizes"], seed=ascent.provenance["seed"])
        beta = 1.001 * critical_beta(problem, float(ridge))
        with pytest.raises(InputError, match="steps is None, but"):
            neg_grad_plus(problem, beta=beta, ridge=float(ridge), steps=None)


def test_losses_of_figure_12_are_in_order(ascent: Data) -> None:
    models = ("pretrained", "influence", "golden", "NegGrad+")
    losses = [column(ascent, "UL", part="order", model=model) for model in models]
    assert len(losses[0]) == 5
    assert np.all(np.diff(losses, axis=0) > 0)


@pytest.fixture(scope="module")
def every_method() -> Data:
    return compute("fig13", seed=100)


def test_figure_13_has_every_method(every_method: Data) -> None:
    expected = [name for name, method in METHODS.items() for _ in method.variants]
    for setup in ("distinct", "overlapping", "shared", "ridge"):
        rows = every_method.where(setup=setup).rows
        assert [row[1] for row in rows] == expected
        assert len({row[1:3] for row in rows}) == len(rows)


def test_figure_13_shows_who_stays_and_who_reaches_golden(every_method: Data) -> None:
    def losses(setup: str, method: str, options: str = "") -> FloatArray:
        cells = {"setup": setup, "method": method, "options": options}
        return np.array([column(every_method, loss, **cells).item() for loss in ("RL", "UL")])

    follow_gradients = (
        *("fine_tuned", "retain_descent", "gradient_ascent", "neg_grad_plus", "scrub", "newton"),
        *("influence", "first_order", "ssse", "saps", "ssd", "salun", "two_layer"),
    )
    know_enough = ("oracle_matching", "datamodel_matching", "muso", "min_norm_og", "linear_head")
    for setup in ("distinct", "overlapping", "shared"):
        target = losses(setup, "golden")
        assert target[0] < 1e-20
        assert target[1] > 0.1
        for method in follow_gradients:
            assert np.all(losses(setup, method) < 1e-20)
        for method in know_enough:
            assert np.allclose(losses(setup, method), target)
        for method in ("retain_mask", "forget_mask", "regularized"):
            assert np.allclose(losses(setup, method), target) == (setup == "distinct")
    # With noise and a ridge, losses of half of the methods are apart from all others.
    places = np.array([every_method.where(setup="ridge").numbers(loss) for loss in ("RL", "UL")]).T
    assert len(np.unique(places.round(4), axis=0)) > len(places) / 2


def test_what_is_named_in_figure_13_is_apart() -> None:
    script = load_script(find_directory("figures") / f"{load('fig13').name}.py")
    data = read_data(default_folder() / f"{load('fig13').name}.csv")
    for setup, named in script.NAMED.items():
        some = data.where(setup=setup)
        piles = script.piles(script.placed(some, setup))
        assert sorted(i for pile in piles for i in pile) == list(range(len(some.rows)))
        index = {row[1:3]: i for i, row in enumerate(some.rows)}
        homes = [next(pile[0] for pile in piles if index[name[:2]] in pile) for name in named]
        assert len(set(homes)) == len(homes)


@pytest.fixture(scope="module")
def table() -> Data:
    return compute("fig14", seeds=[100, 101, 102])


def test_the_table_of_figure_14_is_complete(table: Data) -> None:
    cells = [
        (row.name, row.claim, cell.regime, cell.verdict)
        for row in rows_of_table().values()
        for cell in row.cells
    ]
    assert [(row[0], *row[2:5]) for row in table.rows] == cells
    assert len(cells) == 5 * len(rows_of_table())


def test_what_figure_14_measures_is_what_its_claims_say(table: Data) -> None:
    def of(verdict: str) -> tuple[FloatArray, FloatArray]:
        return column(table, "error", verdict=verdict), column(table, "moved", verdict=verdict)

    error, moved = of("exact")
    assert error.max() < 1e-12
    assert np.allclose(moved, 1)
    error, moved = of("no-op")
    assert np.allclose(error, 1, rtol=1e-12)
    assert moved.max() < 1e-12
    error, moved = of("inexact")
    assert error.min() > 1e-3
    assert moved.min() > 1e-6
    error, moved = of("diverges")
    assert moved.min() > 1e-3
    assert np.all(column(table, "later", verdict="diverges") > 20 * error)


#: With which options the other methods of a row of figure 14 do what the first one does.
AS_THE_FIRST: dict[str, dict[str, Any]] = {
    "oracle_matching_descent": {"steps": None},
    "projected_gradient": {"direction": "descent", "targets": "zero", "steps": None},
}


@pytest.mark.parametrize("name", [name for name, row in rows_of_table().items() if row.methods[1:]])
def test_every_method_of_a_row_of_figure_14_does_what_it_says(name: str) -> None:
    figure = load("fig14")
    script = load_script(find_directory("figures") / f"{figure.name}.py")
    row = rows_of_table()[name]
    for cell in row.cells:
        problem = script.draw(cell.regime, figure.parameters, 100)
        ridge = script.ridge_in(cell.regime, figure.parameters)
        for method in row.methods[1:]:
            coef = METHODS[method](problem, ridge=ridge, **AS_THE_FIRST.get(method, {})).coef
            error, moved = script.measured(problem, coef, ridge)
            assert np.isfinite(error)
            assert (error < 1e-9) == (cell.verdict == "exact")
            assert (moved < 1e-9) == (cell.verdict == "no-op")


def test_figure_14_writes_whole_numbers_for_what_is_exact() -> None:
    script = load_script(find_directory("figures") / f"{load('fig14').name}.py")
    data = read_data(default_folder() / f"{load('fig14').name}.csv")
    texts = {
        verdict: {
            script.shown(error, verdict) for error in data.where(verdict=verdict).numbers("error")
        }
        for verdict in ("exact", "no-op", "inexact")
    }
    assert (texts["exact"], texts["no-op"]) == ({"0"}, {"1"})
    assert not {"0", "1", "0.00"} & texts["inexact"]
