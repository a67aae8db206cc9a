"""What a soak may not show: a connect that failed though a valid token was there, and calls that no rule asks for."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

# A token that ends this soon after a connect may have run out on the way.
MARGIN_MS = 700
# How long after a trouble its traces (a login that lasts) are excused at least.
ECHO_MS = 1500
# A helper that is killed before it is at work holds the next one up for 5 seconds.
KILL_ECHO_MS = 6000


@dataclass(frozen=True)
class Attempt:
    good: bool
    how: str
    begun: int
    ended: int
    message: str


def attempts(text: str) -> list[Attempt]:
    found = []
    for line in text.splitlines():
        if match := re.fullmatch(r"(ok|fail) (\w+) (\d+) (\d+) (.*)", line):
            good, how, begun, ended, message = match.groups()
            found.append(Attempt(good == "ok", how, int(begun), int(ended), message.strip()))
    return found


@dataclass
class Token:
    """As it was seen in the cache; times in milliseconds since 1970."""

    seen: int
    expires: int
    revoked: int | None = None

    def good_from_to(self, begun: int, ended: int) -> bool:
        end = self.expires - MARGIN_MS if self.revoked is None else min(self.expires - MARGIN_MS, self.revoked)
        return self.seen <= begun and ended < end


@dataclass
class Story:
    """What happened while it ran."""

    tokens: dict[str, Token] = field(default_factory=dict)
    outages: list[tuple[int, int]] = field(default_factory=list)  # of the API, with the time it is spared afterwards
    kills: list[int] = field(default_factory=list)  # of helpers
    revocations: list[int] = field(default_factory=list)
    revoked_by: dict[int, int] = field(default_factory=dict)  # a revocation -> when it had happened at the latest
    forgets: list[int] = field(default_factory=list)  # of what the cache holds
    sleeps: list[tuple[int, int]] = field(default_factory=list)  # of the endpoint; a polled connect does not wait
    # Notes that a refused token was replaced: while one stands, no second one is within a minute. (at, last seen)
    replaced: dict[int, int] = field(default_factory=dict)

    def excuse(self, attempt: Attempt) -> str:
        """Why it may have failed: without a token that is good, or polled while the endpoint sleeps. Else empty."""
        if attempt.how == "start" and any(overlaps(attempt, start, end) for start, end in self.sleeps):
            return "polled while the endpoint slept"
        # Refused, fetched anew, and revoked again before it was used.
        if sum(overlaps(attempt, at, at) for at in self.revocations) > 1:
            return "revoked twice"
        if any(token.revoked is not None and attempt.begun <= self.revoked_by.get(token.revoked, token.revoked)
               and token.revoked <= attempt.ended and attempt.begun - ECHO_MS <= token.seen for token in self.tokens.values()):
            return "its token and the one after it were revoked"
        if any(token.good_from_to(attempt.begun, attempt.ended) for token in self.tokens.values()):
            return ""
        if any(overlaps(attempt, start, end) for start, end in self.outages):
            return "no token, and no API"
        if any(overlaps(attempt, at, at + KILL_ECHO_MS) for at in self.kills):
            return "no token, and the helper killed"
        if any(overlaps(attempt, at, until) and any(at < revoked < attempt.ended for revoked in self.revocations)
               for at, until in self.replaced.items()):
            return "the replacement revoked within the minute, unconfirmed"
        return ""


def overlaps(attempt: Attempt, start: int, end: int) -> bool:
    return attempt.begun - ECHO_MS <= end and start <= attempt.ended


@dataclass(frozen=True)
class Rules:
    lifetime_s: int
    seconds: float

    def fetches(self, story: Story) -> int:
        """Renewal begins at half the life, brought forward by a tenth of that at most; a killed helper's call is lost."""
        return math.ceil(self.seconds / (0.45 * self.lifetime_s)) + 1 + (
            len(story.revocations) + len(story.kills) + len(story.forgets))

    def vain_calls(self, story: Story) -> int:
        """The first helper of an outage retries; from then on there is one probe in five seconds at most, then fewer."""
        return sum(8 + int((end - start) / 2500) for start, end in story.outages) + len(story.kills)
