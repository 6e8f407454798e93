"""Step 2 for Converse: the members of a request by type, which AWS's deserializer looks at before anything else.

The members are those of `ConverseRequest` in botocore's service model of `bedrock-runtime` (1.44, November 2026);
unknown ones are passed over, and null is none. A `Document` is any JSON.
"""

from collections.abc import Mapping
from typing import Any

from completions.wire.bedrock.errors import AmazonError
from completions.wire.shapes import Each, Shape, misfits

NAMES: Mapping[type, str] = {str: "STRING", int: "NUMBER", float: "NUMBER", bool: "TRUE", list: "LIST", dict: "MAP"}
TARGETS: Mapping[type, str] = {
    **{str: "String", int: "Integer", float: "Float", bool: "Boolean"},
    **{list: "List", dict: "Structure"},
}


_TEXT: Shape = {"text": str}
_PLACE: Shape = {"s3Location": {"uri": str, "bucketOwner": str}}
_MEDIA: Shape = {"format": str, "source": _PLACE}
_SHOWN: Shape = {"format": str, "source": _PLACE, "error": {"message": str}}
_CITED: Shape = {"enabled": bool}
_CACHE: Shape = {"type": str, "ttl": str}
_GUARD: Shape = {"text": {"text": str, "qualifiers": [str]}, "image": {"format": str, "source": {}}}
_DOCUMENT: Shape = {
    "format": str,
    "name": str,
    "source": {"s3Location": {"uri": str, "bucketOwner": str}, "text": str, "content": [_TEXT]},
    "context": str,
    "citations": _CITED,
}
_FOUND: Shape = {"source": str, "title": str, "content": [_TEXT], "citations": _CITED}
_RESULT: Shape = {"text": str, "image": _SHOWN, "document": _DOCUMENT, "video": _MEDIA, "searchResult": _FOUND}
_RANGE: Shape = {"start": int, "end": int, "documentIndex": int, "searchResultIndex": int}
_PLACES = ("documentChar", "documentPage", "documentChunk", "searchResultLocation")
_CITATION: Shape = {
    "title": str,
    "source": str,
    "sourceContent": [_TEXT],
    "location": {"web": {"url": str, "domain": str}, **dict.fromkeys(_PLACES, _RANGE)},
}
_TOOL: Shape = {"tool": {"type": str, "name": str, "serverName": str}}
CONTENT: Mapping[str, Shape] = {
    "text": str,
    "image": _SHOWN,
    "document": _DOCUMENT,
    "video": _MEDIA,
    "audio": _SHOWN,
    "toolUse": {"toolUseId": str, "name": str, "type": str},
    "toolResult": {"toolUseId": str, "content": [_RESULT], "status": str, "type": str},
    "guardContent": _GUARD,
    "cachePoint": _CACHE,
    "reasoningContent": {"reasoningText": {"text": str, "signature": str}},
    "citationsContent": {"content": [_TEXT], "citations": [_CITATION]},
    "searchResult": _FOUND,
    "toolAddition": _TOOL,
    "toolRemoval": _TOOL,
}
_SPEC: Shape = {"name": str, "description": str, "inputSchema": {}, "strict": bool}
_SCHEMA: Shape = {"jsonSchema": {"schema": str, "name": str, "description": str}}
REQUEST: Mapping[str, Shape] = {
    "messages": [{"role": str, "content": [CONTENT]}],
    "system": [{"text": str, "guardContent": _GUARD, "cachePoint": _CACHE}],
    "inferenceConfig": {"maxTokens": int, "temperature": float, "topP": float, "stopSequences": [str]},
    "toolConfig": {
        "tools": [{"toolSpec": _SPEC, "systemTool": {"name": str}, "cachePoint": _CACHE}],
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

APPLIED: Mapping[str, Shape] = {"source": str, "content": [_GUARD], "outputScope": str}
"""What a guardrail is asked alone."""

RERANKED: Mapping[str, Shape] = {
    "queries": [{"textQuery": _TEXT, "type": str}],
    "sources": [{"inlineDocumentSource": {"type": str, "textDocument": _TEXT}, "type": str}],
    "rerankingConfiguration": {
        "bedrockRerankingConfiguration": {"numberOfResults": int, "modelConfiguration": {"modelArn": str}},
        "type": str,
    },
    "nextToken": str,
}
"""What the runtime of agents is asked to rerank."""


def typed(value: Any, shape: Shape) -> None:
    """Refuse a value, or one within it, that is of another JSON type than its shape."""
    for wrong in misfits(value, shape, null_in=(dict,)):
        found = "NULL" if wrong.value is None else "FALSE" if wrong.value is False else NAMES[type(wrong.value)]
        told = f"{found}_VALUE can not be converted to {TARGETS[wrong.expected]}"
        raise AmazonError("SerializationException", told)
