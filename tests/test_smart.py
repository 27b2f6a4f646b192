import pytest

from explorer.collections import open_collection
from explorer.records import ExplorerError

DOCUMENTS = ".I 1\n.T\nflow over a wing\n.A\nada\n.W\nflow over a wing\nmeasured in a tunnel .\n.I 2\n.T\nheat\n.W\nheat of a plate .\n"


@pytest.fixture
def cran(tmp_path):
    (tmp_path / "cran.all").write_text(DOCUMENTS + ".I 3\n.T\nlong\n.W\n" + "word " * 100 + "\n")
    (tmp_path / "cran.qry").write_text(".I 001\n.W\nwhat flows ?\n.I 004\n.W\nwhat is hot ?\n")
    (tmp_path / "cranqrel").write_text("1 1 1\n1 2 4\n2 2 2\n2 1 -1\n")
    return tmp_path


def test_cranfields_queries_count_in_file_order_and_one_is_its_best_grade(cran):
    found = open_collection(str(cran))
    assert {q: query.text for q, query in found.queries.items()} == {"1": "what flows ?", "2": "what is hot ?"}
    assert found.qrels == {"1": {"1": 4, "2": 1}, "2": {"2": 3, "1": 0}}


def test_the_title_is_not_repeated_in_the_text(cran):
    assert open_collection(str(cran)).documents["1"].content == "flow over a wing\nmeasured in a tunnel ."


def test_cisis_four_columns_say_relevant(cran):
    (cran / "cranqrel").write_text("     1      1\t0\t0.000000\n     2      2\t0\t0.000000\n")
    assert open_collection(str(cran)).qrels == {"1": {"1": 1}, "2": {"2": 1}}


def test_a_file_of_records_missing_is_said(cran):
    (cran / "cran.qry").unlink()
    with pytest.raises(ExplorerError, match="holds 1 files of SMART records"):
        open_collection(f"smart:{cran}")


@pytest.mark.shared
def test_cranfield_itself(shared_data):
    found = open_collection(str(shared_data / "cranfield"))
    assert (len(found.documents), len(found.queries)) == (1400, 225)
