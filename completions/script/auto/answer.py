"""`auto`, for step 3: a valid, deterministic answer to any prompt.

| the prompt | the answer |
|---|---|
| `tool_choice` requires a call, or allows one and no tool has answered yet | tool calls with valid arguments |
| a tool has answered | a text that uses its result, so that agent loops end |
| `response_format` asks for JSON | an object, or an instance of the schema, as JSON text; bare, a text as it is |
| its words ask for a form (`protocols`) | that form: an instance of a schema, DSPy's fields, an action, code |
| its last message begins the answer | the rest of it |
| anything else | a few sentences that mention its words |

The content of the request decides everything: the model, the messages, the tools and the formats. Its form does not:
the stream, the wire format, the headers and the ids. `finish_reason` and the calls' ids are set elsewhere.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from completions import budget
from completions.conversation import Choice, Message, Prompt, ToolCall
from completions.event.scatter import Length
from completions.script.auto import beginnings, biases
from completions.script.auto.calls import calls
from completions.script.auto.instances import instance
from completions.script.auto.length import of_length
from completions.script.auto.listed import with_mentioned
from completions.script.auto.sentences import keywords, plan, sentences, thoughts
from completions.script.protocols import (
    brief,
    choices,
    closings,
    code,
    few_shots,
    labelled,
    lines,
    markers,
    open_labels,
    programs,
    quoted,
    react,
    recalled,
    records,
    requested_words,
    scores,
    snippets,
    sums,
    tables,
    tagged_calls,
    tags,
    translations,
    unspecified,
    wire_keys,
)
from completions.script.protocols.braces import value_of
from completions.script.protocols.demanded_length import demanded
from completions.script.protocols.observation import in_sentences, is_after_worker, observation, question
from completions.script.protocols.suited import suited
from completions.script.schemas.document import compact, digest_of, seeded
from completions.tokens.servers import is_ollama

REASONING_MODELS = re.compile(
    r"""
    ^o[134](-|$)                        # o1, o3-mini, o4-mini-2025-04-16
    | ^gpt-5(?!-chat|\.)                # gpt-5, gpt-5-mini; gpt-5.1 and later seldom do unless they are told to
    | ^gpt-5\.\d+-(codex|pro)
    | ^gemini-(3(?!.*-lite)|2\.5-(pro|flash(?!-lite)))(?!.*(image|tts|audio|embedding))
    | reason | thinking                 # deepseek-reasoner, kimi-k2-thinking, grok-4-fast-reasoning
    | deepseek[-.](r1|v4|flash)         # deepseek.r1-v1:0 at Bedrock
    | grok-(3-mini|4\.[3-9])
    | ^qwen-?3(\.\d+)?[-:][\d.]+b(?!.*instruct)  # qwen3-32b, qwen3.5-9b, qwen3:8b; not qwen3-coder
    | gpt-oss | magistral-medium | mistral-large-4 | glm-(4\.[5-9]|5) | minimax-m\d | ^compound
    """,
    re.VERBOSE,
)
"""Names, without the provider's prefix, of models that reason on an easy question: by the recorded exchanges."""

THINKING_TAGS = re.compile(
    r"^(qwen3(\.\d|-vl|-next)?|gemma4|magistral|nemotron-3[^:]*|deepseek-v3\.[12])(?!.*instruct)(:|$)"
)
"""Ollama's models that think unless a request says not to (0xPlaygrounds/rig, October 2026; ollama/ollama 14108)."""

PLANNING_MODELS = re.compile(r"^command-(a-03|r7b|r-)|^claude-(3-|opus-4|sonnet-4)")
"""Names of models that mostly write a text before an optional tool call: by the recordings."""

PROTOCOLS = (
    *(code.answer, markers.answer, wire_keys.answer, react.answer, tagged_calls.answer, records.answer),
    *(translations.document, quoted.answer, unspecified.answer, requested_words.answer, tags.answer, labelled.answer),
    tables.answer,
    *(
        translations.answer,
        open_labels.answer,
        scores.answer,
        brief.order_or_letter,
        choices.answer,
        few_shots.answer,
        lines.answer,
    ),
    *(snippets.answer, programs.answer, brief.one_word, closings.answer, sums.answer, recalled.answer),
)
"""The forms of answers that prompts ask for in words, the most specific first; None means that a prompt does not."""


ANY_JSON_FORMATS = ("gemini", "interactions")
"""The formats in which a request for JSON without a schema may be answered by any JSON."""

REFUSAL_TRIGGER = (
    "ANTHROPIC_MAGIC_STRING_TRIGGER_REFUSAL_1FAEFB6177B4672DEE07F9D3AFC62588CCD2631EDCF22E8CCC1FB35B501C9C86"
)
"""The text in Anthropic's guide "Streaming refusals" that makes Claude refuse."""


def auto(prompt: Prompt, length: Length | None = None) -> tuple[Choice, ...]:
    """Answer a prompt `prompt.n` times; with a `length`, sentences have so many tokens.

    Raise `instances.Unsatisfiable` if a tool or the response format has a schema that nothing satisfies.
    """
    if prompt.messages[budget.LOOP_MESSAGES :]:  # no call, for most conversations are short
        budget.leave_loop()
    seed = seed_of(prompt)
    each = budget.on_loop_while_there_is_time(range(prompt.n))
    return tuple(_choice(_own_prompt(prompt, index), f"{seed}/{index}", length) for index in each)


def _own_prompt(prompt: Prompt, index: int) -> Prompt:
    """Return the prompt of an answer: of several in a legacy completion, the one that it continues."""
    if prompt.format != "legacy" or not prompt.messages[1:]:
        return prompt
    return replace(prompt, messages=(prompt.messages[index * len(prompt.messages) // prompt.n],))


def seed_of(prompt: Prompt) -> str:
    """Return a digest of the request's content: prompts that differ only in the order of fields have the same."""
    form, choice = prompt.response_format, prompt.tool_choice
    content = [
        prompt.model,
        [_content_of(message) for message in prompt.messages],
        [(tool.kind, tool.name, tool.description, tool.parameters) for tool in prompt.tools],
        (choice.mode, choice.names, prompt.parallel_tool_calls),
        (form.kind, form.name, form.schema),
        prompt.body.get("seed"),
    ]
    return digest_of(content, 16)


def _content_of(message: Message) -> tuple[object, ...]:
    calls = [(call.name, call.arguments) for call in message.tool_calls]
    return message.role, message.text, message.name, calls, [(part.kind, part.source) for part in message.parts]


def _choice(prompt: Prompt, seed: str, length: Length | None) -> Choice:
    if REFUSAL_TRIGGER in prompt.last_user and "claude" in (prompt.model or ""):
        return Choice(refusal="This request cannot be answered.")
    called = calls(prompt, seed)
    return Choice(
        text=_plan(prompt, seed, called) if called else _text(prompt, seed, length),
        tool_calls=called,
        reasoning=_reasoning(prompt, seed),
    )


def reasons(model: str | None) -> bool:
    """Tell whether a model of this name reasons before it answers: `o3-mini`, `openai/gpt-5`."""
    name = (model or "").lower().rpartition("/")[2]
    return "non-reasoning" not in name and REASONING_MODELS.search(name) is not None


def _plan(prompt: Prompt, seed: str, called: Sequence[ToolCall]) -> str | None:
    name = (prompt.model or "").lower().rpartition("/")[2]
    if prompt.tool_choice.mode != "auto" or PLANNING_MODELS.match(name) is None or _requires_form(prompt, seed):
        return None
    return plan([call.name for call in called], question(prompt), seeded(seed + "/plan"))


def _requires_form(prompt: Prompt, seed: str) -> bool:
    """Tell whether every text must have some form, so that a client would take a plan for the answer."""
    return prompt.response_format.kind != "text" or any(protocol(prompt, seed) is not None for protocol in PROTOCOLS)


def _reasoning(prompt: Prompt, seed: str) -> str | None:
    if prompt.format == "legacy":  # a text that is only continued
        return None
    effort = prompt.reasoning_effort
    thinks = is_ollama(prompt) and THINKING_TAGS.match(prompt.model or "")
    if effort == "none" or not (effort or thinks or reasons(prompt.model)):
        return None
    if effort == "minimal" and "gemini-" in (prompt.model or ""):  # recorded in September 2026
        return None
    return thoughts(question(prompt), seeded(seed + "/reasoning"), effort in ("minimal", "low"))


def _text(prompt: Prompt, seed: str, length: Length | None) -> str:
    """Answer a prompt, or go on with the answer that it begins, as it would be without that."""
    start = beginnings.begun(prompt)
    if not start:
        return _whole_text(prompt, seed, length)
    asked = replace(prompt, messages=prompt.messages[:-1])
    seed = f"{seed_of(asked)}/{seed.rpartition('/')[2]}"
    return beginnings.rest(start, _whole_text(asked, seed, length), prompt, seed)


def _whole_text(prompt: Prompt, seed: str, length: Length | None) -> str:
    """Answer in the form that the request's fields require, or else its words, or else in sentences.

    A text that is only drawn or spoken is the user's own.
    """
    if "text" not in prompt.modalities:
        return prompt.last_user
    form = prompt.response_format
    if form.kind == "json_schema":
        return code.answer(prompt, seed) or _instance(prompt, seed)
    for protocol in (biases.answer, *PROTOCOLS):
        answer = protocol(prompt, seed)
        if answer is not None:
            return (
                _as_object(answer) if form.kind == "json_object" and prompt.format not in ANY_JSON_FORMATS else answer
            )
    if length is not None and form.kind != "json_object":
        return of_length(_endless_sentences(prompt, seed), length.draw(seed), prompt.model)
    sentences_text = _sentences(prompt, seed)
    if form.kind == "json_object":
        return compact({"topic": " ".join(keywords(question(prompt))) or "this", "answer": sentences_text})
    return sentences_text


def _as_object(answer: str) -> str:
    """Return an answer as the JSON object that `json_object` demands, also where the prompt asks for something else."""
    value = value_of(answer)
    if isinstance(value, Mapping):
        return answer
    return compact({"items": value} if isinstance(value, list) else {"answer": answer if value is None else value})


def _instance(prompt: Prompt, seed: str) -> str:
    user_question = question(prompt)
    schema = with_mentioned(suited(prompt.response_format.schema, prompt), user_question)
    value = instance(schema, seed, user_question, is_over=is_after_worker(prompt))
    return value if prompt.response_format.bare and isinstance(value, str) else compact(value)


def _endless_sentences(prompt: Prompt, seed: str) -> Iterator[str]:
    """Yield sentences without end."""
    yield in_sentences(prompt, seeded(seed + "/text"), short=prompt.body.get("verbosity") == "low")
    random = seeded(seed + "/more")
    while True:
        yield sentences(question(prompt), random, short=False)


def _sentences(prompt: Prompt, seed: str) -> str:
    """Return sentences of the length that the prompt demands, unless they repeat what a tool has answered."""
    length, texts = demanded(prompt), _endless_sentences(prompt, seed)
    return next(texts) if length is None or observation(prompt) is not None else length.text(texts)
