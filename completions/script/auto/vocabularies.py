"""Patterns of what questions commonly name, for step 3: times, currencies, languages, countries, rooms, colors."""

import re

TIME = re.compile(
    r"(?<![\w:.])(?:\d{1,2}(?::\d\d)? ?[AaPp]\.?[Mm]\b|(?:[01]?\d|2[0-3]):[0-5]\d(?![\w:])|(?:noon|midnight)\b)"
)
CURRENCY = re.compile(
    r"(?<!\w)(?:USD|EUR|GBP|JPY|CHF|CAD|AUD|CNY|INR|SEK|NOK|DKK|PLN|CZK|BRL|MXN|KRW|SGD|HKD|NZD|ZAR|TRY|BTC|ETH)(?!\w)"
)
SYMBOL = re.compile(
    r"(?<![\w$&/-])(?!(?:AN?|AND|THE|OR|API|JSON|XML|YAML|CSV|HTML|SQL|USD?|EUR?|GBP|UK|USA|AI|CEO|CFO|ETF|IPO|OK|PM|AM)\b)"
    r"[A-Z]{2,5}(?:\.[A-Z]{1,2})?(?![\w-])"
)
"""A symbol of a stock: `AAPL`."""

_ROAD = "Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Boulevard|Blvd|Way|Court|Square|Place|Terrace"
STREET = re.compile(
    rf"(?<![\w.-])\d{{1,5}}[A-Za-z]? (?:[A-Z][\w'.]{{0,20}} ){{1,4}}(?:{_ROAD})\b\.?"
    r"(?:, [A-Z][\w']{1,20}(?: [A-Z][\w']{1,20})?(?:, [A-Z]{2}(?: \d{5})?)?)?"
)
"""An address with its number, and the town: `5 Main Street, Springfield`."""

LANGUAGE = re.compile(
    r"\b(?:English|Spanish|French|German|Italian|Portuguese|Dutch|Polish|Russian|Ukrainian|Turkish|Arabic|Hebrew|Hindi"
    r"|Chinese|Japanese|Korean|Vietnamese|Thai|Greek|Swedish|Norwegian|Danish|Finnish|Czech|Hungarian|Romanian|Latin)\b"
)
_IN_EUROPE = (
    "France|Germany|Spain|Italy|Portugal|(?:Great )?Britain|England|Scotland|Ireland|Belgium|Switzerland|Austria|Poland"
    "|Sweden|Norway|Denmark|Finland|Greece|Turkey|Russia|Ukraine|Hungary|Romania|Croatia|Iceland|(?:the )?Netherlands"
)
_ELSEWHERE = (
    "Canada|Mexico|Brazil|Argentina|Chile|Peru|Colombia|Japan|China|India|Indonesia|Thailand|Vietnam|(?:South )?Korea"
    "|Singapore|Australia|New Zealand|Egypt|Morocco|Kenya|Nigeria|South Africa|Israel|Saudi Arabia"
)
COUNTRY = re.compile(rf"\b(?:{_IN_EUROPE}|{_ELSEWHERE}|United (?:States|Kingdom|Arab Emirates)|USA|UK)\b")
_SHADE = "(?:(?:warm|cool|dark|light|bright) )?"
COLOR = re.compile(rf"(?i)\b{_SHADE}(?:red|green|blue|yellow|orange|purple|pink|white|black|brown|gr[ae]y|violet)\b")
ROOM = re.compile(
    r"(?i)\b(?:(?:living|dining|guest|laundry|meeting) room|bedroom|bathroom|kitchen|office|garage|hallway|basement)\b"
)
REMINDED = re.compile(
    r"\b[Rr]emind (?:me|us) (?:to|about|that) ([^\n.!?]{2,200}?)"
    r"(?= (?:at|on|by|in|every) (?:\d|[A-Z])| (?:today|tonight|tomorrow|next|every)\b|[.!?\n]|\Z)"
)
SAID = re.compile(
    r"\b(?:saying|that says|to say|with the (?:message|text|body))(?: that)?:? "
    r"[\"']?([^\n\"]{2,300}?)[\"']?(?=[.!]?\s*\Z)"
)
"""What a reminder is about, and what a message says."""
