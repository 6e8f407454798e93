"""The addresses of Bedrock's runtime; the name of a model may be an ARN, which has slashes."""

from completions.wire.address import Address
from completions.wire.bedrock.apply_guardrail import ApplyGuardrail
from completions.wire.bedrock.base import PROFILE
from completions.wire.bedrock.claude import BedrockClaude
from completions.wire.bedrock.converse import Converse, UnknownOperation
from completions.wire.bedrock.count_tokens import CountTokens
from completions.wire.bedrock.embeddings import CohereEmbeddings, TitanEmbeddings
from completions.wire.bedrock.gpt import BedrockGPT
from completions.wire.bedrock.nova import Nova
from completions.wire.bedrock.nova_embeddings import NovaEmbeddings
from completions.wire.bedrock.profiles import ProfiledModels
from completions.wire.bedrock.rerank import Rerank, RerankAtInvoke
from completions.wire.bedrock.text_models import TEXT_MODEL_NAMES, TextModels

CONVERSE = Converse()

METHOD = "(?P<method>invoke|invoke-with-response-stream)"

ADDRESSES = [
    Address(f"model/(?P<model>.+{PROFILE}[^/]+)/{METHOD}", ProfiledModels()),
    Address(f"model/(?P<model>(?:.+[./])?nova-[^/]*embeddings[^/]*)/{METHOD}", NovaEmbeddings()),
    Address(f"model/(?P<model>(?:.+[./])?nova-[^/]+)/{METHOD}", Nova()),
    Address(f"model/(?P<model>(?:.+[./])?titan-embed-(?:text|g1)-[^/]+)/{METHOD}", TitanEmbeddings()),
    Address(f"model/(?P<model>(?:.+[./])?cohere[.]embed-[^/]+)/{METHOD}", CohereEmbeddings()),
    Address(f"model/(?P<model>(?:.+[./])?(?:cohere|amazon)[.]rerank-[^/]+)/{METHOD}", RerankAtInvoke()),
    Address(f"model/(?P<model>(?:.+[./])?(?:{TEXT_MODEL_NAMES})[^/]+)/{METHOD}", TextModels()),
    Address(f"model/(?P<model>(?:.+[./])?openai[.]gpt-[^/]+)/{METHOD}", BedrockGPT()),
    Address(f"model/(?P<model>.+)/{METHOD}", BedrockClaude()),
    Address("model/(?P<model>.+)/(?P<method>converse|converse-stream)", CONVERSE),
    Address("model/(?P<model>.+)/count-tokens", CountTokens()),
    Address("guardrail/(?P<guardrail>.+)/version/(?P<version>[^/]+)/apply", ApplyGuardrail()),
    Address("rerank", Rerank()),
    Address("(?:model|guardrail|guardrail-checks|async-invoke)(?:/.*)?", UnknownOperation(), "refuse"),
]
