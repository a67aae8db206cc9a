"""Medians, and how sure they are."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Spread:
    """A median with the interval that holds the true one in 95 of 100 cases, and the middle half of the values."""

    median: float
    low: float
    high: float
    quartiles: tuple[float, float]
    count: int

    @property
    def middle_half(self) -> float:
        return self.quartiles[1] - self.quartiles[0]


def spread(values: Sequence[float]) -> Spread:
    """By order statistics, so that nothing is assumed of how the values are distributed."""
    ordered = sorted(values)
    count = len(ordered)
    reach = 0.98 * math.sqrt(count)
    low = max(0, math.floor(count / 2 - reach))
    high = min(count - 1, math.ceil(count / 2 + reach))
    return Spread(statistics.median(ordered), ordered[low], ordered[high],
                  (quantile(ordered, 0.25), quantile(ordered, 0.75)), count)


def quantile(values: Sequence[float], part: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def differences(ours: Sequence[float], theirs: Sequence[float]) -> Spread:
    """Of pairs measured in turn."""
    return spread([one - other for one, other in zip(ours, theirs, strict=True)])


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> Spread:
    return spread([one / other for one, other in zip(ours, theirs, strict=True)])
