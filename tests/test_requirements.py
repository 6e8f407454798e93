"""The lists of requirements: what moves fast is bounded as docs/versions.md says, at both ends of what is tested."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from tests.docs.pages import page
from tests.server import ROOT


def required(name: str) -> dict[str, Requirement]:
    """Return the requirements in a file, by package."""
    lines = (ROOT / name).read_text().splitlines()
    found = [Requirement(line) for line in lines if re.match(r"\w", line)]
    return {each.name: each for each in found}


PRODUCT, TESTS, CLIENTS = map(
    required, ("requirements.txt", "tests/requirements.txt", "tests/clients/requirements.txt")
)
SDKS = ("openai", "anthropic", "google-genai", "mistralai", "groq")


def bounds(requirement: Requirement) -> tuple[Version, Version]:
    """Return the lower and the upper bound."""
    limits = {part.operator: Version(part.version) for part in requirement.specifier}
    return limits[">="], limits["<"]


def test_litellm__is_bounded_to_a_minor_version() -> None:
    low, high = bounds(PRODUCT["litellm"])
    assert (high.major, high.minor) == (low.major, low.minor + 1)


@pytest.mark.parametrize("name", SDKS)
def test_sdk__is_bounded_to_a_major_version(name: str) -> None:
    low, high = bounds(TESTS[name])
    assert high == Version(str(low.major + 1))


def test_clients__have_the_oldest_litellm_and_the_other_openai() -> None:
    low, _ = bounds(PRODUCT["litellm"])
    (exact,) = CLIENTS["litellm"].specifier
    assert (exact.operator, Version(exact.version)) == ("==", low)
    assert bounds(CLIENTS["openai"])[0] == bounds(PRODUCT["openai"])[0]
    assert bounds(CLIENTS["openai"])[1].major == bounds(TESTS["openai"])[0].major


def test_openai__is_the_same_for_the_product_and_its_tests() -> None:
    assert bounds(TESTS["openai"])[1] == bounds(PRODUCT["openai"])[1], "or the second command would replace the first's"


def test_fault_table__is_that_of_the_bounds() -> None:
    low, _ = bounds(PRODUCT["litellm"])
    assert f"| LiteLLM {low.major}.{low.minor} |" in page("faults").text


def test_python__has_no_upper_bound() -> None:
    assert 'requires-python = ">=3.11"' in (ROOT / "pyproject.toml").read_text()


def test_package__needs_what_the_list_has() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = [Requirement(each) for each in project["dependencies"] + project["optional-dependencies"]["pytest"]]
    assert sorted(map(str, needed)) == sorted(map(str, PRODUCT.values()))
