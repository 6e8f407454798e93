"""The mock of the LLM API, as a Django app.

A generating request walks six steps, once, and never back:

1. receive  `completions/receive/handler.py`     ASGI scope and body bytes -> Django request
2. parse    `wire/<format>.py`        body -> `Prompt`, or `RequestError`
            `memory.py`              what a prompt refers to of earlier answers, and what is kept of its own
3. resolve  `engine.py`, `script/`    namespace + `Prompt` -> `Outcome`
4. render   `wire/<format>.py`        `Reply` -> one JSON body, or a list of `Event`s
5. deliver  `delivery/`               body or events + pacing -> bytes on time (the only place that sleeps);
            `misbehave.py`           with a fault from the closed list in `faults.py`: wrong bytes, or none
6. record   `journal/`                everything above -> one `Exchange`, and in the background its row (`models.py`)
"""
