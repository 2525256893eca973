"""Every figure of the project: its declarations, its files in the repository, and its drawing."""

import json
import math
from pathlib import Path

import pytest

from linreg_unlearn import figures
from linreg_unlearn.figures import Data, Figure, default_folder, figure_names, read_data
from linreg_unlearn.shipped import find_directory

NAMES = figure_names()


@pytest.fixture(scope="module", params=NAMES)
def figure(request: pytest.FixtureRequest) -> Figure:
    return Figure.load(find_directory("figures") / f"{request.param}.py")


def test_there_is_a_figure() -> None:
    assert NAMES


def test_declarations(figure: Figure) -> None:
    assert json.loads(json.dumps(figure.parameters)) == figure.parameters
    assert not {"figure", "version"} & set(figure.parameters)
    assert len(set(figure.columns)) == len(figure.columns)
    assert len(figure.title) <= 100
    assert not figure.title.endswith(".")
    assert figure.caption.endswith(".")


def test_the_images_in_the_repository_are_of_the_data_there(figure: Figure) -> None:
    # The numbers themselves are computed again by `linreg-unlearn figures --check`.
    path = default_folder() / f"{figure.name}.csv"
    data = read_data(path)
    assert (data.provenance, data.columns) == (figure.provenance, figure.columns)
    assert figures.stale_images(figure, path) == []


def test_it_can_be_drawn_from_the_data_there(figure: Figure, tmp_path: Path) -> None:
    path = tmp_path / f"{figure.name}.csv"
    path.write_bytes((default_folder() / path.name).read_bytes())
    images = figures.draw(figure, path)
    assert [image.suffix for image in images] == [".png", ".pdf"]
    assert all(image.stat().st_size > 10_000 for image in images)


def small_figure_1() -> Data:
    """The data of Figure 1 for few seeds and sizes."""
    figure = Figure.load(find_directory("figures") / "fig01_fine_tuning_and_masks.py")
    shares: list[float] = []
    rows = figure.compute(
        {**figure.parameters, "seeds": [100, 101], "n_t": [0, 7, 30, 60]}, shares.append
    )
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    return Data({}, figure.columns, tuple(tuple(map(str, row)) for row in rows))


@pytest.fixture(scope="module")
def figure_1() -> Data:
    return small_figure_1()


@pytest.mark.parametrize("setup", ["distinct", "overlapping"])
@pytest.mark.parametrize("method", ["golden", "RBM", "forget mask", "fine-tuned"])
@pytest.mark.parametrize("loss", ["RL", "UL"])
def test_markers_of_figure_1_lie_on_their_lines(
    figure_1: Data, setup: str, method: str, loss: str
) -> None:
    data = figure_1.where(setup=setup, method=method)
    assert len(data.rows) == 8
    columns = (data.numbers(name) for name in (loss, f"{loss}_theory", f"{loss}_zero"))
    for computed, theory, zero in zip(*columns, strict=True):
        assert math.isclose(computed, theory, rel_tol=1e-10, abs_tol=1e-20 * zero)


def test_figure_1_shows_what_it_is_about(figure_1: Data) -> None:
    def mean(loss: str, **cells: str) -> float:
        data = figure_1.where(**cells)
        return sum(data.numbers(loss)) / sum(data.numbers(f"{loss}_zero"))

    # Fine-tuning forgets nothing, golden forgets.
    for setup in ("distinct", "overlapping"):
        assert mean("UL", setup=setup, method="fine-tuned") < 1e-20
        assert mean("UL", setup=setup, method="golden") > 0.3
    # Without common features both masks are golden; with some, only the retain mask is free.
    for method in ("golden", "RBM", "forget mask"):
        assert math.isclose(mean("UL", setup="distinct", method=method), 1.0)
    assert mean("RL", setup="overlapping", method="RBM") < 1e-20
    losses = [
        mean("RL", setup="overlapping", method="forget mask", n_t=str(n_t))
        for n_t in (0, 7, 30, 60)
    ]
    assert losses == sorted(losses, reverse=True)
    assert losses[0] > 0.1
    assert losses[-1] < 1e-20
