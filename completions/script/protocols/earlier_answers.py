"""The form of earlier answers in a conversation, for step 3: examples that an application gives as messages.

The earlier question may have an object, as the form of what is wanted, whose keys recur in the answer to it: then an
object of the question takes their place.
"""

from collections.abc import Mapping

from completions.conversation import Prompt
from completions.script.protocols.braces import MAX_SEARCHED, braced, value_of
from completions.script.protocols.observation import question
from completions.script.protocols.placeholders import filled
from completions.script.protocols.written_types import MAX_DEPTH, schema_of_instance
from completions.script.schemas.document import Schema


def schema_of_earlier(prompt: Prompt, least: int) -> Schema | None:
    """Return the schema of objects like the last answer; None unless all are objects, and there are as many."""
    answers = [each.text for each in prompt.messages if each.role == "assistant" and not each.tool_calls]
    if not len(answers) == prompt.turn >= least or not all(each.lstrip().startswith("{") for each in answers):
        return None
    value = value_of(answers[-1].strip()) or filled(answers[-1].strip())
    if not isinstance(value, dict):
        return None
    last_answer = max(at for at, each in enumerate(prompt.messages) if each.role == "assistant")
    asked = next((each.text for each in reversed(prompt.messages[:last_answer]) if each.role == "user"), "")
    before, now = _object_in(asked), _object_in(question(prompt))
    is_form = before is not None and now is not None and before.keys() != now.keys()
    return schema_of_instance(_replaced(value, before, now, 0) if is_form and before and now else value)


def is_vague(schema: Schema) -> bool:
    """Tell whether a schema has objects without any property, because the example did not show them."""
    if not isinstance(schema, Mapping):
        return True
    properties = schema.get("properties")
    if isinstance(properties, Mapping):
        return not properties or any(is_vague(each) for each in properties.values() if isinstance(each, Mapping))
    items = schema.get("items")
    return is_vague(items) if isinstance(items, Mapping) else False


def _object_in(text: str) -> Mapping[str, object] | None:
    """Return the last object in a text; None if it has none."""
    values = (value_of(part.text) for part in reversed(braced(text[-MAX_SEARCHED:])))
    return next((each for each in values if isinstance(each, Mapping)), None)


def _replaced(value: object, before: Mapping[str, object], now: Mapping[str, object], depth: int) -> object:
    """Return a value with an object in place of those that have the keys of another one."""
    if isinstance(value, Mapping) and value.keys() == before.keys():
        return now
    if depth > MAX_DEPTH:
        return value
    if isinstance(value, Mapping):
        return {name: _replaced(each, before, now, depth + 1) for name, each in value.items()}
    return [_replaced(each, before, now, depth + 1) for each in value] if isinstance(value, list) else value
