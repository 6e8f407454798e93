"""Step 3: the tokens to which `logit_bias` restricts an answer, for `auto`.

The SDK of OpenAI: a bias of 100 "should result in [...] exclusive selection of the relevant token". Smaller ones only
make tokens likelier, and show in no single answer.
"""

from collections.abc import Iterator, Mapping

from completions.conversation import Prompt
from completions.script.schemas.document import seeded
from completions.tokens import text as tokens

EXCLUSIVE = 100
MAX_REPEATED = 256
"""The most tokens of such an answer; without a limit in the request it is one, where the API goes on."""


def answer(prompt: Prompt, seed: str) -> str | None:
    """Return one of the tokens that alone are allowed, up to the request's limit; None if there are none."""
    if "logit_bias" not in prompt.body or not (allowed := list(_allowed(prompt))):
        return None
    limit = prompt.max_tokens or 0
    return seeded(f"{seed}/bias").choice(allowed) * (1 + min(limit, MAX_REPEATED))


def _allowed(prompt: Prompt) -> Iterator[str]:
    biases = prompt.body["logit_bias"]
    for token, bias in biases.items() if isinstance(biases, Mapping) else ():
        is_exclusive = isinstance(bias, int | float) and bias >= EXCLUSIVE
        if is_exclusive and token.isdecimal() and len(token) < 8 and (text := tokens.join([int(token)], prompt.model)):
            yield text
