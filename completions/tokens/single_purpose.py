"""Families of models that only embed, draw, speak or hear, where LiteLLM's table is silent; each with its source."""

from collections.abc import Mapping

from completions.tokens.family import Family

EMBEDS = frozenset({"embeddings"})
DRAWS = frozenset({"images"})
SPEAKS = frozenset({"speech"})
HEARS = frozenset({"transcriptions", "translations"})
NOWHERE: frozenset[str] = frozenset()
"""For models that film, or speak and hear at once: there is no address for them."""

TALKS_LIVE = frozenset({"live"})
INTERACTS = frozenset({"interactions"})

SINGLE_PURPOSE: Mapping[str, tuple[Family, ...]] = {
    "gemini": (
        Family(
            r"(gemini-|text-)?embedding-.*",
            formats=EMBEDS,
            source="feyninc/chonkie 529; a table of what each model answers at generateContent",
            seen="2026-09-28",
        ),
        Family(r"imagen-.*", formats=DRAWS, source="Google's list of models and their methods", seen="2026-11-29"),
        Family(
            r"veo-.*|aqa",
            formats=NOWHERE,
            source="a table of what each model answers at generateContent; Google's list of models and their methods",
            seen="2026-09-28",
        ),
        Family(
            r"gemini-live-.*|gemini-.*-native-audio-.*|gemini-.*-live(-.*)?",
            formats=TALKS_LIVE,
            source="a table of what each model answers at generateContent; lists of models with bidiGenerateContent",
            seen="2026-09-28",
        ),
        Family(
            r"(deep-research|antigravity)-.*",
            formats=INTERACTS,
            source="a table of what each model answers at generateContent",
            seen="2026-09-28",
        ),
    ),
    "groq": (
        Family(
            r"playai-tts(-arabic)?",
            formats=SPEAKS,
            source="quotes of what playai-tts is told in chat",
            seen="2026-11-29",
        ),
        Family(
            r"distil-whisper-.*",
            formats=HEARS,
            source="quotes of what distil-whisper-large-v3-en is told in chat",
            seen="2026-11-29",
        ),
    ),
    "openrouter": (
        Family(
            r"[^/]+/(.*embed.*|(bge|gte|e5)-.*)|sentence-transformers/.*",
            formats=EMBEDS,
            source="decolua/9router 1304; OpenRouter's list of embedding models",
            seen="2026-05-20",
        ),
        Family(
            r"openai/gpt-image-.*|krea/.*",
            formats=DRAWS,
            source="quotes of what GPT Image and Krea 2 are told in chat",
            seen="2026-09-23",
        ),
    ),
    "ollama": (
        Family(
            r"(nomic-embed-text.*|mxbai-embed-.*|all-minilm|bge-.*|snowflake-arctic-embed2?|embeddinggemma|.*-embedding"
            r"|paraphrase-multilingual)(:.*)?",
            formats=EMBEDS,
            source="ollama/ollama 12182 and 12183; quotes of nomic-embed-text and bge-m3",
            seen="2026-09-09",
        ),
    ),
    "bedrock": (
        Family(
            r"amazon\.nova(-2(-\d)?)?-sonic.*",
            formats=NOWHERE,
            source="lists of the models that were tried at Converse",
            seen="2026-10-10",
        ),
    ),
}
