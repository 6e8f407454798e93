"""Where Bedrock's runtime is found; a model's name may be an ARN, which has slashes."""

from completions.wire.address import Address
from completions.wire.bedrock.claude import BedrockClaude
from completions.wire.bedrock.converse import Converse

CONVERSE = Converse()

ADDRESSES = [
    Address("model/(?P<model>.+)/(?P<method>invoke|invoke-with-response-stream)", BedrockClaude()),
    Address("model/(?P<model>.+)/(?P<method>converse|converse-stream)", CONVERSE),
    Address("model/.*", CONVERSE, "refuse"),
]
