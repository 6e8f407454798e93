"""What was recorded from the real APIs is answered, or refused, by the mock as it was then: no less than today."""

from typing import NamedTuple

import pytest

from tests.reality.recorded import FILE, recordings, replay, tally


class Floor(NamedTuple):
    """The least per cent of a vendor's recordings of which something holds.

    `address`: the mock has it. `answered` and `refused` (with the same status): of what the real API answered and
    refused there. `opens` and `ends`: of the streams that are made of the same, those whose first and last two kinds of
    events are the same. `tokens`: of the prompts that are counted, those within 5 %. `keys`: of the keys of the objects
    that both answers have, those that ours has; a model's choice of what it says is among them.
    """

    address: float
    answered: float
    refused: float = 0
    opens: float = 0
    ends: float = 0
    tokens: float = 0
    keys: float = 0


FLOORS = {
    "anthropic": Floor(100, 99, 100, 88, 100, 75, 98.5),  # four say before a search that they will search
    "azure": Floor(90, 100, 100, 85, 100, 85, 99),
    "cohere": Floor(100, 100, 100, 88, 100, 95, 98),
    "deepseek": Floor(100, 100, 100, 83, 91, 95, 99.5),
    "gemini": Floor(99, 99, 100, 95, 95, 82, 96),
    "groq": Floor(100, 100, 100, 100, 66, 90, 99),
    "mistral": Floor(92, 100, 0, 100, 100, 84, 98),
    "openai": Floor(99, 99.5, 100, 97, 99, 83, 99.5),
    "openrouter": Floor(97, 100, 0, 75, 76, 70, 99.5),
    "vertex": Floor(100, 99, 0, 100, 100, 78, 95),
    "xai": Floor(65, 100, 0, 100, 100, 0, 99.5),
}
"""The floors, vendor by vendor; who raises a share raises its floor: `python -m tests.reality` prints the shares."""

ARTEFACTS = {
    r"^(Conversation|(Previous r|R)esponse) with id": "it was made before the recording begins",
    r"(?i)\b(file|container|vector store|batch|job|cached content)\b.*\bnot (found|exist)": "it was made before",
    r"^No such File object|'file' is a required|multipart form|input_file_id": "the upload was not recorded as it was",
    r"is not a fine-tuned model of yours": "it was trained before that",
    r"(parse (the )?JSON|body is not valid JSON|contents is not spec)": "the body was not recorded, or cut",
    r"^(No vector store found|CachedContent not found|Upload has already)": "it was made before that",
    r"file search store .* may not exist": "the store that the recording made has another name here",
    r"^No tool output found for function call": "the answer before it was another one, with a call",
}
"""What the mock refuses because of what a recording leaves out: a part of the message, and the reason."""

NOT_ASKED = {
    r"<MASSIVE_TEXT>": "the prompt that was too long was left out of the recording",
    r"API key": "the key that was wrong was left out of it",
    r"tool_use_failed": "it was the model that did what it may not",
    r"robots\.txt|while downloading file": "nothing is fetched here",
}
"""What the mock cannot refuse as the real API did: a part of the request or of the answer, and the reason."""

SHARES = Floor._fields


@pytest.mark.skipif(not FILE.exists(), reason=f"the recordings are not here: {FILE.parent}")
async def test_recordings__are_answered_as_they_were() -> None:
    counts = tally(await replay(recordings()), ARTEFACTS, NOT_ASKED)
    shares = {
        (vendor, share): 100 * count[share] / count[f"{share} of"]
        for vendor, count in counts.items()
        for share in SHARES
        if count[f"{share} of"]
    }
    fallen = [
        f"{vendor}: {share} {shares[vendor, share]:.1f} %, not {least} %"
        for vendor, floor in FLOORS.items()
        for share, least in floor._asdict().items()
        if shares.get((vendor, share), 100) < least
    ]
    assert not fallen, "see what changed: python -m tests.reality"
    assert len(shares) > 4 * len(FLOORS), "most of it was compared"
