"""Families of models for embeddings, images, speech or transcription only, where LiteLLM's table is silent; each with
its source."""

from collections.abc import Mapping

from completions.tokens.family import Family

EMBEDDING_FORMATS = frozenset({"embeddings"})
IMAGE_FORMATS = frozenset({"images"})
SPEECH_FORMATS = frozenset({"speech"})
TRANSCRIPTION_FORMATS = frozenset({"transcriptions", "translations"})
NO_FORMATS: frozenset[str] = frozenset()
"""For models of videos, or of speech in both directions: the mock has no address for them."""

LIVE_FORMATS = frozenset({"live"})
INTERACTION_FORMATS = frozenset({"interactions"})

SINGLE_PURPOSE: Mapping[str, tuple[Family, ...]] = {
    "gemini": (
        Family(
            r"(gemini-|text-)?embedding-.*",
            formats=EMBEDDING_FORMATS,
            source="feyninc/chonkie 529; a table of what each model answers at generateContent",
            seen="2026-09-28",
        ),
        Family(
            r"imagen-.*", formats=IMAGE_FORMATS, source="Google's list of models and their methods", seen="2026-11-29"
        ),
        Family(
            r"veo-.*|aqa",
            formats=NO_FORMATS,
            source="a table of what each model answers at generateContent; Google's list of models and their methods",
            seen="2026-09-28",
        ),
        Family(
            r"gemini-live-.*|gemini-.*-native-audio-.*|gemini-.*-live(-.*)?",
            formats=LIVE_FORMATS,
            source="a table of what each model answers at generateContent; lists of models with bidiGenerateContent",
            seen="2026-09-28",
        ),
        Family(
            r"(deep-research|antigravity)-.*",
            formats=INTERACTION_FORMATS,
            source="a table of what each model answers at generateContent",
            seen="2026-09-28",
        ),
    ),
    "groq": (
        Family(
            r"playai-tts(-arabic)?",
            formats=SPEECH_FORMATS,
            source="quotes of what playai-tts is told in chat",
            seen="2026-11-29",
        ),
        Family(
            r"distil-whisper-.*",
            formats=TRANSCRIPTION_FORMATS,
            source="quotes of what distil-whisper-large-v3-en is told in chat",
            seen="2026-11-29",
        ),
    ),
    "openrouter": (
        Family(
            r"[^/]+/(.*embed.*|(bge|gte|e5)-.*)|sentence-transformers/.*",
            formats=EMBEDDING_FORMATS,
            source="decolua/9router 1304; OpenRouter's list of embedding models",
            seen="2026-05-20",
        ),
        Family(
            r"openai/gpt-image-.*|krea/.*",
            formats=IMAGE_FORMATS,
            source="quotes of what GPT Image and Krea 2 are told in chat",
            seen="2026-09-23",
        ),
    ),
    "ollama": (
        Family(
            r"(nomic-embed-text.*|mxbai-embed-.*|all-minilm|bge-.*|snowflake-arctic-embed2?|embeddinggemma|.*-embedding"
            r"|paraphrase-multilingual)(:.*)?",
            formats=EMBEDDING_FORMATS,
            source="ollama/ollama 12182 and 12183; quotes of nomic-embed-text and bge-m3",
            seen="2026-09-09",
        ),
    ),
    "bedrock": (
        Family(
            r"amazon\.nova(-2(-\d)?)?-sonic.*",
            formats=NO_FORMATS,
            source="lists of the models that were tried at Converse",
            seen="2026-10-10",
        ),
    ),
}
