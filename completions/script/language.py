"""Step 3: the vocabulary of the script language. The loader and the JSON Schema read these same tables."""

from collections.abc import Mapping
from dataclasses import dataclass

from completions.event.scatter import MAX_TOKENS
from completions.tokens.capabilities import ALL_CATEGORIES

VERSION = 1

NAMED_ERRORS = {
    "context_length_exceeded": 400,
    "content_policy_violation": 400,
    "invalid_api_key": 401,
    "model_not_found": 404,
    "rate_limit_exceeded": 429,
    "insufficient_quota": 429,
    "server_error": 500,
    "overloaded": 503,
}
"""The errors that have a name, with OpenAI's status; each API has its own words for them, and often its own status."""

ERROR_REASON = "error"

FINISH_REASONS = ("stop", "length", "tool_calls", "content_filter", "function_call", ERROR_REASON)
"""The finish reasons of a chat completion, by OpenAI's OpenAPI document; the last one by OpenRouter's."""

CALL_TYPES = ("function", "custom")

STATUSES = range(400, 600)
"""The HTTP statuses of errors."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a mapping: the kind of its value (`grammar.KINDS` has each), what it is for, whether it must stand."""

    kind: str
    help: str
    required: bool = False


Keys = Mapping[str, Key]

SCRIPT: Keys = {
    "version": Key("version", f"The language's version, {VERSION}.", required=True),
    "defaults": Key("defaults", "What holds for the whole script."),
    "recorded": Key("recorded", "When, from where and by which version it was recorded, if it was."),
    "rules": Key("rules", "Conditions with their answers; the first that matches answers.", required=True),
    "scenarios": Key("scenarios", "Stages that all answers can go through, by the scenario's name."),
    "prompts": Key("prompts", "The prompt templates of responses, by id; none listed: any id will do."),
}

DEFAULTS: Keys = {
    "models": Key(
        "models",
        "The models there are: a list of names and descriptions, or `known`, those that the API has. A request for "
        "another one is refused. `any`: whatever its name. Without it, any but misspelt ones.",
    ),
    "validate": Key("flag", "Whether requests are held to the API's own rules (true)."),
    "dialect": Key("dialect", "Who speaks at `/v1/chat/completions`: OpenAI (without it), or another in its format."),
    "strict": Key("flag", "Whether a request that no rule matches is a 404 that names the nearest rules (false)."),
    "fallback": Key("fallback", "What answers where no rule matches: `auto` (the default), `echo`, a reply, an error."),
    "pacing": Key("pacing", "How fast streams go, over MOCK_TTFT_MS and MOCK_ITL_MS."),
    "keys": Key("names", "The API keys there are; any other is a 401. None listed: those of API_KEYS, or any."),
    "limits": Key("limits", "How much a key may ask of a model at a time, a minute, a day; more is a 429."),
    "quota": Key("quota", "How much a key may use in all; then it is the error `insufficient_quota`."),
    "chaos": Key("chaos", "Seeded dice over faults and errors, for every request."),
    "compression": Key("codings", "Content codings for clients that accept them: gzip, deflate, br; none unless set."),
    "scenario": Key("started", "The scenario that runs from the start: its name, or a mapping."),
    "seed": Key("seed", "What ids and times come from, so that two runs give the same bytes; without it, chance."),
}

CODINGS = {"gzip": "", "deflate": "", "br": "brotli"}
"""The content codings, and the package that each needs beside Python."""

KNOWN, ANY = "known", "any"
"""Stand for the models that the API has, as far as LiteLLM's table knows them, and for models of any name."""

MODEL: Keys = {
    "id": Key("scalar", "The model's name.", required=True),
    "context": Key("positive", "Its context window in tokens; a prompt that is longer is refused."),
    "like": Key("scalar", "The model whose window and abilities it has, but for what is said here."),
    "supports": Key("supports", "What it takes or not, by feature; without it and `like`, everything."),
    "efforts": Key("efforts", "The reasoning efforts that it takes."),
}
"""A custom model."""


LIMITS: Keys = {
    "model": Key("name_or_names", "The models that these limits are for; without it, all."),
    "key": Key("name_or_names", "The API keys that these limits are for; without it, all."),
    "rpm": Key("positive", "Requests a minute."),
    "tpm": Key("positive", "Tokens a minute: the prompt's and `max_tokens` when it is asked, those used when it ends."),
    "rpd": Key("positive", "Requests a day."),
    "concurrent": Key("positive", "Requests at a time."),
}
"""In a list of limits, the first that applies to key and model is used."""

QUOTA: Keys = {"requests": Key("count", "Requests in all."), "tokens": Key("count", "Tokens in all.")}
"""At least one of these is required."""

PACING: Keys = {
    "ttft_ms": Key("number", "Milliseconds to the first token."),
    "itl_ms": Key("number", "Milliseconds between two tokens."),
    "tps": Key("tps", "Tokens a second; `itl_ms` in other words."),
    "prefill_ms_per_1k": Key("number", "Milliseconds that 1,000 tokens of the prompt add to the first token."),
    "jitter": Key("jitter", "How the times scatter: `none`, `uniform`, `normal`, `lognormal`, or a mapping."),
    "apply": Key("apply", "`stream` (the default), or `both`: an answer takes as long as its stream would."),
    "keep_alive_ms": Key(
        "number", "Milliseconds of silence after which a stream sends the API's keep-alive; 0 is never."
    ),
    "speed": Key("tps", "How many times as fast as it came a recorded answer goes; `recorded` as a whole is 1."),
    "tokens_per_chunk": Key("length", "How many tokens of a text a chunk has: a number, or how they are distributed."),
    "load": Key("load", "What all answers with this pacing share, so that they slow each other; or `none`."),
}

MIN_TPS = 0.001
"""The lowest rate in tokens per second: one in about 17 minutes."""

LOAD: Keys = {
    "tps": Key("tps", "Tokens a second for all of them together, in equal parts."),
    "max_concurrent": Key("positive", "Answers at a time; what comes above it waits in a queue before its first byte."),
}
"""At least one of these is required."""

RECORDED = "recorded"
"""The pacing of recorded answers that go as they came."""

JITTER: Keys = {
    "kind": Key("jitter_kind", "The distribution.", required=True),
    "spread": Key("number", "Relative to the mean: half the width of `uniform`, else the standard deviation (0.25)."),
    "seed": Key("seed", "The same seed and request have the same times (0)."),
}

NONE = "none"
"""Removes what the defaults have."""

JITTERS = (NONE, "uniform", "normal", "lognormal")
DEFAULT_SPREAD = 0.25
APPLIES = ("stream", "both")

RULE: Keys = {
    "name": Key("scalar", "The rule's name in logs and messages; no two are alike."),
    "match": Key("match", "When the rule answers; without it, always."),
    "times": Key("positive", "How many requests it answers before it retires."),
    "reply": Key("reply", "The answer."),
    "replies": Key("replies", "Answers in order; the last one sticks."),
    "error": Key("error", "An honest error, as the API would send it."),
    "pacing": Key("pacing", "How fast this rule's streams go."),
    "hold": Key("hold", "The gate at which its answers wait until it is released: a name, or a mapping."),
    "fault": Key("fault", "Sabotage of the wire: a name of the closed list, `{name: {parameter: number}}`, or a list."),
    "chaos": Key("chaos", "This rule's dice, in place of the defaults'."),
}

SCENARIO: Keys = {
    "stages": Key("stages", "The stages, in order.", required=True),
    "repeat": Key("flag", "Whether the first stage follows the last (false)."),
}

STAGE: Keys = {
    "name": Key("scalar", "The stage's name.", required=True),
    "seconds": Key("seconds", "How long it lasts; the last stage lasts for good."),
    "requests": Key("positive", "How many requests it lasts, in place of seconds."),
    "pacing": Key("pacing", "How fast answers go, over what their rules say."),
    "error": Key("error", "The error that is answered instead."),
    "fault": Key("fault", "The fault that strikes."),
    "chaos": Key("chaos", "Dice over faults and errors."),
}

MIN_SPEED, MAX_SPEED = 0.001, 1_000_000

STARTED: Keys = {
    "name": Key("text", "The scenario's name."),
    "stages": Key("stages", "The stages, in place of a name."),
    "repeat": Key("flag", "Whether the first stage follows the last (false)."),
    "speed": Key("speed", "How many times as fast the clock goes (1)."),
}
"""A scenario that is started; `name` or `stages` stands."""

HOLD: Keys = {
    "gate": Key("scalar", "The gate's name.", required=True),
    "after_tokens": Key("count", "A stream goes on to this token first; an answer that is not streamed does not wait."),
    "timeout_ms": Key("number", "Milliseconds after which it goes on by itself (30,000)."),
}

CHAOS: Keys = {
    "rate": Key("rate", "How often something strikes, from 0 (never) to 1 (always).", required=True),
    "seed": Key("count", "The dice's seed (0); the same seed and order of requests fall alike."),
    "of": Key("strikes", "What strikes: faults, and `error:`s.", required=True),
}

ANSWERS = ("reply", "replies", "error")
"""The keys of a rule of which exactly one stands; but `reply` and `error` beside a fault that ends a stream with it."""

COMBINERS: Keys = {
    "all": Key("matches", "All of these hold."),
    "any": Key("matches", "One of these holds."),
    "not": Key("match", "This does not hold."),
}

CHOICE: Keys = {
    "text": Key("text", "The text, a Django template over the prompt."),
    "json": Key("json", "A value that is sent as JSON text; its strings are templates."),
    "echo": Key("true", "The last user message."),
    "blocks": Key("blocks", "Texts, reasoning, refusals and tool calls in the order in which they are said."),
    "tool_calls": Key("tool_calls", "A tool call, or a list of parallel ones."),
    "refusal": Key("text", "The refusal, a template."),
    "reasoning": Key("text", "Text that precedes the answer, a template."),
    "annotations": Key("objects", "Annotations in the API's own shape; their strings are templates."),
    "embedding": Key("vector", "The vector of an input, for rules that name `format: embeddings`."),
    "moderation": Key("moderation", "What an input is flagged for, for rules that name `format: moderations`."),
    "scores": Key("vector", "The scores of a rerank's documents in their order, for rules that name `format: rerank`."),
    "logprobs": Key("logprobs", "The tokens' log probabilities, if asked for: one for all, or a list in their order."),
    "finish_reason": Key("finish_reason", "Why the answer ends; without it, the reason that fits."),
    "failure": Key("failure", "What failed, of an answer that ends with `finish_reason: error`."),
}
"""One answer; a reply has these keys itself, or a list of such answers in `choices`."""

LATEST_SECOND = 253_402_300_799
"""The end of the year 9999, in seconds since the epoch: some APIs tell a time as a date."""

REPLY: Keys = {
    **CHOICE,
    "choices": Key("choices", "Different answers, for requests with `n` over 1."),
    "auto": Key("auto", "A valid answer to anything, made from the request; a mapping says how long its text is."),
    "python": Key("callable", "`module:function`, called with the Prompt; returns a Reply, Choices or a string."),
    "callback": Key("callback", "A URL that is sent the Prompt as JSON, and answers with a text, a reply or an error."),
    "dataset": Key("dataset", "A file of JSON lines that answer; texts beside it are templates over a line, `row`."),
    "events": Key("events", "A stream's events, word by word; what stands beside them answers what is not streamed."),
    "body": Key("body", "A document of an API, word by word: a chat completion, a response, a message, and so on."),
    "response": Key("response", "An answer as another server gave it, byte for byte. It stands alone."),
    "upstream": Key("upstream", "Another server that answers: its address, or a mapping. It stands alone."),
    "id": Key("text", "The answer's id."),
    "created": Key("epoch", "The answer's time, in seconds since the epoch."),
    "model": Key("text", "The model that the answer names."),
    "usage": Key("usage", "The token counts; what is not given is counted."),
}

SOURCES = (
    "text",
    "json",
    "echo",
    "blocks",
    "choices",
    "auto",
    "python",
    "callback",
    "body",
    "upstream",
    "response",
    "embedding",
    "moderation",
    "scores",
)
"""The keys of a reply of which at most one is allowed."""

IN_BLOCKS = ("tool_calls", "refusal", "reasoning", "logprobs")
"""The keys that cannot stand beside `blocks`, which say it in their order."""

BLOCK: Keys = {
    "text": Key("text", "A text, a template."),
    "reasoning": Key("text", "What is thought here, a template."),
    "refusal": Key("text", "A refusal, a template."),
    "tool_call": Key("tool_call", "A call of a tool."),
}
"""A piece of an answer; exactly one of these is given."""

MAX_TEXT_TOKENS = MAX_TOKENS
"""The longest text that is made: its tokens are counted for each answer."""

AUTO: Keys = {
    "tokens": Key("length", "How many tokens the text has: a number, or how they are distributed.", required=True),
}

LENGTH: Keys = {
    "mean": Key("tokens", "The mean.", required=True),
    "kind": Key("length_kind", "The distribution (`normal`)."),
    "spread": Key("number", "Relative to the mean: half the width of `uniform`, else the standard deviation (0.25)."),
    "seed": Key("seed", "The same seed and request, or text in chunks, have the same length (0)."),
}

EVENT: Keys = {
    "data": Key("json", "The event's data: a text, or any value, which is sent as JSON; its strings are templates."),
    "name": Key("text", "The event's name (`event:`)."),
    "id": Key("comment", "The event's id (`id:`)."),
    "retry": Key("count", "The milliseconds of `retry:`."),
    "comment": Key("comment", "A comment (`: …`)."),
    "token": Key("flag", "Whether pacing and `after_tokens` take it for a token; data but `[DONE]` is one otherwise."),
}
"""A verbatim event; its fields are sent in their order."""

CONTENT = (*SOURCES, "tool_calls", "refusal", "reasoning", "dataset")
"""The keys of a reply of which at least one is required."""

WHOLE = ("choices", "auto", "python", "callback")
"""Sources that make whole choices, so that only FACTS may stand beside them; ALONE's stand alone."""

ALONE = ("upstream", "response")
"""Keys of a reply beside which no other stands."""

FACTS = ("id", "created", "model", "usage")
"""The keys that concern the reply as a whole."""

BY_TURN, BY_HASH, BY_PROMPT = "turn", "hash", "prompt"
DATASET_BY = (BY_TURN, BY_HASH, BY_PROMPT)
"""How a line is chosen: one after the other, by a hash of the conversation, or the one that has its prompt."""

DATASET: Keys = {
    "file": Key("text", "The file, a JSON object or text in each line; its path is relative to the script.", True),
    "by": Key("dataset_by", "How a line is chosen: in `turn` (the default), by `hash` of the messages, by `prompt`."),
    "prompt": Key("text", "Where a line has its prompt, as `question` or `messages.0.content` (`prompt`)."),
}

NOT_IN_DATASET = ("echo", "embedding", "moderation", "scores")
BESIDE_DATASET = (*(key for key in CHOICE if key not in NOT_IN_DATASET), "choices", *FACTS)
"""The keys of a reply that can stand beside `dataset`, as templates over a line."""

CALLBACK: Keys = {
    "url": Key("url", "Where the Prompt is posted to, http or https.", required=True),
    "timeout_ms": Key("number", "Milliseconds to wait for what comes back (30,000)."),
}

MODERATION: Keys = {
    "flagged": Key("flag", "Whether it is flagged; without it, if some score is 0.5 or more."),
    "categories": Key("categories", "Scores from 0 to 1 by category; the others are near 0."),
}

SCORES: Keys = {name: Key("rate", f"The score of `{name}`.") for name in ALL_CATEGORIES}
"""The categories of a moderation."""

FAILURE: Keys = {"code": Key("scalar", "The failure's code (`server_error`)."), "message": Key("text", "Its message.")}
"""What an answer says that failed after it began."""

TOOL_CALL: Keys = {
    "name": Key("text", "The tool's name.", required=True),
    "arguments": Key("arguments", "A mapping, sent as JSON text; or a text, as a custom tool takes it."),
    "id": Key("text", "The call's id; without it, one is made."),
    "type": Key("call_type", "`function`, or `custom` as for arguments that are a text."),
    "result": Key("json", "What a tool finds that the API runs itself, where the request offers it; without it, made."),
    "files": Key("made_files", "The files that code makes which the API runs, by name: texts, or `{base64: …}`."),
}

BYTES: Keys = {"base64": Key("text", "Its bytes.", required=True)}
"""A file that is not a text."""

MAX_USED = 10**9
"""The most tokens of one kind: APIs tell times that are multiples of them, in nanoseconds."""

USAGE: Keys = {
    "prompt_tokens": Key("used", "Tokens in."),
    "completion_tokens": Key("used", "Tokens out."),
    "cached_tokens": Key("used", "Tokens in that came from the cache."),
    "reasoning_tokens": Key("used", "Tokens out that were reasoning."),
    "cache_creation_tokens": Key("used", "Tokens in that were written to the cache."),
    "cache_creation_1h_tokens": Key("used", "Tokens written to the cache for an hour, among the others."),
    "audio_tokens": Key("used", "Tokens in that were sound."),
    "image_tokens": Key("used", "Tokens in that were images."),
    "document_tokens": Key("used", "Tokens in that were documents."),
    "completion_audio_tokens": Key("used", "Tokens out that were sound."),
    "accepted_prediction_tokens": Key("used", "Tokens of the prediction that came true."),
    "rejected_prediction_tokens": Key("used", "Tokens of the prediction that did not."),
}

ERROR: Keys = {
    "status": Key("status", "The HTTP status, 400 to 599; without it, that of the named error that `code` is."),
    "type": Key("text", "The error's type."),
    "code": Key("scalar_or_null", "The error's code."),
    "param": Key("text_or_null", "The parameter that is wrong."),
    "message": Key("text", "The message, a template."),
    "retry_after_ms": Key("count", "Milliseconds, sent as `retry-after-ms` and, rounded up, `retry-after`."),
    "retry_after": Key("retry_after", "Seconds, or an HTTP date, sent as `retry-after`."),
    "retry_after_date": Key("retry_after_date", "Seconds from now, sent as `retry-after` in the form of an HTTP date."),
    "should_retry": Key("flag", "Whether clients are to try again, sent as `x-should-retry`."),
    "headers": Key("headers", "Further headers."),
}
