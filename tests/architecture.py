"""What guards the structure of the code: functions of source texts, so that each is also tried on texts that break it.

Each guard returns its complaints, one a line, with the path of the file.
"""

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

Sources = Mapping[str, str]
"""The texts of Python files, by their paths below the root: `completions/journal/rows.py`."""

Graph = dict[str, set[str]]
"""What each module imports of the modules that were read."""

Dependencies = Mapping[str, Collection[str]]
"""What each component may import. A component is a module or a package below one package: `journal`, `wire.openai`."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def read_sources(root: Path, *packages: str) -> dict[str, str]:
    """Read the Python files of some packages."""
    files = (file for package in packages for file in sorted((root / package).rglob("*.py")))
    return {file.relative_to(root).as_posix(): file.read_text() for file in files}


def module_of(path: str) -> str:
    """Return the dotted name of a file."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


@cache
def nodes(text: str) -> Sequence[ast.AST]:
    """Return all nodes of a file, the module first; they are kept, as each guard goes through them."""
    return list(ast.walk(ast.parse(text)))


@cache
def imported_names(path: str, text: str) -> Sequence[str]:
    """Return the dotted names that a file imports, late and for type checkers alone too; a package's names in full."""
    package, found = module_of(path).split("."), list[str]()
    if not path.endswith("/__init__.py"):
        package.pop()
    for node in nodes(text):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) + 1 - node.level] if node.level else []
            source = ".".join([*above, *filter(None, [node.module])])
            found += [f"{source}.{alias.name}" for alias in node.names]
    return found


def import_graph(sources: Sources) -> Graph:
    """Return which module imports which of the others; what is taken from a package's own file leads there."""
    modules = set(map(module_of, sources))
    return {
        (own := module_of(path)): {found for name in imported_names(path, text) if (found := _within(name, modules))}
        - {own}
        for path, text in sources.items()
    }


def _within(name: str, modules: Collection[str]) -> str:
    """Return the longest beginning of a dotted name that is one of the modules, or nothing."""
    while name and name not in modules:
        name = name.rpartition(".")[0]
    return name


def cycles(graph: Mapping[str, Collection[str]]) -> list[str]:
    """Name each cycle: modules that all lead to one another, directly or by way of others."""
    reach = {own: _reachable(graph, own) for own in graph}
    groups = {tuple(sorted(other for other in reach[own] if own in reach.get(other, ()))) for own in graph}
    return [f"a cycle: {', '.join(group)}" for group in sorted(filter(None, groups))]


def _reachable(graph: Mapping[str, Collection[str]], start: str) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        fresh = set(graph.get(waiting.pop(), ())) - found
        found |= fresh
        waiting += fresh
    return found


def component_of(module: str, package: str, components: Collection[str]) -> str:
    """Return the component of a module: the one with the longest matching name, or else its name in the package."""
    inside = module.removeprefix(f"{package}.") if module != package else "__init__"
    return _within(inside, components) or inside.partition(".")[0]


def component_imports(sources: Sources, components: Collection[str]) -> Graph:
    """Return which component of `completions` imports which; each other package is a component of its own."""

    def component(module: str) -> str:
        own = module.partition(".")[0]
        return component_of(module, own, components) if own == "completions" else own

    drawn: Graph = {}
    for own, found in import_graph(sources).items():
        drawn.setdefault(component(own), set()).update(map(component, found))
    return {own: targets - {own} for own, targets in drawn.items()}


def undeclared_imports(sources: Sources, package: str, dependencies: Dependencies) -> list[str]:
    """Find imports that are not declared, components that are not declared, and declared ones that do not exist."""
    graph = {own: found for own, found in import_graph(sources).items() if own.partition(".")[0] == package}
    components = {own: component_of(own, package, dependencies) for own in graph}
    wrong = [
        f"{own} imports {other}"
        for own, found in graph.items()
        for other in sorted(found & graph.keys())
        if components[other] != components[own] and components[other] not in dependencies.get(components[own], ())
    ]
    there, named = (
        set(components.values()),
        dependencies.keys() | {name for targets in dependencies.values() for name in targets},
    )
    wrong += [f"{name} has no dependencies" for name in sorted(there - dependencies.keys() - {"__init__"})]
    return wrong + [f"{name} is not a component" for name in sorted(named - there)]


def across_packages(sources: Sources, forbidden: Dependencies) -> list[str]:
    """Find imports of packages that a package must not know."""
    return [
        f"{path} imports {name}"
        for path, text in sources.items()
        for name in imported_names(path, text)
        if name.partition(".")[0] in forbidden.get(path.partition("/")[0], ())
    ]


def environment_readers(sources: Sources) -> list[str]:
    """Name the files that read the process's environment."""
    return [path for path, text in sources.items() if _reads_environment(path, text)]


def _reads_environment(path: str, text: str) -> bool:
    names = {"environ", "environb", "getenv", "getenvb"}
    attributes = {node.attr for node in nodes(text) if isinstance(node, ast.Attribute)}
    return bool(attributes & names or {f"os.{name}" for name in names} & set(imported_names(path, text)))


def too_long(sources: Sources, lines: int, function_lines: int) -> list[str]:
    """Find files and functions with more lines than these."""
    found = [f"{path} is too long" for path, text in sources.items() if text.count("\n") > lines]
    return found + [
        f"{path}: {node.name} is too long"
        for path, text in sources.items()
        for node in nodes(text)
        if isinstance(node, Function) and (node.end_lineno or 0) - node.lineno + 1 > function_lines
    ]


def vaguely_named(sources: Sources, names: Collection[str]) -> list[str]:
    """Find files and folders with one of these names, which do not say what is in them."""
    return [
        f"{path} is named vaguely" for path in sources if not set(Path(path).with_suffix("").parts).isdisjoint(names)
    ]


def with_many_parameters(sources: Sources, most: int) -> list[str]:
    """Find functions of more parameters than this, `self` aside; one that needs them says why in its first line."""
    return [
        f"{path}: {node.name} has more than {most} parameters"
        for path, text in sources.items()
        for node in nodes(text)
        if isinstance(node, Function) and len(_parameters(node)) > most and not _has_reason(node, text)
    ]


def _parameters(function: Function) -> list[ast.arg]:
    given = function.args
    named = [*given.posonlyargs, *given.args, *given.kwonlyargs, *filter(None, (given.vararg, given.kwarg))]
    return named[1:] if named and named[0].arg in ("self", "cls") else named


def _has_reason(function: Function, text: str) -> bool:
    """Tell whether a function's first line ends with a comment."""
    line = text.splitlines()[function.lineno - 1]
    return "  # " in line


def undocumented(sources: Sources) -> list[str]:
    """Find modules with code, and public classes, functions and methods, that do not say what they are for."""
    found = []
    for path, text in sources.items():
        tree = nodes(text)[0]
        assert isinstance(tree, ast.Module)
        if tree.body and not ast.get_docstring(tree):
            found.append(f"{path} has no docstring")
        found += [f"{path}: {node.name} has no docstring" for node in _public(tree) if not ast.get_docstring(node)]
    return found


def _public(scope: ast.AST) -> Iterator[ast.ClassDef | Function]:
    """Yield the public classes and functions of a module or of a class, and theirs; not those within a function."""
    for node in ast.iter_child_nodes(scope):
        if isinstance(node, ast.ClassDef | Function):
            if node.name.startswith("_"):
                continue
            yield node
        if not isinstance(node, Function):
            yield from _public(node)  # a class, or an `if` or a `try` around one
