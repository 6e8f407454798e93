"""An instance of a JSON Schema, for step 3: constructed from what the schema asks for, then checked, then retried.

Several schemas hold for one value at once (`$ref` and what stands beside it, `allOf`, a branch of `anyOf`), so every
step takes a list of them. Where there are branches, each is tried in turn. The work is counted and ends.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import chain
from operator import itemgetter

from completions.budget import TooSlow
from completions.script.auto.mentioned import mentioned
from completions.script.auto.named_numbers import named_numbers
from completions.script.schemas.alternatives import (
    IS_WRONG,
    felt,
    hopeful_letters,
    is_affirmed,
    is_denied,
    is_end,
    is_negated,
    is_undecided,
    presumed,
)
from completions.script.schemas.containers import Containers, Trail
from completions.script.schemas.descriptions import described
from completions.script.schemas.document import (
    STEPS,
    Document,
    Exhausted,
    Schema,
    Unsatisfiable,
    Work,
    mapping_of,
    number_of,
    schema_of,
    schemas_of,
    seeded,
)
from completions.script.schemas.heights import ENDLESS, Heights
from completions.script.schemas.scalars import is_score, likely_numbers, numbers, strings
from completions.script.schemas.validity import Checker, types_of

__all__ = ["Unsatisfiable", "instance", "is_instance"]

MAX_DEPTH = 40
"""The maximum nesting of an instance."""

MAX_RECURRENCES = 2
"""How often a schema may recur inside itself before the smallest value is taken."""

MAX_MISSES = 20
"""Consecutive objects or arrays that may fail the check. Scalars are cheap, and their candidates are finite."""

HINTS = {
    "object": ("properties", "required", "additionalProperties", "patternProperties", "minProperties", "propertyNames"),
    "array": ("items", "prefixItems", "contains", "minItems", "uniqueItems"),
    "string": ("pattern", "format", "minLength", "maxLength"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}
"""The keywords that hint at a type where no schema names one."""

MAX_READ = 4_000
"""Characters of the text in which the values of an enum are searched."""

BOUNDS = frozenset(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"))

PREFERRED_LANGUAGE = "python"
"""The language of generated code, preferred among several, as for open-interpreter's `execute`."""

TYPES = ("string", "integer", "object", "array", "boolean", "null")


def instance(schema: Schema, seed: str, text: str = "", is_over: bool = False) -> object:
    """Make a value that is valid under a schema (draft 2020-12, and draft 7 as the LLM APIs use it).

    The same schema and seed make the same value. Raise Unsatisfiable where the schema has no instance, names a remote
    `$ref`, goes round in circles, or asks for more than a small answer holds. Bounds in descriptions are respected
    if possible. Values that `text` mentions are preferred. Of an enum, a value such as `FINISH` comes last, or first if
    the work `is_over`; then one that the text mentions.
    """
    try:
        maker = _Maker(schema, seed, (text, is_over))
        try:
            return maker.make([schema], "", "$", ())
        except (Unsatisfiable, Exhausted):
            if not maker.heeded:
                raise
            return _Maker(schema, seed, (text, is_over), heeds=False).make([schema], "", "$", ())
    except (Exhausted, TooSlow):
        raise Unsatisfiable("no instance was found in the time that an answer has") from None
    except RecursionError:
        raise Unsatisfiable("the schema is nested too deeply") from None


def named_text(name: str, seed: str) -> str:
    """Return a text that suits a property of this name."""
    made = instance({"type": "object", "properties": {name: {"type": "string"}}, "required": [name]}, seed)
    return str(made[name]) if isinstance(made, Mapping) else name


def is_instance(value: object, schema: Schema) -> bool:
    """Tell whether a value is valid under a schema; a schema that means nothing has no instance."""
    try:
        return Checker(Document(schema), Work()).valid(schema, value)
    except (Unsatisfiable, Exhausted, TooSlow, RecursionError):
        return False


class _Maker(Containers):
    """Makes values for the schemas of one document; `heeded` says whether it has respected a description."""

    def __init__(self, root: Schema, seed: str, context: tuple[str, bool], heeds: bool = True) -> None:
        self._heeds, self.heeded = heeds, False
        self._asked: Counter[str] = Counter()  # how often a text within a list's objects was wanted, by its path
        self._text, self._is_over = context
        self._folded_text = self._text[-MAX_READ:].casefold()
        self._denies = IS_WRONG.search(self._text[-MAX_READ:]) is not None
        self.document = Document(root)
        self.work = Work()
        self.checker = Checker(self.document, self.work)
        self.random = seeded(seed)
        self.heights: Heights | None = None

    def values(self, schemas: list[Schema], name: str, path: str, trail: Trail) -> Iterator[object]:
        """Yield valid values, which may repeat; raise Unsatisfiable if there is none."""
        self.work.spend(4)
        failure: Unsatisfiable | None = None
        found = False
        for flat in self._expansions(tuple(schemas), (), self.is_frugal(schemas, trail)):
            bounds = [each for each in map(described, flat) if each and self._heeds]
            self.heeded = self.heeded or bool(bounds)
            for candidates in self._streams([*flat, *bounds] or [{}], name, path, trail):
                try:
                    for value in self._sifted(candidates, [*schemas, *bounds]):
                        found = True
                        yield value
                except Unsatisfiable as exc:
                    failure = failure or exc
        if not found:
            reason = "no value is valid here" if failure is None else failure.reason
            raise failure if failure and failure.path != "$" else Unsatisfiable(reason, path)

    def is_frugal(self, schemas: list[Schema], trail: Trail) -> bool:
        """Tell whether the value should be as small as possible: the schema recurs, or much work is done."""
        if len(trail) > MAX_DEPTH // 2 or self.work.left < STEPS // 2:
            return True
        near = [each for schema in schemas for each in self._near(schema)]
        return max((sum(each in level for level in trail) for each in near), default=0) >= MAX_RECURRENCES

    def _near(self, schema: Schema) -> Iterator[int]:
        """Yield the ids of a schema, of those to which it refers, of its branches and of its items."""
        if isinstance(schema, bool):
            return
        groups = [schemas_of(schema.get(key)) for key in ("anyOf", "oneOf", "allOf")]
        for each in (schema, schema_of(schema.get("items")), *chain.from_iterable(groups)):
            yield id(each)
            if isinstance(each, Mapping) and "$ref" in each:
                yield id(self.document.resolve(each["$ref"]))

    def _sifted(self, candidates: Iterator[object], schemas: list[Schema]) -> Iterator[object]:
        misses = 0
        for value in candidates:
            if self.checker.every(schemas, value):
                misses = 0
                yield value
            else:
                misses += isinstance(value, (dict, list))
                if misses > MAX_MISSES:
                    return

    def _expansions(
        self, todo: tuple[Schema, ...], done: tuple[Mapping[str, object], ...], frugal: bool
    ) -> Iterator[list[Mapping[str, object]]]:
        """Yield the lists of plain schemas that hold together, one list for each way through the branches."""
        self.work.spend()
        if not todo:
            yield list(done)
            return
        schema, rest = todo[0], todo[1:]
        if schema is False:
            return
        if schema is True or any(schema is other for other in done):
            yield from self._expansions(rest, done, frugal)
            return
        done = (*done, schema)
        if _common_types(done) == []:
            return
        more = tuple(schemas_of(schema.get("allOf")))
        more += tuple(self.document.resolve(schema[key]) for key in ("$ref", "$dynamicRef") if key in schema)
        if isinstance(denied := schema.get("not"), Mapping) and [*denied] == ["not"]:
            more += (schema_of(denied["not"]),)  # what is denied twice
        yield from self._branched(list(_branches(schema)), more + rest, done, frugal)

    def _branched(
        self,
        groups: list[list[tuple[Schema, ...]]],
        todo: tuple[Schema, ...],
        done: tuple[Mapping[str, object], ...],
        frugal: bool,
    ) -> Iterator[list[Mapping[str, object]]]:
        if not groups:
            yield from self._expansions(todo, done, frugal)
            return
        for branch in self._in_order(groups[0], frugal):
            yield from self._branched(groups[1:], branch + todo, done, frugal)

    def _in_order(self, branches: list[tuple[Schema, ...]], frugal: bool) -> list[tuple[Schema, ...]]:
        """Shuffle the branches, null last; or put the one that ends soonest first."""
        shuffled = self.random.sample(branches, len(branches))
        if not frugal:
            return sorted(shuffled, key=lambda branch: any(_is_null(schema) for schema in branch))
        measure = self.heights = self.heights or Heights(self.document)
        heights = {id(branch): max(map(measure.of, branch), default=0) for branch in shuffled}
        ending = [branch for branch in shuffled if heights[id(branch)] < ENDLESS]
        return sorted(ending, key=lambda branch: heights[id(branch)])

    def _streams(
        self, flat: list[Mapping[str, object]], name: str, path: str, trail: Trail
    ) -> Iterator[Iterator[object]]:
        """Yield the streams of candidates: the values of an enum or a const, or else a stream for each type."""
        for schema in flat:
            options = [schema["const"]] if "const" in schema else schema.get("enum")
            if isinstance(options, list):
                agreeing = self._agreeing(options, name)
                ranks = [(self._rank(option, agreeing), option) for option in self.random.sample(options, len(options))]
                yield (option for _, option in sorted(ranks, key=itemgetter(0)))
                return
        yield _example_values(flat)
        trail = (*trail, frozenset(map(id, flat)))
        for kind in _likely_types(flat):
            yield self._of_type(kind, flat, name, path, trail)

    def _rank(self, option: object, agreeing: list[object]) -> tuple[bool | int, ...]:
        """Put null last, an end of the work last or first, agreement first, and then the most frequent option."""
        count = self._folded_text.count(option.casefold()) if isinstance(option, str) and len(option) > 2 else 0
        refused = option not in agreeing, is_undecided(option), is_negated(option)
        return option is None, is_end(option) != self._is_over, *refused, -count, option != PREFERRED_LANGUAGE

    def _agreeing(self, options: list[object], name: str) -> list[object]:
        """Return the affirmative options, or the negative ones if the text asks whether something is wrong."""
        if all(isinstance(option, int) and option in (0, 1) for option in options):
            return list(presumed(name) or (True,))
        if (feeling := felt(options, self._text[-MAX_READ:])) is not None:
            return [feeling]
        if letters := hopeful_letters(options, self._text[-MAX_READ:]):
            return [*letters]
        if is_score(name) and (values := [number for each in options if (number := number_of(each)) is not None]):
            return [number for number in values if number >= (min(values) + max(values)) / 2]
        return [option for option in options if (is_denied if self._denies else is_affirmed)(option)]

    def _of_type(
        self, kind: str, flat: list[Mapping[str, object]], name: str, path: str, trail: Trail
    ) -> Iterator[object]:
        if len(trail) > MAX_DEPTH:
            raise Unsatisfiable("the recursion has no end", path)
        match kind:
            case "object":
                yield from self.objects(flat, path, trail)
            case "array":
                yield from self.arrays(flat, name, path, trail)
            case "string":
                if self._text and not (path.endswith("]") and not path.endswith("[0]")):
                    forms = (str(schema["format"]) for schema in flat if "format" in schema)
                    yield from mentioned(name, self._text, next(forms, ""), self._taken(path))
                yield from strings(flat, name, self.random, self.work)
            case "integer" | "number":
                if self._text and "]." in path:
                    yield from named_numbers(name, self._text[-MAX_READ:])[self._taken(path) :]
                if not any(BOUNDS & schema.keys() for schema in flat):
                    yield from likely_numbers(name, kind == "integer", self.random)
                yield from numbers(flat, kind == "integer", self.random, self.work)
            case "boolean":
                alone = () if "]" in path else (True,)
                yield from (*presumed(name), *alone, *self.random.sample([True, False], 2))
            case "null":
                yield None

    def _taken(self, path: str) -> int:
        """Return how many objects of a list have wanted the value at this path before; 0 outside of lists."""
        taken = self._asked[path]
        self._asked[path] += 1 if "]." in path else 0
        return taken


def _branches(schema: Mapping[str, object]) -> Iterator[list[tuple[Schema, ...]]]:
    """Yield the choices that a schema leaves; each is a list of branches, of which one is taken."""
    for key in ("anyOf", "oneOf"):
        if key in schema:
            yield [(each,) for each in schemas_of(schema[key])]
    if "if" in schema:
        met, then = schema_of(schema["if"]), schema_of(schema.get("then"))
        yield [(met, then), (schema_of(schema.get("else")),)]
    for key in ("dependentSchemas", "dependencies"):
        for name, needed in mapping_of(schema.get(key)).items():
            if isinstance(needed, (Mapping, bool)):
                yield [({"required": [name]}, needed), ({"properties": {name: False}},)]


def _is_null(schema: Schema) -> bool:
    return isinstance(schema, Mapping) and (types_of(schema) == ["null"] or schema.get("const", "") is None)


def _common_types(flat: tuple[Mapping[str, object], ...]) -> list[str] | None:
    """Return the types that all of the schemas allow, in the first one's order; None if no schema names types."""
    common: list[str] | None = None
    for types in map(types_of, flat):
        if types is None:
            continue
        if common is None:
            common = types
        elif "number" in common and "integer" in types and "integer" not in common:
            common = ["integer" if each == "number" else each for each in common if each in (*types, "number")]
        else:
            common = [each for each in common if each in types or (each == "integer" and "number" in types)]
    return common


def _likely_types(flat: list[Mapping[str, object]]) -> list[str]:
    """Return the types to try, null last; without any named, those that the keywords hint at come first."""
    types = _common_types(tuple(flat))
    if types is None:
        keys = {key for schema in flat for key in schema}
        types = [kind for kind, hints in HINTS.items() if keys.intersection(hints)]
        types += [kind for kind in TYPES if kind not in types]
    return sorted(types, key=lambda kind: kind == "null")


def _example_values(flat: list[Mapping[str, object]]) -> Iterator[object]:
    """Yield the plain values among the schemas' own examples and defaults."""
    for schema in flat:
        examples = schema.get("examples")
        for value in [*(examples if isinstance(examples, list) else ()), schema.get("default")]:
            if isinstance(value, (str, int, float)) and value != "":
                yield value
