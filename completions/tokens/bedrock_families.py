"""What families of Bedrock's models do not take at Converse; each with its source.

What Anthropic says of its models holds there too, of Claude under its longer names.
"""

from collections.abc import Iterable

from completions.tokens.family import Family

SAMPLING = frozenset({"temperature", "top_p", "stop"})
ANYWHERE = r"(?:[a-z-]+\.)?"
"""A region, before names of models that the table has for a region alone."""

OTHERS = (
    Family(
        rf"{ANYWHERE}openai\.gpt-(5\.\d|[6-9]).*",
        SAMPLING,
        source="recordings: pydantic/pydantic-ai; vercel/ai 21374; requests of each model, written down by a project",
        seen="2026-09-09",
    ),
    Family(
        rf"{ANYWHERE}xai\.grok-.*",
        SAMPLING,
        source="NousResearch/hermes-agent 111043; aws-samples/sample-kolya-br-proxy 104",
        seen="2026-09-14",
    ),
    Family(
        r"moonshotai\..*",
        frozenset({"temperature", "stop"}),
        source="quotes of what Kimi's models at Converse refuse",
        seen="2026-09-22",
    ),
    Family(
        r"openai\.gpt-oss.*|(qwen|minimax)\..*",
        frozenset({"stop"}),
        source="langgenius/dify-official-plugins 1767; quotes of the refusals of qwen3-coder-480b and gpt-oss-120b",
        seen="2026-08-24",
    ),
    Family(
        r"meta\.llama.*",
        frozenset({"forced_tools", "streamed_tools"}),
        source="maximhq/bifrost 3196; earendil-works/pi 3739",
        seen="2026-05-04",
    ),
    Family(
        r"deepseek\.r1.*",
        frozenset({"tools", "streamed_tools"}),
        source="ldayton/Parable 285; danny-avila/LibreChat 6351",
        seen="2026-01-16",
    ),
)


def families_with(claude: Iterable[Family]) -> tuple[Family, ...]:
    """Return Bedrock's families, of which Claude's lack what they lack at Anthropic."""
    named = (one._replace(names=rf"anthropic\.({one.names})(-\d+)?(-v\d.*)?") for one in claude)
    return (*OTHERS, *named)
