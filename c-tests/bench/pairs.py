"""What interleaved rounds tell about a ratio.

Two runs of one program differ by some percent on a shared machine, so a ratio of two medians near
its target says little by itself. Each round measures both sides within seconds of each other; the
ratios of the rounds are what is judged, by their median and the range in which the true median lies.
"""

import statistics
from math import comb

CONFIDENCE = 0.9  # of that range


def median_range(values):
    """The narrowest range between two of the values, as far from either end, in which the median of
    all rounds that could be run lies with CONFIDENCE. No distribution is assumed: each round lies
    above the true median as often as below it.

    >>> median_range([5.0, 1.0, 3.0, 2.0, 4.0])
    (1.0, 5.0)
    >>> median_range(range(15))
    (3, 11)
    >>> median_range([7.0])
    (7.0, 7.0)
    """
    ordered = sorted(values)
    count = len(ordered)
    outside, cut = 0.0, 0
    while cut + 1 <= (count - 1) // 2:
        outside += 2 * comb(count, cut) / 2**count
        if outside + 2 * comb(count, cut + 1) / 2**count > 1 - CONFIDENCE:
            break
        cut += 1
    return ordered[cut], ordered[count - 1 - cut]


def judge(ratios, target, bound, resolution):
    """ "met" when the median of the ratios is; "par" when the rounds do not tell: the range of the
    median holds the bound and the median is no further from it than `resolution`; else "MISSED".

    >>> judge([1.01, 0.99, 1.02], ">=", 1.0, 0.04)
    'met'
    >>> judge([0.97, 0.99, 1.02], ">=", 1.0, 0.04)
    'par'
    >>> judge([0.97, 0.98, 0.99], ">=", 1.0, 0.04)
    'MISSED'
    >>> judge([0.80, 0.90, 1.02], ">=", 1.0, 0.04)
    'MISSED'
    >>> judge([1.6, 1.51, 1.4], "<=", 1.5, 0.04)
    'par'
    """
    is_good = (lambda ratio: ratio <= bound) if target == "<=" else (lambda ratio: ratio >= bound)
    median = statistics.median(ratios)
    if is_good(median):
        return "met"
    low, high = median_range(ratios)
    is_open = is_good(low) or is_good(high)
    return "par" if is_open and abs(median / bound - 1) <= resolution else "MISSED"
