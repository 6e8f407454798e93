"""Step 3, what a recorded answer is to a prompt: itself where it was recorded, and at another API what it says."""

import functools
import re
from collections.abc import Mapping
from dataclasses import replace

from completions.conversation import ParsedExchange, Prompt, Reply, Traffic
from completions.exceptions import RequestError
from completions.faults import TRANSPORT_EFFECTS, effect_of
from completions.outcome import Fault, Recorded
from completions.script.match.matchers import Matcher
from completions.script.request.matcher import renamed
from completions.wire import registry


def played(
    recorded: Recorded, prompt: Prompt, match: Matcher | None, faults: tuple[Fault, ...], *, is_held: bool = False
) -> Recorded | Reply | RequestError:
    """Return the recorded answer, with the ids of the recorded request replaced by those of this one.

    An answer that `is_held` at a gate after some tokens is rendered again, because only then it has tokens.
    """
    found = registry.format_at(recorded.path)
    is_same_format = found is not None and (recorded.format or found[0].name) == prompt.format
    is_same_mode = recorded.status >= 400 or recorded.stream == prompt.stream
    if (
        is_same_format
        and is_same_mode
        and not is_held
        and all(effect_of(fault) in TRANSPORT_EFFECTS for fault in faults)
    ):
        return rewritten(recorded, renamed(match, prompt))
    parsed = parsed_exchange(recorded)
    if parsed.error is not None and (parsed.reply is None or not parsed.reply.choices):
        error, status = parsed.error, recorded.status if recorded.status >= 400 else 500
        kind = error.type or "server_error"
        return RequestError(error.message, status=status, type=kind, code=error.code, param=error.param)
    if parsed.reply is None:
        return RequestError(
            f"The answer recorded at {recorded.path} has nothing that can be sent in the format {prompt.format}.",
            status=502,
            code="no_reply",
        )
    return replace(parsed.reply, id=None)


@functools.lru_cache(maxsize=256)
def parsed_exchange(recorded: Recorded) -> ParsedExchange:
    """Return a recorded answer in the neutral form."""
    return registry.read(Traffic("POST", recorded.path, b"{}", recorded.pieces))


def rewritten(recorded: Recorded, names: Mapping[str, str]) -> Recorded:
    """Return an answer with names replaced, wherever its pieces are cut; each replacement comes at the time of its end.

    AWS's binary stream, whose messages have lengths and checksums, stays as it is.
    """
    body = recorded.body
    if body.startswith(b"\0") or not any(old.encode() in body for old in names):
        return recorded
    pieces, whole = [], b""
    for piece in recorded.pieces[:-1]:
        whole += piece
        pieces.append(whole)
    cut = [0, *(len(_replaced(before, names)) for before in pieces)]
    changed = _replaced(body, names)
    ends = [*cut[1:], len(changed)]
    return replace(recorded, pieces=tuple(changed[at:end] for at, end in zip(cut, ends, strict=True)))


def _replaced(body: bytes, names: Mapping[str, str]) -> bytes:
    pattern = re.compile(b"|".join(re.escape(old.encode()) for old in sorted(names, key=len, reverse=True)))
    return pattern.sub(lambda found: names[found[0].decode()].encode(), body)
