"""What faults send in place of a whole answer. The answer's own bytes and an error's come ready made."""

from typing import NamedTuple

from completions.outcome import Fault

PAGE = b"""<html>
<head><title>502 Bad Gateway</title></head>
<body>
<center><h1>502 Bad Gateway</h1></center>
<hr><center>nginx</center>
</body>
</html>
"""


class Sent(NamedTuple):
    """A body, its media type, and the status of its response; `foreign` is what is not the API's own answer."""

    data: bytes
    status: int = 200
    media_type: str = "application/json"
    foreign: bool = False


def spoil(fault: Fault, right: Sent, error: bytes) -> Sent:
    """Return what goes out instead of the right body; `error` is an envelope."""
    match fault.name:
        case "empty_body":
            return right._replace(data=b"")
        case "malformed_json":
            return right._replace(data=right.data.replace(b":", b"=", 1))
        case "truncated_json":
            return right._replace(data=right.data[: len(right.data) // 2])
        case "wrong_content_type":
            return right._replace(media_type="text/html")
        case "json_error_200":
            return Sent(error)
    return Sent(PAGE, 502, "text/html", foreign=True)
