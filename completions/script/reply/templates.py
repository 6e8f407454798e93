"""Step 3: texts that are Django templates over the prompt. Their output goes into a field, never into JSON text."""

import functools
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass

from django.template import Context, Engine, TemplateSyntaxError
from django.template import Template as DjangoTemplate
from django.template.base import FilterExpression, Variable, VariableNode
from django.template.base import Node as DjangoNode
from django.template.loader_tags import ExtendsNode, IncludeNode

from completions import budget
from completions.conversation import Prompt
from completions.exceptions import AuthorError
from completions.script.misreadings import doubt_names, doubt_signs, doubt_value
from completions.script.reply.bounded_tags import MAX_CHARACTERS, too_long
from completions.script.reply.signs import MAX_OPEN, signs_of
from completions.script.text.node import Node, did_you_mean

Tree = object
"""A JSON value whose strings may be templates."""


TEMPLATE_TAGS: dict[str, type[DjangoNode]] = {"extends": ExtendsNode, "include": IncludeNode}
"""The tags that load another template."""


class MeteredContext(Context):
    """The names for templates; counts the characters that a template has written."""

    written = 0


class Template:
    """A compiled text."""

    def __init__(self, source: str) -> None:
        self._template = DjangoTemplate(source, engine=_engine())
        for node in self._template.nodelist.get_nodes_by_type(DjangoNode):
            node.render_annotated = functools.partial(_metered, node)  # type: ignore[method-assign]  # Django has no other hook

    def render(self, context: Context) -> str:
        """Return the text for one prompt; raise `AuthorError` if it fails or takes too long."""
        try:
            return str(self._template.render(context))
        except (AuthorError, budget.Exceeded):
            raise
        except budget.TooSlow as exc:
            raise AuthorError("template_failed", f"its template: {exc}") from exc
        except Exception as exc:
            raise AuthorError("template_failed", f"its template raised {budget.described(exc)}") from exc

    def unknown_name(self) -> tuple[str, str] | None:
        """Return a name that the prompt does not have, with a hint; None if all names are known."""
        for lookups in self._lookups():
            match lookups:
                case ("prompt", str(name), *_) if name not in PROMPT_NAMES:
                    return f"prompt.{name}", did_you_mean(name, PROMPT_NAMES)
        return None

    def template_tags(self) -> list[str]:
        """Return its tags that load another template."""
        nodes = self._template.nodelist
        return [tag for tag, kind in TEMPLATE_TAGS.items() if nodes.get_nodes_by_type(kind)]

    def names_used(self) -> list[str]:
        """Return the names that the template uses."""
        return list(dict.fromkeys(str(lookups[0]) for lookups in self._lookups()))

    def _lookups(self) -> Iterator[tuple[object, ...]]:
        """Yield the steps of each variable that the template writes: `prompt.model` has two."""
        for node in self._template.nodelist.get_nodes_by_type(VariableNode):
            if lookups := getattr(getattr(getattr(node, "filter_expression", None), "var", None), "lookups", None):
                yield lookups

    def required_keys(self, name: str) -> Iterator[str]:
        """Yield the keys of a variable that the template uses without a default."""
        for node in self._template.nodelist:
            match getattr(node, "filter_expression", None):
                case FilterExpression(var=Variable(lookups=(found, str(key), *_)), filters=filters) if found == name:
                    if not any(function.__name__.startswith("default") for function, _ in filters):
                        yield key


def _metered(node: DjangoNode, context: Context) -> str:
    """Render a node of a template if there is time and space left."""
    budget.seconds_left()
    text: str = node.render(context)
    if isinstance(context, MeteredContext) and not any(getattr(node, name, None) for name in node.child_nodelists):
        context.written += len(text)
        if context.written > MAX_CHARACTERS:
            raise too_long()
    return text


class LastUser(Template):
    """The text of `echo`."""

    def __init__(self) -> None:
        pass

    def render(self, context: Context) -> str:
        """Return the last user message."""
        return str(context["prompt"].last_user)


Text = str | Template

INTERNAL_FIELDS = ("cache_blocks", "counted", "keeps_stop", "per_chunk", "raw_input", "short_text")
PROMPT_NAMES = tuple(name for name in dir(Prompt) if not name.startswith("_") and name not in INTERNAL_FIELDS)
"""The attributes of a prompt for templates, without those for counting and streaming (`INTERNAL_FIELDS`)."""


class PromptView:
    """The prompt as templates read it."""

    def __init__(self, prompt: Prompt) -> None:
        self._prompt = prompt

    def __getattr__(self, name: str) -> object:
        return getattr(self._prompt, name)

    @property
    def tool_result(self) -> "ToolResultView | None":
        """The last tool result, with access to its JSON."""
        result = self._prompt.tool_result
        return ToolResultView(result.name, result.text) if result else None


@dataclass(frozen=True)
class ToolResultView:
    """A tool result: its `name` and `text`, its decoded `json`, and the keys of that object."""

    name: str
    text: str

    @functools.cached_property
    def json(self) -> object:
        """The decoded text, or None if it is not JSON."""
        try:
            decoded: object = json.loads(self.text)
        except ValueError:
            return None
        return decoded

    def __getitem__(self, key: str) -> object:
        if key in ("name", "text", "json") or not isinstance(self.json, Mapping):
            raise KeyError(key)
        return self.json[key]

    def __str__(self) -> str:
        return self.text


@functools.cache
def _engine() -> Engine:
    return Engine(autoescape=False, builtins=["completions.script.reply.bounded_tags"])


def context(prompt: Prompt) -> Context:
    """Return the names that a template can use: `prompt` and `turn`."""
    return MeteredContext({"prompt": PromptView(prompt), "turn": prompt.turn}, autoescape=False, use_l10n=False)


def text(node: Node) -> Text:
    """Read a text, and compile it if it contains `{{` or `{%`."""
    return _compiled(node, node.as_(str))


def tree(node: Node) -> Tree:
    """Read a value, and compile the texts in it."""
    match node.value:
        case dict():
            return {key: tree(child) for key, child in node.entries().items()}
        case list():
            return [tree(child) for child in node.items()]
        case str(value):
            doubt_value(node)
            return _compiled(node, value)
    return node.value


def fill(value: Tree, context: Context) -> Tree:
    """Return a value with its templates rendered."""
    match value:
        case Template():
            return value.render(context)
        case dict():
            return {key: fill(child, context) for key, child in value.items()}
        case list():
            return [fill(child, context) for child in value]
    return value


def write(value: Text, context: Context) -> str:
    """Return a text, rendered if it is a template."""
    return value if isinstance(value, str) else value.render(context)


def has_template(value: Tree) -> bool:
    """Tell whether a value contains a template."""
    match value:
        case dict():
            return any(map(has_template, value.values()))
        case list() | tuple():
            return any(map(has_template, value))
    return isinstance(value, Template)


def required_keys(value: object, name: str) -> frozenset[str]:
    """Return the keys of a variable that the templates in a value, or in its fields, use without a default."""
    match value:
        case Template():
            return frozenset(value.required_keys(name)) if not isinstance(value, LastUser) else frozenset()
        case dict():
            parts: Iterable[object] = value.values()
        case list() | tuple():
            parts = value
        case _:
            parts = [getattr(value, each.name) for each in fields(value)] if is_dataclass(value) else ()
    return frozenset().union(*(required_keys(part, name) for part in parts))


def _compiled(node: Node, source: str) -> Text:
    if node.literal or ("{{" not in source and "{%" not in source):
        return source
    signs = signs_of(source)
    if len(signs.left_open) > MAX_OPEN:
        raise node.error(f"is a template with more than {MAX_OPEN} unclosed tags, such as `{signs.left_open[0]}`.")
    doubt_signs(node, signs)
    try:
        template = Template(source)
    except RecursionError as exc:
        raise node.error("is a template that is nested too deeply.") from exc
    except TemplateSyntaxError as exc:
        line = node.text_line + getattr(getattr(exc, "token", None), "lineno", 1) - 1
        message = str(exc).removesuffix(" Must be one of:\n")  # of libraries, of which there are none
        raise node.error(f"is not a Django template: {message}", line) from exc
    if unknown := template.unknown_name():
        raise node.error(f"uses `{unknown[0]}`, which a prompt does not have.{unknown[1]}", node.text_line)
    doubt_names(node, signs, template.names_used(), node.source.names)
    for tag in template.template_tags():
        node.doubt(f"has the tag `{tag}`, which fails because there are no other templates.")
    return template
