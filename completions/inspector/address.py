"""Where the inspector is, for those who start a server to say."""


def inspector_url(host: str, port: int) -> str:
    """Return where a browser on this machine finds the inspector of a server that listens there."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{host}]:{port}/_mock/" if ":" in host else f"http://{host}:{port}/_mock/"
