"""README's tables are what the registry and the evidence say."""

from linreg_unlearn import table as cells
from linreg_unlearn.audit.certificates import accepted_lemmas, check_claims, read_folder
from linreg_unlearn.audit.verify import Effort, to_markdown, verify_claims
from linreg_unlearn.claims.claim import load_claims
from linreg_unlearn.cli import markers
from linreg_unlearn.shipped import checkout_root


def test_the_table_in_the_readme_is_current() -> None:
    root = checkout_root()
    assert root is not None
    text = (root / "README.md").read_text(encoding="utf-8")
    begin, end = markers("claims")
    table = text.partition(begin)[2].partition(end)[0]
    # Statuses do not depend on which counterexample is the smallest, so the search is short.
    claims = load_claims().values()
    effort = Effort(exact=40, float_draws=1, search=500)
    reports = verify_claims(claims, effort, checked=check_claims(claims, read_folder()))
    assert table == to_markdown(reports), "run: linreg-unlearn verify --markdown README.md"


def test_the_table_of_methods_and_regimes_is_current() -> None:
    root = checkout_root()
    assert root is not None
    entries = cells.entries(accepted_lemmas())
    text = (root / "README.md").read_text(encoding="utf-8")
    begin, end = markers("table")
    shown = text.partition(begin)[2].partition(end)[0]
    assert shown == cells.to_markdown(entries, formulas=False), "run: make tables"
    whole = (root / "docs" / "table.md").read_text(encoding="utf-8")
    begin, end = markers("formulas")
    shown = whole.partition(begin)[2].partition(end)[0]
    assert shown == cells.to_markdown(entries), "run: make tables"
