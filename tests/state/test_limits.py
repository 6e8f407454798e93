"""Token buckets and accounts, on a clock of the test's own."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from completions.exceptions import RequestError
from completions.script.limits import Limits, Quota
from completions.state.limits import MAX_ACCOUNTS, MINUTE, Bucket, Charge, Grant, Limiter, duration

LIMITS = st.integers(1, 10_000_000)
STARTS = st.floats(0, 10_000_000)


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class Limited:
    """A limiter with its clock."""

    def __init__(self, *limits: Limits, quota: Quota | None = None) -> None:
        self.clock = Clock()
        self.limits, self.quota = limits, quota
        self.limiter = Limiter(self.clock)

    def ask(self, tokens: int = 0, key: str = "sk-a", model: str = "gpt-4o") -> Grant:
        held = next((limits for limits in self.limits if limits.apply_to(key, model)), None)
        return self.limiter.grant(Charge(key, model, tokens, held, self.quota))

    def refusal(self, tokens: int = 0, key: str = "sk-a", model: str = "gpt-4o") -> RequestError:
        with pytest.raises(RequestError) as caught:
            self.ask(tokens, key, model)
        return caught.value


@given(limit=LIMITS, start=STARTS, steps=st.lists(st.tuples(st.floats(0, 90), st.floats(0, 1.2)), max_size=40))
def test_bucket__gives_no_more_than_the_limit_and_what_refilled(
    limit: int, start: float, steps: list[tuple[float, float]]
) -> None:
    bucket, now = Bucket(limit, MINUTE, start), start
    taken: list[tuple[float, int]] = []
    for pause, share in steps:
        now += pause
        amount = round(share * limit)
        if not bucket.wait(amount, now):
            bucket.take(amount, now)
            taken.append((now, amount))
    for first in range(len(taken)):
        for last in range(first, len(taken)):
            window = taken[last][0] - taken[first][0]
            given_out = sum(amount for _, amount in taken[first : last + 1])
            assert given_out <= limit * (1 + window / MINUTE) + 0.01


@given(
    limit=LIMITS, start=STARTS, steps=st.lists(st.tuples(st.floats(0, 90), st.floats(0, 1)), min_size=1, max_size=40)
)
def test_bucket__waiting_as_long_as_it_says_succeeds(
    limit: int, start: float, steps: list[tuple[float, float]]
) -> None:
    limited = Limited(Limits(tpm=limit))
    limited.clock.now = start
    for pause, share in steps:
        limited.clock.now += pause
        amount = round(share * limit)
        try:
            grant = limited.ask(amount)
        except RequestError as exc:
            limited.clock.now += int(exc.headers["retry-after-ms"]) / 1000
            assert int(exc.headers["retry-after"]) == math.ceil(int(exc.headers["retry-after-ms"]) / 1000)
            grant = limited.ask(amount)
        grant.settle(amount)
        grant.end()


def test_bucket__is_full_again_when_it_says() -> None:
    bucket = Bucket(3, MINUTE, 0.0)
    for _ in range(3):
        bucket.take(1, 0.0)
    assert (bucket.remaining(0), bucket.reset(0), bucket.wait(1, 0)) == (0, 60, 20)
    assert (bucket.remaining(20), bucket.wait(1, 20), bucket.wait(2, 20)) == (1, 0, 20)
    assert (bucket.remaining(1e9), bucket.reset(1e9), bucket.wait(4, 1e9)) == (3, 0, math.inf)


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (0, "0s"),
        (0.006, "6ms"),
        (0.0061, "7ms"),
        (0.9999, "1s"),
        (1, "1s"),
        (1.5, "1.5s"),
        (20.004, "20.004s"),
        (360, "6m0s"),
        (518.4, "8m38.4s"),
        (3600, "1h0m0s"),
        (86_399.9999, "24h0m0s"),
    ],
)
def test_duration__is_written_as_the_api_does(seconds: float, written: str) -> None:
    assert duration(seconds) == written


def test_refusal__calls_a_model_that_is_not_named_as_answers_do() -> None:
    assert "too large for mock in organization" in Limited(Limits(tpm=3)).refusal(tokens=4, model="").message


def test_rpm__refuses_in_the_api_s_words_and_says_when() -> None:
    limited = Limited(Limits(rpm=3))
    left = [limited.ask().headers()["x-ratelimit-remaining-requests"] for _ in range(3)]
    assert left == ["2", "1", "0"]
    refused = limited.refusal()
    assert refused.message == (
        "Rate limit reached for gpt-4o in organization org-mock on requests per min (RPM): Limit 3, Used 3, "
        "Requested 1. Please try again in 20s. Visit https://platform.openai.com/account/rate-limits to learn more."
    )
    assert (refused.status, refused.type, refused.code) == (429, "requests", "rate_limit_exceeded")
    assert refused.headers == {
        "x-ratelimit-limit-requests": "3",
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "1m0s",
        "retry-after": "20",
        "retry-after-ms": "20000",
    }
    limited.clock.now += 19.99
    assert limited.refusal().headers["retry-after-ms"] == "10"
    limited.clock.now += 0.01
    limited.ask()


def test_rpd__is_the_limit_told_when_it_has_less() -> None:
    limited = Limited(Limits(rpm=100, rpd=2))
    assert limited.ask().headers()["x-ratelimit-limit-requests"] == "2"
    limited.ask()
    assert "on requests per day (RPD): Limit 2, Used 2" in limited.refusal().message
    assert limited.refusal().headers["retry-after"] == "43200"


def test_tpm__is_estimated_before_and_settled_after() -> None:
    limited = Limited(Limits(tpm=1000))
    grant = limited.ask(700)
    assert grant.headers()["x-ratelimit-remaining-tokens"] == "300"
    refused = limited.refusal(400)
    assert (refused.type, refused.headers["retry-after-ms"]) == ("tokens", "6000")
    assert "on tokens per min (TPM): Limit 1000, Used 700, Requested 400. Please try again in 6s." in refused.message
    grant.settle(20)
    grant.end()
    assert limited.ask(400).headers()["x-ratelimit-remaining-tokens"] == "580"


def test_tpm__more_used_than_asked_is_paid_for_at_once() -> None:
    limited = Limited(Limits(tpm=60))
    grant = limited.ask(10)
    grant.settle(90)
    assert grant.headers()["x-ratelimit-remaining-tokens"] == "0"
    grant.end()
    assert limited.refusal(1).headers["retry-after"] == "31"


def test_tpm__what_never_fits_is_told_no_time() -> None:
    limited = Limited(Limits(tpm=100, rpm=1))
    refused = limited.refusal(101)
    assert "Request too large for gpt-4o in organization org-mock on tokens per min (TPM)" in refused.message
    assert "Limit 100, Requested 101." in refused.message
    assert not [name for name in refused.headers if name.startswith("retry")]
    assert limited.ask(100), "the refused request cost nothing"


def test_concurrent__is_counted_until_the_end() -> None:
    limited = Limited(Limits(concurrent=2))
    first, _second = limited.ask(), limited.ask()
    assert "on concurrent requests: Limit 2, Used 2, Requested 1." in limited.refusal().message
    first.end()
    limited.ask()


def test_limits__first_that_fits_holds_for_each_key_and_model_by_itself() -> None:
    limited = Limited(Limits(rpm=1, models=("gpt-4o",)), Limits(rpm=2, keys=("sk-b",)), Limits())
    limited.ask()
    limited.refusal()
    limited.ask(key="sk-b")
    limited.refusal(key="sk-b")
    for _ in range(2):
        limited.ask(key="sk-b", model="o1")
    limited.refusal(key="sk-b", model="o1")
    assert [limited.ask(key="sk-c", model="o1").headers() for _ in range(5)] == [{}] * 5


def test_limits__of_too_many_keys_the_oldest_start_anew() -> None:
    limited = Limited(Limits(rpm=1))
    for number in range(MAX_ACCOUNTS + 1):
        limited.ask(key=str(number))
    limited.refusal(key=str(MAX_ACCOUNTS))
    limited.ask(key="0")


def test_quota__is_used_up_for_each_key() -> None:
    limited = Limited(quota=Quota(requests=2))
    limited.ask()
    limited.ask()
    refused = limited.refusal()
    assert (refused.status, refused.type, refused.code) == (429, "insufficient_quota", "insufficient_quota")
    assert refused.message.startswith("You exceeded your current quota, please check your plan and billing details.")
    limited.ask(key="sk-b")


def test_quota__of_tokens_counts_what_was_used() -> None:
    limited = Limited(quota=Quota(tokens=10))
    limited.ask(500).settle(9)
    limited.ask(500).settle(1)
    assert limited.refusal().code == "insufficient_quota"
