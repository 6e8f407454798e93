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
"""The named errors, with OpenAI's status; each API has its own wording for them, and often its own status."""

ERROR_REASON = "error"

FINISH_REASONS = ("stop", "length", "tool_calls", "content_filter", "function_call", ERROR_REASON)
"""The finish reasons of a chat completion, by OpenAI's OpenAPI document; the last one by OpenRouter's."""

CALL_TYPES = ("function", "custom")

STATUSES = range(400, 600)
"""The HTTP statuses of errors."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a mapping: the kind of its value (see `grammar.KINDS`), its description, and whether it is required."""

    kind: str
    help: str
    required: bool = False


Keys = Mapping[str, Key]

SCRIPT: Keys = {
    "version": Key("version", f"The language's version, {VERSION}.", required=True),
    "defaults": Key("defaults", "Settings for the whole script."),
    "recorded": Key("recorded", "When, where and by which version the script was recorded."),
    "rules": Key("rules", "The rules; the first one that matches answers.", required=True),
    "scenarios": Key("scenarios", "Scenarios by name; each has stages that change all answers."),
    "prompts": Key("prompts", "The prompt templates of the Responses API, by id; without them, any id is accepted."),
}

DEFAULTS: Keys = {
    "models": Key(
        "models",
        "The models that exist: a list of names and descriptions, or `known` for those of the API. A request for "
        "any other model is refused. `any` allows every name. By default, every name except misspelt ones is allowed.",
    ),
    "validate": Key("flag", "Whether requests are validated as the API does (true)."),
    "dialect": Key("dialect", "The dialect at `/v1/chat/completions`; OpenAI's by default."),
    "strict": Key("flag", "Whether a request that no rule matches is a 404 that names the nearest rules (false)."),
    "fallback": Key("fallback", "The answer if no rule matches: `auto` (the default), `echo`, a reply or an error."),
    "pacing": Key("pacing", "How fast answers are sent, instead of MOCK_TTFT_MS and MOCK_ITL_MS."),
    "keys": Key("names", "The accepted API keys; any other is a 401. If empty: those of API_KEYS, or any key."),
    "limits": Key("limits", "Rate limits by API key and model; a request beyond them is a 429."),
    "quota": Key("quota", "How much a key may use in total; after that, the error is `insufficient_quota`."),
    "chaos": Key("chaos", "Random faults and errors for all requests, repeatable with a seed."),
    "compression": Key("codings", "Content codings for clients that accept them: gzip, deflate, br (none)."),
    "scenario": Key("started", "The scenario that runs from the start: its name, or a mapping."),
    "seed": Key("seed", "The seed of ids and times, so that two runs give the same bytes; random by default."),
}

CODINGS = {"gzip": "", "deflate": "", "br": "brotli"}
"""The content codings, and the package that each needs besides Python."""

KNOWN, ANY = "known", "any"
"""Keywords for the models of the API, as far as LiteLLM's table knows them, and for models of any name."""

MODEL: Keys = {
    "id": Key("scalar", "The model's name.", required=True),
    "context": Key("positive", "Its context window in tokens; a prompt that is longer is refused."),
    "like": Key("scalar", "The model whose context window and features it has, unless set here."),
    "supports": Key("supports", "Whether it supports each feature; without this and `like`, it supports all."),
    "efforts": Key("efforts", "The reasoning efforts that it accepts."),
}
"""A custom model."""


LIMITS: Keys = {
    "model": Key("name_or_names", "The models that these limits apply to (all)."),
    "key": Key("name_or_names", "The API keys that these limits apply to (all)."),
    "rpm": Key("positive", "Requests per minute."),
    "tpm": Key("positive", "Tokens per minute: prompt and `max_tokens` at the start, the tokens used at the end."),
    "rpd": Key("positive", "Requests per day."),
    "concurrent": Key("positive", "Concurrent requests."),
}
"""In a list of limits, the first that applies to key and model is used."""

QUOTA: Keys = {"requests": Key("count", "Requests in total."), "tokens": Key("count", "Tokens in total.")}
"""At least one of these is required."""

PACING: Keys = {
    "ttft_ms": Key("number", "Milliseconds to the first token."),
    "itl_ms": Key("number", "Milliseconds between two tokens."),
    "tps": Key("tps", "Tokens per second, instead of `itl_ms`."),
    "prefill_ms_per_1k": Key("number", "Milliseconds before the first token for each 1,000 tokens of the prompt."),
    "jitter": Key("jitter", "The distribution of the times: `none`, `uniform`, `normal`, `lognormal`, or a mapping."),
    "apply": Key("apply", "`stream` (the default), or `both`: a whole answer takes as long as its stream."),
    "keep_alive_ms": Key(
        "number", "Milliseconds of silence after which a stream sends the API's keep-alive; 0 for never."
    ),
    "speed": Key("tps", "The speed of a recorded answer; 1 is as recorded, which `pacing: recorded` sets too."),
    "tokens_per_chunk": Key("length", "How many tokens each chunk has: a number, or a distribution."),
    "load": Key("load", "The capacity that all answers with this pacing share, or `none`."),
}

MIN_TPS = 0.001
"""The lowest rate in tokens per second: one in about 17 minutes."""

LOAD: Keys = {
    "tps": Key("tps", "Tokens per second for all of them together, in equal shares."),
    "max_concurrent": Key("positive", "Concurrent answers; further ones wait in a queue before their first byte."),
}
"""At least one of these is required."""

RECORDED = "recorded"
"""The pacing of recorded answers that go as they came."""

JITTER: Keys = {
    "kind": Key("jitter_kind", "The distribution.", required=True),
    "spread": Key(
        "number", "Relative to the mean: half the width of `uniform`, otherwise the standard deviation (0.25)."
    ),
    "seed": Key("seed", "The seed (0); the same seed and request give the same times."),
}

NONE = "none"
"""Removes what the defaults have."""

JITTERS = (NONE, "uniform", "normal", "lognormal")
DEFAULT_SPREAD = 0.25
APPLIES = ("stream", "both")

RULE: Keys = {
    "name": Key("scalar", "The rule's name in logs and messages; it must be unique."),
    "match": Key("match", "The conditions of the rule; without them, it always matches."),
    "times": Key("positive", "How many requests the rule answers; after that, it is skipped."),
    "reply": Key("reply", "The answer."),
    "replies": Key("replies", "Answers in order; the last one is repeated."),
    "error": Key("error", "An error, as the API would send it."),
    "pacing": Key("pacing", "How fast this rule's answers are sent."),
    "hold": Key("hold", "The gate at which its answers wait until it is released: a name, or a mapping."),
    "fault": Key("fault", "A fault of the answer: its name, `{name: {parameter: number}}`, or a list."),
    "chaos": Key("chaos", "Random faults and errors for this rule, instead of the defaults'."),
}

SCENARIO: Keys = {
    "stages": Key("stages", "The stages, in order.", required=True),
    "repeat": Key("flag", "Whether the first stage follows the last one (false)."),
}

STAGE: Keys = {
    "name": Key("scalar", "The stage's name.", required=True),
    "seconds": Key("seconds", "How many seconds it lasts; the last stage does not end."),
    "requests": Key("positive", "How many requests it lasts, instead of seconds."),
    "pacing": Key("pacing", "How fast answers are sent, instead of their rules' pacing."),
    "error": Key("error", "The error that is sent instead of the answers."),
    "fault": Key("fault", "The fault of the answers."),
    "chaos": Key("chaos", "Random faults and errors."),
}

MIN_SPEED, MAX_SPEED = 0.001, 1_000_000

STARTED: Keys = {
    "name": Key("text", "The scenario's name."),
    "stages": Key("stages", "The stages, instead of a name."),
    "repeat": Key("flag", "Whether the first stage follows the last one (false)."),
    "speed": Key("speed", "The speed of the clock (1)."),
}
"""A scenario that is started; `name` or `stages` is given."""

HOLD: Keys = {
    "gate": Key("scalar", "The gate's name.", required=True),
    "after_tokens": Key("count", "A stream waits after this many tokens; a whole answer does not wait."),
    "timeout_ms": Key("number", "Milliseconds after which the answer continues by itself (30,000)."),
}

CHAOS: Keys = {
    "rate": Key("rate", "The probability, from 0 (never) to 1 (always).", required=True),
    "seed": Key("count", "The seed (0); the same seed and order of requests give the same results."),
    "of": Key("strikes", "The faults and errors to choose from.", required=True),
}

ANSWERS = ("reply", "replies", "error")
"""The keys of a rule of which one is given; or `reply` and `error`, with a fault that ends a stream with the error."""

COMBINERS: Keys = {
    "all": Key("matches", "All of these conditions match."),
    "any": Key("matches", "At least one of these conditions matches."),
    "not": Key("match", "This condition does not match."),
}

CHOICE: Keys = {
    "text": Key("text", "The text; a Django template, with the prompt as variables."),
    "json": Key("json", "A value that is sent as JSON text; its strings are templates."),
    "echo": Key("true", "The last user message."),
    "blocks": Key("blocks", "Texts, reasoning, refusals and tool calls in the order in which they are sent."),
    "tool_calls": Key("tool_calls", "A tool call, or a list of parallel ones."),
    "refusal": Key("text", "The refusal; a template."),
    "reasoning": Key("text", "The reasoning before the answer; a template."),
    "annotations": Key("objects", "Annotations in the API's own format; their strings are templates."),
    "embedding": Key("vector", "The vector of an input, for rules with `format: embeddings`."),
    "moderation": Key("moderation", "The moderation result of an input, for rules with `format: moderations`."),
    "scores": Key("vector", "The scores of the documents, in order, for rules with `format: rerank`."),
    "logprobs": Key("logprobs", "The tokens' log probabilities, if requested: one for all, or a list in order."),
    "finish_reason": Key("finish_reason", "The finish reason; by default, the one that fits the answer."),
    "failure": Key("failure", "The error of an answer that ends with `finish_reason: error`."),
}
"""One answer; a reply has these keys itself, or a list of such answers in `choices`."""

LATEST_SECOND = 253_402_300_799
"""The end of the year 9999, in seconds since the epoch: some APIs tell a time as a date."""

REPLY: Keys = {
    **CHOICE,
    "choices": Key("choices", "Different answers, for requests with `n` above 1."),
    "auto": Key("auto", "An answer generated from the request; a mapping sets the length of its text."),
    "python": Key("callable", "`module:function`, called with the Prompt; returns a Reply, Choices or a string."),
    "callback": Key("callback", "A URL that receives the Prompt as JSON, and returns a text, a reply or an error."),
    "dataset": Key("dataset", "A JSON Lines file of answers; texts next to it are templates with the line as `row`."),
    "events": Key("events", "The exact events of a stream; the other keys are for answers that are not streamed."),
    "body": Key("body", "The exact JSON document of an API: a chat completion, a response, a message, …"),
    "response": Key("response", "A recorded answer of another server, byte for byte; without other keys."),
    "upstream": Key("upstream", "Another server that answers: its address, or a mapping; without other keys."),
    "id": Key("text", "The answer's id."),
    "created": Key("epoch", "The answer's time in seconds since the epoch."),
    "model": Key("text", "The model named in the answer."),
    "usage": Key("usage", "The token counts; those not given are counted."),
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
"""The keys that cannot be combined with `blocks`, which can contain it."""

BLOCK: Keys = {
    "text": Key("text", "A text; a template."),
    "reasoning": Key("text", "Reasoning; a template."),
    "refusal": Key("text", "A refusal; a template."),
    "tool_call": Key("tool_call", "A tool call."),
}
"""A piece of an answer; exactly one of these is given."""

MAX_TEXT_TOKENS = MAX_TOKENS
"""The longest generated text: its tokens are counted for each answer."""

AUTO: Keys = {
    "tokens": Key("length", "How many tokens the text has: a number, or a distribution.", required=True),
}

LENGTH: Keys = {
    "mean": Key("tokens", "The mean.", required=True),
    "kind": Key("length_kind", "The distribution (`normal`)."),
    "spread": Key(
        "number", "Relative to the mean: half the width of `uniform`, otherwise the standard deviation (0.25)."
    ),
    "seed": Key("seed", "The seed (0); the same seed and request give the same lengths."),
}

EVENT: Keys = {
    "data": Key("json", "The event's data: a text, or any value, which is sent as JSON; its strings are templates."),
    "name": Key("text", "The event's name (`event:`)."),
    "id": Key("comment", "The event's id (`id:`)."),
    "retry": Key("count", "The milliseconds of `retry:`."),
    "comment": Key("comment", "A comment (`: …`)."),
    "token": Key("flag", "Whether pacing and `after_tokens` count it as a token; by default all data except `[DONE]`."),
}
"""A verbatim event; its fields are sent in their order."""

CONTENT = (*SOURCES, "tool_calls", "refusal", "reasoning", "dataset")
"""The keys of a reply of which at least one is required."""

WHOLE = ("choices", "auto", "python", "callback")
"""Sources of whole choices, which can only be combined with FACTS."""

ALONE = ("upstream", "response")
"""Keys of a reply that cannot be combined with others."""

FACTS = ("id", "created", "model", "usage")
"""The keys that concern the reply as a whole."""

BY_TURN, BY_HASH, BY_PROMPT = "turn", "hash", "prompt"
DATASET_BY = (BY_TURN, BY_HASH, BY_PROMPT)
"""How a line is chosen: one after the other, by a hash of the conversation, or the one that has its prompt."""

DATASET: Keys = {
    "file": Key("text", "The file, with a JSON object or text in each line; relative to the script.", True),
    "by": Key("dataset_by", "How a line is chosen: in `turn` (the default), by `hash` of the messages, by `prompt`."),
    "prompt": Key("text", "The path of a line's prompt, such as `question` or `messages.0.content` (`prompt`)."),
}

NOT_IN_DATASET = ("echo", "embedding", "moderation", "scores")
BESIDE_DATASET = (*(key for key in CHOICE if key not in NOT_IN_DATASET), "choices", *FACTS)
"""The keys of a reply that can be combined with `dataset`, as templates over a line."""

CALLBACK: Keys = {
    "url": Key("url", "The URL to send the Prompt to, http or https.", required=True),
    "timeout_ms": Key("number", "Milliseconds to wait for the answer (30,000)."),
}

MODERATION: Keys = {
    "flagged": Key("flag", "Whether the input is flagged; by default, if a score is 0.5 or more."),
    "categories": Key("categories", "Scores from 0 to 1 by category; others are near 0."),
}

SCORES: Keys = {name: Key("rate", f"The score of `{name}`.") for name in ALL_CATEGORIES}
"""The categories of a moderation."""

FAILURE: Keys = {"code": Key("scalar", "The failure's code (`server_error`)."), "message": Key("text", "Its message.")}
"""The error of an answer that failed after it began."""

TOOL_CALL: Keys = {
    "name": Key("text", "The tool's name.", required=True),
    "arguments": Key("arguments", "A mapping, which is sent as JSON text, or a text, for custom tools."),
    "id": Key("text", "The call's id; by default, a generated one."),
    "type": Key("call_type", "`function`, or `custom`, which is for arguments that are a text."),
    "result": Key("json", "The result of a tool that the API runs itself; by default, a generated one."),
    "files": Key("made_files", "Files that the code makes, by name: texts, or `{base64: …}`."),
}

BYTES: Keys = {"base64": Key("text", "Its bytes.", required=True)}
"""A file that is not a text."""

MAX_USED = 10**9
"""The most tokens of one kind: APIs tell times that are multiples of them, in nanoseconds."""

USAGE: Keys = {
    "prompt_tokens": Key("used", "Input tokens."),
    "completion_tokens": Key("used", "Output tokens."),
    "cached_tokens": Key("used", "Input tokens read from the cache."),
    "reasoning_tokens": Key("used", "Output tokens of reasoning."),
    "cache_creation_tokens": Key("used", "Input tokens written to the cache."),
    "cache_creation_1h_tokens": Key("used", "Those of them that were written for an hour."),
    "audio_tokens": Key("used", "Input tokens of audio."),
    "image_tokens": Key("used", "Input tokens of images."),
    "document_tokens": Key("used", "Input tokens of documents."),
    "completion_audio_tokens": Key("used", "Output tokens of audio."),
    "accepted_prediction_tokens": Key("used", "Accepted tokens of the prediction."),
    "rejected_prediction_tokens": Key("used", "Rejected tokens of the prediction."),
}

ERROR: Keys = {
    "status": Key("status", "The HTTP status, 400 to 599; by default, that of the named error in `code`."),
    "type": Key("text", "The error's type."),
    "code": Key("scalar_or_null", "The error's code."),
    "param": Key("text_or_null", "The parameter that is wrong."),
    "message": Key("text", "The message; a template."),
    "retry_after_ms": Key("count", "Milliseconds, sent as `retry-after-ms` and, rounded up, `retry-after`."),
    "retry_after": Key("retry_after", "Seconds, or an HTTP date, sent as `retry-after`."),
    "retry_after_date": Key("retry_after_date", "Seconds from now, sent as `retry-after` in the form of an HTTP date."),
    "should_retry": Key("flag", "Whether clients should retry, sent as `x-should-retry`."),
    "headers": Key("headers", "Additional headers."),
}
