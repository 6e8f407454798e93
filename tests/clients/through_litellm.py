"""Ask a server by LiteLLM; run by tests/clients/test_faults.py, and like openai_python.py in all else.

python -m tests.clients.through_litellm BASE_URL < questions > findings
"""

import sys

import httpx

from llmclient import lite
from tests.clients.openai_python import SAYS, Finding, Question, ask_in_threads, questions

litellm = lite.load()


def ask(url: str, question: Question, finding: Finding) -> None:
    """Ask one question."""
    streamed = question["way"] == "streamed"
    answer = litellm.completion(
        model=f"openai/{question['model']}",
        messages=SAYS,
        stream=streamed,
        api_base=url,
        api_key="mock",
        extra_headers=question["headers"],
        timeout=httpx.Timeout(60, read=question["patience"]),
        max_retries=0,
    )
    for part in answer if streamed else [answer]:
        finding.hear(part)


if __name__ == "__main__":
    ask_in_threads(lambda question, finding: ask(sys.argv[1], question, finding), questions())
