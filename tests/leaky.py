"""Marks for test modules whose clients keep connections open, and warn of what is their own."""

import pytest

LEAKY = [
    pytest.mark.usefixtures("leaky"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
"""For clients that never close their connections."""

LITELLM_WARNS = pytest.mark.filterwarnings("ignore:Pydantic serializer warnings", "ignore:Accessing the")
"""For what calls LiteLLM, which warns of itself."""

LITELLM = [*LEAKY, LITELLM_WARNS]
"""For LiteLLM where it keeps its connections too."""
