"""Gives the tests what `record.py` wrote."""

import numpy as np
import pytest


def pytest_addoption(parser):
    parser.addoption("--arrays", required=True, help="the file that record.py wrote")


@pytest.fixture
def recorded(pytestconfig):
    """Returns a function from the name of a case to its arrays."""

    def case(name):
        with np.load(pytestconfig.getoption("--arrays")) as arrays:
            found = {
                key.split("/")[1]: arrays[key]
                for key in arrays.files
                if key.split("/")[0] == name
            }
        assert found, f"record.py wrote no case {name}"
        return found

    return case
