"""The messages of Gemini's requests: their fields, as the API's reference and google-genai's types have them."""

from typing import Any

from completions.wire.gemini.proto import (
    Check,
    Violation,
    any_enum,
    anything,
    boolean,
    data,
    enum,
    keyed,
    long,
    message,
    number,
    repeated,
    string,
    struct,
    whole,
)

MAX_DEPTH = 64
"""The levels of a schema that are checked."""

TYPE = enum("Type", "TYPE_UNSPECIFIED", "STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL")


def schema(value: Any, path: str) -> list[Violation]:
    """Check a Schema message; it contains itself."""
    return [] if path.count(".") > MAX_DEPTH else _SCHEMA(value, path)


_SCHEMA = message(
    "Schema",
    {
        "type": TYPE,
        "format": string,
        "title": string,
        "description": string,
        "nullable": boolean,
        "enum": repeated(string),
        "maxItems": long,
        "minItems": long,
        "properties": keyed(schema),
        "required": repeated(string),
        "minProperties": long,
        "maxProperties": long,
        "minLength": long,
        "maxLength": long,
        "pattern": string,
        "example": anything,
        "anyOf": repeated(schema),
        "propertyOrdering": repeated(string),
        "default": anything,
        "items": schema,
        "minimum": number,
        "maximum": number,
        "additionalProperties": anything,
        "ref": string,
        "$ref": string,
        "defs": keyed(schema),
        "$defs": keyed(schema),
    },
)

BLOB = message("Blob", {"mimeType": string, "data": data, "displayName": string})
FILE_DATA = message("FileData", {"mimeType": string, "fileUri": string, "displayName": string})
FUNCTION_CALL = message(
    "FunctionCall", {"id": string, "name": string, "args": struct, "partialArgs": anything, "willContinue": boolean}
)
FUNCTION_RESPONSE = message(
    "FunctionResponse",
    {
        "id": string,
        "name": string,
        "response": struct,
        "parts": anything,
        "willContinue": boolean,
        "scheduling": anything,
    },
)
DATA: dict[str, Check] = {
    "text": string,
    "inlineData": BLOB,
    "fileData": FILE_DATA,
    "functionCall": FUNCTION_CALL,
    "functionResponse": FUNCTION_RESPONSE,
    "executableCode": struct,
    "codeExecutionResult": struct,
    "toolCall": struct,
    "toolResponse": struct,
    "audioTranscription": struct,
}
"""The fields of a part of which one is required."""

PART = message(
    "Part",
    {
        **DATA,
        "thought": boolean,
        "thoughtSignature": data,
        "videoMetadata": struct,
        "mediaResolution": anything,
        "partMetadata": struct,
        "mediaProcessing": anything,
        "speechMetadata": struct,
        "documentMetadata": struct,
        "spreadsheetMetadata": struct,
        "audioMetadata": struct,
    },
    oneof=("data", tuple(DATA)),
)
CONTENT = message("Content", {"parts": repeated(PART), "role": string})

FUNCTION = message(
    "FunctionDeclaration",
    {
        "name": string,
        "description": string,
        "behavior": anything,
        "parameters": schema,
        "parametersJsonSchema": anything,
        "response": schema,
        "responseJsonSchema": anything,
    },
)
TOOL = message(
    "Tool",
    {
        "functionDeclarations": repeated(FUNCTION),
        **dict.fromkeys(
            ("googleSearch", "googleSearchRetrieval", "codeExecution", "urlContext", "computerUse"),
            struct,
        ),
        **dict.fromkeys(("googleMaps", "retrieval", "enterpriseWebSearch", "parallelAiSearch", "exaAiSearch"), struct),
        "fileSearch": message(
            "FileSearch", {"fileSearchStoreNames": repeated(string), "topK": whole, "metadataFilter": string}
        ),
        "mcpServers": anything,
    },
)
FUNCTION_CALLING_CONFIG = message(
    "FunctionCallingConfig",
    {
        "mode": enum("FunctionCallingConfig.Mode", "MODE_UNSPECIFIED", "AUTO", "ANY", "NONE", "VALIDATED"),
        "allowedFunctionNames": repeated(string),
        "streamFunctionCallArguments": boolean,
    },
)
TOOL_CONFIG = message(
    "ToolConfig",
    {
        "functionCallingConfig": FUNCTION_CALLING_CONFIG,
        "retrievalConfig": struct,
        "includeServerSideToolInvocations": boolean,
    },
)
THINKING = message(
    "ThinkingConfig",
    {
        "includeThoughts": boolean,
        "thinkingBudget": whole,
        "thinkingLevel": enum(
            "ThinkingConfig.ThinkingLevel", "THINKING_LEVEL_UNSPECIFIED", "MINIMAL", "LOW", "MEDIUM", "HIGH", "XHIGH"
        ),
    },
)
VERTEX_IMAGE_FIELDS = (
    *("personGeneration", "prominentPeople", "outputMimeType", "outputCompressionQuality"),
    "imageOutputOptions",
)
"""The options of images that Vertex AI accepts and the Gemini API does not."""

IMAGE_CONFIG = message(
    "ImageConfig", {"aspectRatio": string, "imageSize": string, **dict.fromkeys(VERTEX_IMAGE_FIELDS, anything)}
)
GENERATION_FIELDS: dict[str, Check] = {
    "candidateCount": whole,
    "stopSequences": repeated(string),
    "maxOutputTokens": whole,
    "temperature": number,
    "topP": number,
    "topK": number,
    "seed": whole,
    "presencePenalty": number,
    "frequencyPenalty": number,
    "responseMimeType": string,
    "responseSchema": schema,
    "responseJsonSchema": anything,
    "_responseJsonSchema": anything,
    "responseFormat": anything,
    "responseLogprobs": boolean,
    "logprobs": whole,
    "enableEnhancedCivicAnswers": boolean,
    "responseModalities": repeated(
        enum("GenerationConfig.Modality", "MODALITY_UNSPECIFIED", "TEXT", "IMAGE", "AUDIO", "VIDEO")
    ),
    "speechConfig": struct,
    "thinkingConfig": THINKING,
    "imageConfig": IMAGE_CONFIG,
    "mediaResolution": enum(
        "GenerationConfig.MediaResolution",
        *(f"MEDIA_RESOLUTION_{level}" for level in ("UNSPECIFIED", "LOW", "MEDIUM", "HIGH", "ULTRA_HIGH")),
    ),
    "audioTimestamp": boolean,
    "routingConfig": struct,
    "modelConfig": struct,
    "audioTranscriptionConfig": struct,
    "generationOutputConfig": struct,
}
GENERATION = message("GenerationConfig", GENERATION_FIELDS)
SAFETY = message(
    "SafetySetting",
    {
        "category": any_enum,
        "threshold": enum(
            "SafetySetting.HarmBlockThreshold",
            *("HARM_BLOCK_THRESHOLD_UNSPECIFIED", "BLOCK_LOW_AND_ABOVE", "BLOCK_MEDIUM_AND_ABOVE", "BLOCK_ONLY_HIGH"),
            *("BLOCK_NONE", "OFF"),
        ),
        "method": any_enum,
    },
)
HARMS = (
    *("HATE_SPEECH", "SEXUALLY_EXPLICIT", "DANGEROUS_CONTENT", "HARASSMENT", "CIVIC_INTEGRITY", "UNSPECIFIED"),
    *("DEROGATORY", "TOXICITY", "VIOLENCE", "SEXUAL", "MEDICAL", "DANGEROUS"),
)
"""The Gemini API's names of harms (google-ai-generativelanguage 0.12); it accepts settings of the first five."""

HARM = enum("HarmCategory", *(f"HARM_CATEGORY_{name}" for name in HARMS))

TIERS = ("UNSPECIFIED", "STANDARD", "FLEX", "PRIORITY")
SERVICE_TIER = enum("ServiceTier", *TIERS, *(f"SERVICE_TIER_{tier}" for tier in TIERS))
"""The Gemini API has the short names, and Vertex AI the longer ones (measured in September 2026)."""

GENERATE_FIELDS: dict[str, Check] = {
    "model": string,
    "contents": repeated(CONTENT),
    "systemInstruction": CONTENT,
    "tools": repeated(TOOL),
    "toolConfig": TOOL_CONFIG,
    "safetySettings": repeated(SAFETY),
    "generationConfig": GENERATION,
    "cachedContent": string,
    "labels": keyed(string),
    "serviceTier": SERVICE_TIER,
    "store": boolean,
    "continuationToken": string,
    "modelArmorConfig": struct,
    "outputConfig": message("GenerationOutputConfig", {"outputUriPrefix": string}),
}
GENERATE = message("GenerateContentRequest", GENERATE_FIELDS)
TASKS = (
    *("TASK_TYPE_UNSPECIFIED", "RETRIEVAL_QUERY", "RETRIEVAL_DOCUMENT", "SEMANTIC_SIMILARITY", "CLASSIFICATION"),
    *("CLUSTERING", "QUESTION_ANSWERING", "FACT_VERIFICATION", "CODE_RETRIEVAL_QUERY"),
)
"""The task types of embeddings, from the Gemini API's reference; any other is refused (measured in 2026)."""

EMBED_FIELDS: dict[str, Check] = {
    "model": string,
    "content": CONTENT,
    "taskType": enum("TaskType", *TASKS),
    "title": string,
    "outputDimensionality": whole,
    "autoTruncate": boolean,
    "embedContentConfig": struct,
}
EMBED = message("EmbedContentRequest", EMBED_FIELDS)

REQUESTS: dict[str, Check] = {
    "generateContent": GENERATE,
    "streamGenerateContent": GENERATE,
    "countTokens": message(
        "CountTokensRequest", {**GENERATE_FIELDS, "generateContentRequest": GENERATE, "instances": anything}
    ),
    "computeTokens": message(
        "ComputeTokensRequest", {"contents": repeated(CONTENT), "model": string, "instances": anything}
    ),
    "embedContent": EMBED,
    "batchEmbedContents": message("BatchEmbedContentsRequest", {"model": string, "requests": repeated(EMBED)}),
    "predict": message("PredictRequest", {"instances": repeated(struct), "parameters": struct, "labels": struct}),
}
"""By the method's name."""
