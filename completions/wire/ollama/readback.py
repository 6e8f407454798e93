"""Read Ollama's answers back: whole ones, the lines of a stream, and vectors."""

from collections.abc import Mapping
from typing import Any

from completions.wire.fields import dicts, mapping, whole
from completions.wire.openai.readback import vector
from completions.wire.readback import NATURAL, Answer

Document = Mapping[str, Any]


def collect_line(document: Document, answer: Answer) -> None:
    """Read a whole answer back, or a line of one; the last line has the finish reason."""
    answer.set_id_and_model(None, document.get("model"))
    choice = answer.choice()
    for source in (document, mapping(document.get("message"))):
        choice.add_text(source.get("thinking"), "reasoning")
        choice.add_text(source.get("content" if source is not document else "response"))
        for call in dicts(source.get("tool_calls")):
            function = mapping(call.get("function"))
            choice.add_call(
                len(choice.calls), name=function.get("name"), arguments=function.get("arguments"), id=call.get("id")
            )
    if document.get("done") is True:
        choice.set_finish_reason(document.get("done_reason"), {"stop": NATURAL})
        answer.set_usage(document.get("prompt_eval_count"), document.get("eval_count"))
        answer.ended = True


def collect_vectors(document: Document, answer: Answer) -> None:
    """Read the vectors of either address back, each as a choice."""
    answer.set_id_and_model(None, document.get("model"))
    answer.set_usage(whole(document.get("prompt_eval_count"), 0), 0)
    vectors = document.get("embeddings")
    vector_or_null = document.get("embedding")
    all_vectors = vectors if isinstance(vectors, list) else [vector_or_null] if vector_or_null else []
    for index, values in enumerate(all_vectors):
        answer.choice(index).embedding = vector(values)
