"""Ask a server by instructor for models of data, in an interpreter that has it; run by tests/frameworks/test_auto.py.

    python -m tests.frameworks.through_instructor BASE_URL MODE...

For each mode one line of JSON: the mode, and what was made. An error ends the program.
"""

import json
import sys
from typing import Literal

import instructor
import openai
from pydantic import BaseModel

from tests.frameworks.trip import MODEL, QUESTION, Trip


class Stay(BaseModel):
    """What a nested answer has."""

    trips: list[Trip]
    mood: Literal["glad", "sad"]
    notes: str | None = None


def main(base_url: str, *modes: str) -> None:
    """Ask once in each mode."""
    for mode in modes:
        with openai.OpenAI(base_url=base_url, api_key="k", max_retries=0) as client:
            made = instructor.from_openai(client, mode=instructor.Mode[mode]).chat.completions.create(
                model=MODEL, messages=[{"role": "user", "content": QUESTION}], response_model=Stay, max_retries=0
            )
        print(json.dumps([mode, made.model_dump()]))


if __name__ == "__main__":
    main(*sys.argv[1:])
