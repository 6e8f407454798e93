"""Step 3: answers in memory. Each is called with the prompt and returns a reply, an error, or an awaitable."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Literal, cast

from django.template import Context

from completions import budget
from completions.conversation import Block, Choice, ErrorContent, Moderation, Prompt, Reply, TextKind, ToolCall
from completions.event.scatter import Length
from completions.exceptions import AuthorError, RequestError
from completions.outcome import Recorded, Upstream
from completions.script.reply.reply_types import error_problem, reply_problem
from completions.script.reply.templates import Text, Tree, context, fill, has_template, write
from completions.script.schemas.document import Unsatisfiable, as_text, compact

Answered = Reply | RequestError | Upstream | Recorded
Awaited = Awaitable[Answered]
Answer = Callable[[Prompt], Answered | Awaited]

EMPTY = Context()
"""The context for texts without templates."""


@dataclass(frozen=True, slots=True)
class WrittenCall:
    """A tool call as written in a script."""

    name: Text
    arguments: Tree
    id: Text
    kind: Literal["function", "custom"]
    result: tuple[Tree, ...] = ()
    files: tuple[tuple[str, Text | bytes], ...] = ()

    def write(self, context: Context) -> ToolCall:
        """Return the call; arguments or results that are mappings become JSON text."""
        arguments = as_text(fill(self.arguments, context))
        result = compact(fill(self.result[0], context)) if self.result else ""
        files = tuple(
            (name, data if isinstance(data, bytes) else write(data, context).encode()) for name, data in self.files
        )
        return ToolCall(write(self.name, context), arguments, write(self.id, context), self.kind, result, files)

    def has_template(self) -> bool:
        """Tell whether the call varies with the prompt."""
        contents = [data for _, data in self.files if not isinstance(data, bytes)]
        return any(map(has_template, (self.name, self.arguments, self.id, self.result, contents)))


@dataclass(frozen=True, slots=True)
class WrittenBlock:
    """A block as written in a script."""

    kind: TextKind | Literal["call"]
    text: Text = ""
    call: WrittenCall | None = None

    def write(self, context: Context) -> Block:
        """Return the block for one prompt."""
        return Block(self.kind, write(self.text, context), self.call.write(context) if self.call else None)

    def has_template(self) -> bool:
        """Tell whether the block varies with the prompt."""
        return has_template(self.text) or (self.call is not None and self.call.has_template())


@dataclass(frozen=True, slots=True)
class WrittenChoice:
    """One answer as written in a script: its text, or the value `json` (in a 1-tuple) whose JSON is the text."""

    text: Text | None = None
    json: tuple[Tree, ...] = ()
    blocks: tuple[WrittenBlock, ...] = ()
    tool_calls: tuple[WrittenCall, ...] = ()
    refusal: Text | None = None
    reasoning: Text | None = None
    annotations: tuple[Tree, ...] = ()
    logprobs: tuple[float, ...] = ()
    finish_reason: str | None = None
    failure: ErrorContent | None = None
    embedding: tuple[float, ...] = ()
    moderation: Moderation | None = None
    scores: tuple[float, ...] = ()

    def write(self, context: Context) -> Choice:
        """Return the choice for one prompt."""
        text = compact(fill(self.json[0], context)) if self.json else _written_or_none(self.text, context)
        blocks = tuple(block for each in self.blocks if (block := each.write(context)).text or block.call)
        return Choice(
            text="" if self.blocks and not blocks else text,
            finish_reason=self.finish_reason,
            failure=self.failure,
            tool_calls=tuple(call.write(context) for call in self.tool_calls),
            refusal=_written_or_none(self.refusal, context),
            reasoning=_written_or_none(self.reasoning, context),
            logprobs=self.logprobs,
            embedding=self.embedding,
            moderation=self.moderation,
            scores=self.scores,
            annotations=tuple(cast(Mapping[str, object], fill(item, context)) for item in self.annotations),
            blocks=blocks,
        )

    def has_template(self) -> bool:
        """Tell whether the choice varies with the prompt."""
        parts: tuple[WrittenCall | WrittenBlock, ...] = (*self.tool_calls, *self.blocks)
        if any(part.has_template() for part in parts):
            return True
        return any(map(has_template, (self.text, self.json, self.refusal, self.reasoning, self.annotations)))


@dataclass(frozen=True, slots=True)
class Facts:
    """The fields of a script that concern the reply as a whole."""

    id: Text | None = None
    created: int | None = None
    model: Text | None = None
    usage: Mapping[str, int] | None = None

    def apply(self, reply: Reply, context: Context) -> Reply:
        """Return the reply with these facts."""
        return replace(
            reply,
            id=reply.id if self.id is None else write(self.id, context),
            created=reply.created if self.created is None else self.created,
            model=reply.model if self.model is None else write(self.model, context),
            counts=reply.counts if self.usage is None else self.usage,
        )


@dataclass(frozen=True, slots=True)
class Fixed:
    """The same reply to every prompt."""

    reply: Reply

    def __call__(self, prompt: Prompt) -> Reply:
        """Return the reply."""
        return self.reply


@dataclass(frozen=True, slots=True)
class Written:
    """A reply that is rendered for each prompt."""

    choices: tuple[WrittenChoice, ...]
    facts: Facts

    def __call__(self, prompt: Prompt) -> Reply:
        """Render the reply."""
        return self.write(context(prompt))

    def write(self, context: Context) -> Reply:
        """Render the reply with the names that templates can use."""
        return self.facts.apply(Reply(tuple(choice.write(context) for choice in self.choices)), context)


@cache
def load_auto() -> Callable[[Prompt, Length | None], tuple[Choice, ...]]:
    """Return the function that generates answers.

    The first call imports it, not on the event loop if possible: it is a tenth of all code, and many scripts never
    generate an answer.
    """
    budget.leave_loop()
    from completions.script.auto.answer import auto

    return auto


@dataclass(frozen=True, slots=True)
class Auto:
    """A valid answer to any request, generated from it; its text has a `length`, if one is given."""

    facts: Facts = Facts()
    length: Length | None = None

    def __call__(self, prompt: Prompt) -> Answered:
        """Generate the answer; an unsatisfiable schema is the request's error."""
        try:
            choices = load_auto()(prompt, self.length)
        except Unsatisfiable as exc:
            return RequestError(f"No value satisfies the schema of this request: {exc}", code="unsatisfiable_schema")
        return self.facts.apply(Reply(choices), context(prompt))


@dataclass(frozen=True, slots=True)
class Python:
    """A user's function. A `RequestError` that it raises is its answer; anything else becomes an `AuthorError`."""

    function: Callable[[Prompt], object]
    source: str
    facts: Facts

    async def __call__(self, prompt: Prompt) -> Answered:
        """Call the function in a thread, and await its result if it is awaitable."""
        limit = asyncio.timeout(budget.PYTHON_SECONDS)
        try:
            async with limit:
                result = await self._result(prompt)
            return await budget.run(self._reply, result, prompt)
        except RequestError as exc:
            self._raise_if_wrong(error_problem(exc))
            return exc
        except AuthorError:
            raise
        except asyncio.CancelledError as exc:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            raise AuthorError("python_failed", f"{self.source} cancelled itself") from exc
        except Exception as exc:
            late = f"has not answered within {budget.PYTHON_SECONDS:g} s"
            why = late if limit.expired() else f"raised {budget.described(exc)}"
            raise AuthorError("python_failed", f"{self.source} {why}") from exc

    async def _result(self, prompt: Prompt) -> object:
        result = await asyncio.wrap_future(budget.functions.submit(partial(self.function, prompt)))
        return await asyncio.wrap_future(budget.coroutines.submit(result)) if inspect.isawaitable(result) else result

    def _reply(self, result: object, prompt: Prompt) -> Reply:
        match result:
            case Reply():
                reply = result
            case str():
                reply = Reply((Choice(text=result),))
            case Choice():
                reply = Reply((result,))
            case tuple() | list() if result and all(isinstance(item, Choice) for item in result):
                reply = Reply(tuple(result))
            case _:
                shown = f"{self.source} must return a Reply, Choices or a string, not {result!r:.100}"
                raise AuthorError("python_failed", shown)
        self._raise_if_wrong(reply_problem(reply))
        return self.facts.apply(reply, context(prompt))

    def _raise_if_wrong(self, problem: str | None) -> None:
        if problem is not None:
            raise AuthorError("python_failed", f"what {self.source} answers cannot be sent: {problem}")


def written(choices: tuple[WrittenChoice, ...], facts: Facts) -> Fixed | Written:
    """Return the answer with these choices, rendered in advance if it has no template."""
    answer = Written(choices, facts)
    if has_template((facts.id, facts.model)) or any(choice.has_template() for choice in choices):
        return answer
    return Fixed(answer.write(EMPTY))


def _written_or_none(value: Text | None, context: Context) -> str | None:
    return None if value is None else write(value, context)
