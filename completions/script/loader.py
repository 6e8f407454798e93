"""Load a script: a built-in name or a YAML file -> `Script`, or a `ScriptError` that names file and line."""

from pathlib import Path

from completions.conversation import Choice, Reply, Usage
from completions.script.node import Node, read
from completions.script.rules import Rule, Script

BUILTIN = Path(__file__).parent / "builtin"
VERSION = 1


def builtin_names() -> list[str]:
    """Name the built-in scripts."""
    return sorted(path.stem for path in BUILTIN.glob("*.yaml"))


def load(source: str) -> Script:
    """Load the built-in script of that name, or else the file at that path."""
    if source in builtin_names():
        return parse(read(BUILTIN / f"{source}.yaml", source))
    return parse(read(Path(source).expanduser(), source))


def parse(document: Node) -> Script:
    """Turn a script's document into a `Script`."""
    fields = document.fields(required=("version", "rules"), optional=("defaults",))
    if fields["version"].as_(int) != VERSION:
        raise fields["version"].error(f"must be {VERSION}.")
    rules = tuple(_rule(node, index) for index, node in enumerate(fields["rules"].items(), 1))
    if not rules:
        raise fields["rules"].error("must hold at least one rule.")
    defaults = fields["defaults"].fields(optional=("models",)) if "defaults" in fields else {}
    models = [node.as_(str) for node in defaults["models"].items()] if "models" in defaults else ["mock"]
    return Script(source=document.file, models=tuple(models), rules=rules)


def _rule(node: Node, number: int) -> Rule:
    fields = node.fields(required=("reply",), optional=("name",))
    name = fields["name"].as_(str) if "name" in fields else f"rule {number}"
    return Rule(name=name, reply=_verbatim(fields["reply"].fields(required=("body",))["body"]))


def _verbatim(body: Node) -> Reply:
    """Read a chat completion given word by word, so that every format can say the same."""
    document = body.as_(dict)
    fields = body.fields(required=("id", "object", "created", "choices", "usage"), optional=tuple(map(str, document)))
    if fields["object"].as_(str) != "chat.completion":
        raise fields["object"].error("must be chat.completion.")
    usage = fields["usage"].fields(required=("prompt_tokens", "completion_tokens"), optional=("total_tokens",))
    return Reply(
        id=fields["id"].as_(str),
        created=fields["created"].as_(int),
        choices=tuple(_choice(node) for node in fields["choices"].items()),
        usage=Usage(usage["prompt_tokens"].as_(int), usage["completion_tokens"].as_(int)),
        body=document,
    )


def _choice(node: Node) -> Choice:
    fields = node.fields(required=("message", "finish_reason"), optional=("index", "logprobs"))
    message = fields["message"].fields(required=("role", "content"), optional=("refusal", "annotations"))
    return Choice(text=message["content"].as_(str), finish_reason=fields["finish_reason"].as_(str))
