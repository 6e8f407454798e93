"""Faults in complete bodies. The bytes of the answer and of an error are rendered already."""

from typing import NamedTuple

from completions.outcome import Fault

BAD_GATEWAY_PAGE = b"""<html>
<head><title>502 Bad Gateway</title></head>
<body>
<center><h1>502 Bad Gateway</h1></center>
<hr><center>nginx</center>
</body>
</html>
"""


class ResponseBody(NamedTuple):
    """A body, its status and its media type; `foreign` says that it is not from the API."""

    data: bytes
    status: int = 200
    media_type: str = "application/json"
    foreign: bool = False


def spoil(fault: Fault, correct: ResponseBody, error: bytes) -> ResponseBody:
    """Return the body that a fault sends in place of the correct one; `error` is an envelope."""
    match fault.name:
        case "empty_body":
            return correct._replace(data=b"")
        case "malformed_json":
            return correct._replace(data=correct.data.replace(b":", b"=", 1))
        case "truncated_json":
            return correct._replace(data=correct.data[: len(correct.data) // 2])
        case "wrong_content_type":
            return correct._replace(media_type="text/html")
        case "json_error_200":
            return ResponseBody(error)
    return ResponseBody(BAD_GATEWAY_PAGE, 502, "text/html", foreign=True)
