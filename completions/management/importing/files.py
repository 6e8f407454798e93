"""Files of other programs, whose format is recognized by their content, not by their name."""

import json
from pathlib import Path
from typing import Any

import yaml

from completions.management.importing import fixtures, recordings
from completions.management.importing.exchange import MAX_BYTES, ImportedFile, NotImportable, decompress, read_each


def read_file(file: Path) -> ImportedFile:
    """Read a file; raise `NotImportable` for an unknown format."""
    try:
        text = _read_bytes(file).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as exc:
        raise NotImportable(f"it cannot be read: {getattr(exc, 'strerror', None) or exc}") from exc
    if (documents := _json_lines(text)) is not None:
        return _read_lines(documents)
    return _read_document(_parse(text))


def _read_bytes(file: Path) -> bytes:
    """Return the bytes of a file; read no more than the limit."""
    if file.exists() and not file.is_file():
        raise NotImportable("it cannot be read: it is not a file")
    with file.open("rb") as stream:
        data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise NotImportable(f"it is larger than {MAX_BYTES} bytes")
    return decompress(data, {})


def _read_document(document: Any) -> ImportedFile:
    match document:
        case {"interactions": [*entries]}:
            return read_each("vcrpy", "interaction", entries, recordings.vcr)
        case {"http_interactions": [*entries]}:
            return read_each("VCR (Ruby)", "interaction", entries, recordings.vcr)
        case {"log": {"entries": [*entries]} as log}:
            return read_each("Polly" if "_recordingName" in log else "HAR", "entry", entries, recordings.har)
        case {"fixtures": [*entries]} | ([{"match": _, "response": _}, *_] as entries):
            return read_each("aimock", "fixture", entries, fixtures.aimock)
        case {"version": _, "rules": [*_]}:
            raise NotImportable("it is already a script")
        case {"rules": [{"match": _, "response": _}, *_] as entries}:
            found = read_each("mock-llm", "rule", entries, fixtures.mock_llm)
            found.rules.reverse()  # the last matching rule answers
            return found
        case [{"scope": _, "path": _}, *_]:
            return read_each("nock", "definition", document, recordings.nock)
        case [dict(), *_] | {"request": _} | {"input": _}:
            return _read_lines(document if isinstance(document, list) else [document])
    raise NotImportable("it is neither a recording nor a fixture of a known kind")


def _read_lines(documents: list[Any]) -> ImportedFile:
    return read_each("lines of JSON", "line", documents, recordings.line, first=1)


def _json_lines(text: str) -> list[Any] | None:
    """Return the documents of JSON Lines; None for another format."""
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines or not all(line.startswith("{") and line.rstrip().endswith("}") for line in lines):
        return None
    try:
        found = [json.loads(line) for line in lines]
    except ValueError:
        return None
    return found if len(found) > 1 or not found[0].keys() & {"interactions", "log", "fixtures"} else None


_Loader: Any = type("_Loader", (yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader,), {})
"""Reads YAML of Ruby and Python: binary texts are bytes, and other tags of theirs are ignored."""


def _construct_untagged(loader: Any, tag: str, node: yaml.Node) -> Any:
    """Return the value of a node with a program's own tag, as if it had no tag."""
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_yaml_binary(node) if tag == "binary" else loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_mapping(node, deep=True)


for _start in ("!", "tag:yaml.org,2002:python/", "tag:ruby.yaml.org,2002:"):
    _Loader.add_multi_constructor(_start, _construct_untagged)


def _parse(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        pass
    try:
        return yaml.load(text, _Loader)  # a safe loader
    except (yaml.YAMLError, ValueError, RecursionError) as exc:
        reason = str(exc).splitlines()[0] if str(exc) else type(exc).__name__
        raise NotImportable(f"it is neither JSON nor YAML: {reason}") from exc
