"""What Ollama's answers say: a line or the lines of a stream, and vectors."""

from collections.abc import Mapping
from typing import Any

from completions.wire.fields import dicts, mapping, whole
from completions.wire.openai.readback import vector
from completions.wire.readback import NATURAL, Answer

Document = Mapping[str, Any]


def collect_line(document: Document, answer: Answer) -> None:
    """Take in a whole answer, or a line of one; the last line says why it ends."""
    answer.notes(None, document.get("model"))
    voice = answer.voice()
    for said in (document, mapping(document.get("message"))):
        voice.says(said.get("thinking"), "reasoning")
        voice.says(said.get("content" if said is not document else "response"))
        for call in dicts(said.get("tool_calls")):
            function = mapping(call.get("function"))
            voice.call(
                len(voice.calls), name=function.get("name"), arguments=function.get("arguments"), id=call.get("id")
            )
    if document.get("done") is True:
        voice.ends(document.get("done_reason"), {"stop": NATURAL})
        answer.costs(document.get("prompt_eval_count"), document.get("eval_count"))
        answer.ended = True


def collect_vectors(document: Document, answer: Answer) -> None:
    """Take in the vectors of either address, each a choice."""
    answer.notes(None, document.get("model"))
    answer.costs(whole(document.get("prompt_eval_count"), 0), 0)
    many = document.get("embeddings")
    one = document.get("embedding")
    given = many if isinstance(many, list) else [one] if one else []
    for index, values in enumerate(given):
        answer.voice(index).embedding = vector(values)
