"""What users import from the packages: the names, and nothing else."""

import completions
import llmclient
from completions import conversation


def test_completions__exports_what_functions_take_and_return() -> None:
    assert sorted(completions.__all__) == completions.__all__
    assert all(getattr(completions, name) is getattr(conversation, name) for name in completions.__all__)
    assert {"Choice", "Prompt", "Reply", "ToolCall", "Usage"} <= {*completions.__all__}


def test_llmclient__exports_what_it_names() -> None:
    assert all(hasattr(llmclient, name) for name in llmclient.__all__)
