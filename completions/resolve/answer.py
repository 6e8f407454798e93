"""Steps 2 and 3 together: what a request asks, and what it gets."""

from collections.abc import Callable, Mapping

from completions.conversation import Prompt
from completions.exceptions import RequestError
from completions.outcome import Outcome
from completions.resolve.ask import Headers, ask
from completions.resolve.engine import resolve
from completions.state.ledger import ScriptChanged
from completions.state.namespaces import Namespace
from completions.wire.base import NO_ROUTE, WireFormat


async def answer(
    space: Namespace,
    wire: WireFormat,
    headers: Headers,
    body: bytes,
    route: Mapping[str, str] = NO_ROUTE,
    *,
    parsed: Callable[[Prompt], None] | None = None,
) -> tuple[Prompt, Outcome]:
    """Ask and resolve; once more where another process has changed the script meanwhile. The arguments are `ask`'s."""
    while True:
        try:
            prompt = await ask(space, wire, headers, body, route, parsed=parsed)
        except RequestError:
            if await space.refresh():
                continue
            raise
        try:
            return prompt, await resolve(space, prompt)
        except ScriptChanged:
            await space.refresh()
