"""Step 2 for Converse: the members of a request by type, which AWS's deserializer checks before anything else.

The members are those of `ConverseRequest` in botocore's service model of `bedrock-runtime` (1.44, November 2026);
unknown members are ignored, and null counts as absent. A `Document` is any JSON.
"""

from collections.abc import Mapping
from typing import Any

from completions.wire.bedrock.errors import AmazonError
from completions.wire.shapes import Each, Shape, misfits

JSON_TYPE_NAMES: Mapping[type, str] = {
    str: "STRING",
    int: "NUMBER",
    float: "NUMBER",
    bool: "TRUE",
    list: "LIST",
    dict: "MAP",
}
JAVA_TYPE_NAMES: Mapping[type, str] = {
    **{str: "String", int: "Integer", float: "Float", bool: "Boolean"},
    **{list: "List", dict: "Structure"},
}


_TEXT: Shape = {"text": str}
_LOCATION: Shape = {"s3Location": {"uri": str, "bucketOwner": str}}
_MEDIA: Shape = {"format": str, "source": _LOCATION}
_IMAGE: Shape = {"format": str, "source": _LOCATION, "error": {"message": str}}
_CITATIONS_CONFIG: Shape = {"enabled": bool}
_CACHE: Shape = {"type": str, "ttl": str}
_GUARD_CONTENT: Shape = {"text": {"text": str, "qualifiers": [str]}, "image": {"format": str, "source": {}}}
_DOCUMENT: Shape = {
    "format": str,
    "name": str,
    "source": {"s3Location": {"uri": str, "bucketOwner": str}, "text": str, "content": [_TEXT]},
    "context": str,
    "citations": _CITATIONS_CONFIG,
}
_SEARCH_RESULT: Shape = {"source": str, "title": str, "content": [_TEXT], "citations": _CITATIONS_CONFIG}
_RESULT: Shape = {"text": str, "image": _IMAGE, "document": _DOCUMENT, "video": _MEDIA, "searchResult": _SEARCH_RESULT}
_RANGE: Shape = {"start": int, "end": int, "documentIndex": int, "searchResultIndex": int}
_LOCATIONS = ("documentChar", "documentPage", "documentChunk", "searchResultLocation")
_CITATION: Shape = {
    "title": str,
    "source": str,
    "sourceContent": [_TEXT],
    "location": {"web": {"url": str, "domain": str}, **dict.fromkeys(_LOCATIONS, _RANGE)},
}
_TOOL: Shape = {"tool": {"type": str, "name": str, "serverName": str}}
CONTENT: Mapping[str, Shape] = {
    "text": str,
    "image": _IMAGE,
    "document": _DOCUMENT,
    "video": _MEDIA,
    "audio": _IMAGE,
    "toolUse": {"toolUseId": str, "name": str, "type": str},
    "toolResult": {"toolUseId": str, "content": [_RESULT], "status": str, "type": str},
    "guardContent": _GUARD_CONTENT,
    "cachePoint": _CACHE,
    "reasoningContent": {"reasoningText": {"text": str, "signature": str}},
    "citationsContent": {"content": [_TEXT], "citations": [_CITATION]},
    "searchResult": _SEARCH_RESULT,
    "toolAddition": _TOOL,
    "toolRemoval": _TOOL,
}
_TOOL_SPEC: Shape = {"name": str, "description": str, "inputSchema": {}, "strict": bool}
_SCHEMA: Shape = {"jsonSchema": {"schema": str, "name": str, "description": str}}
REQUEST: Mapping[str, Shape] = {
    "messages": [{"role": str, "content": [CONTENT]}],
    "system": [{"text": str, "guardContent": _GUARD_CONTENT, "cachePoint": _CACHE}],
    "inferenceConfig": {"maxTokens": int, "temperature": float, "topP": float, "stopSequences": [str]},
    "toolConfig": {
        "tools": [{"toolSpec": _TOOL_SPEC, "systemTool": {"name": str}, "cachePoint": _CACHE}],
        "toolChoice": {"auto": {}, "any": {}, "tool": {"name": str}},
    },
    "guardrailConfig": {"guardrailIdentifier": str, "guardrailVersion": str, "trace": str},
    "additionalModelRequestFields": {},
    "promptVariables": Each(_TEXT),
    "additionalModelResponseFieldPaths": [str],
    "requestMetadata": Each(str),
    "performanceConfig": {"latency": str},
    "serviceTier": {"type": str},
    "outputConfig": {"textFormat": {"type": str, "structure": _SCHEMA}, "effort": str},
}

APPLY_GUARDRAIL: Mapping[str, Shape] = {"source": str, "content": [_GUARD_CONTENT], "outputScope": str}
"""The members of `ApplyGuardrailRequest`."""

RERANK: Mapping[str, Shape] = {
    "queries": [{"textQuery": _TEXT, "type": str}],
    "sources": [{"inlineDocumentSource": {"type": str, "textDocument": _TEXT}, "type": str}],
    "rerankingConfiguration": {
        "bedrockRerankingConfiguration": {"numberOfResults": int, "modelConfiguration": {"modelArn": str}},
        "type": str,
    },
    "nextToken": str,
}
"""The members of `RerankRequest`, of the agent runtime."""


def check_type(value: Any, shape: Shape) -> None:
    """Refuse a value whose JSON type, at any depth, is not that of its shape."""
    for misfit in misfits(value, shape, null_in=(dict,)):
        actual = (
            "NULL"
            if misfit.value is None
            else "FALSE"
            if misfit.value is False
            else JSON_TYPE_NAMES[type(misfit.value)]
        )
        message = f"{actual}_VALUE can not be converted to {JAVA_TYPE_NAMES[misfit.expected]}"
        raise AmazonError("SerializationException", message)
