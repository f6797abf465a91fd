"""Working time, laid out: every open stretch of twelve years, one after the other, and sums up to each.

Nothing of it is shared with Guichet: the time zones are those of the system, and there is no arithmetic on
weeks. A stretch is open while the wall shows a date that is no holiday and a time inside an interval.
"""

from bisect import bisect_right
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

DAYS = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"]
FIRST, LAST = date(2023, 1, 1), date(2036, 1, 1)


def at(day, seconds=0):
    """The moment so many seconds after midnight in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=timezone.utc).timestamp() + seconds


@lru_cache
def offsets(zone):
    """From which moments on the wall is how far ahead of UTC."""
    offset = lambda moment: datetime.fromtimestamp(moment, ZoneInfo(zone)).utcoffset().total_seconds()
    moment, end, found = at(FIRST) - 86400, at(LAST) + 86400, []
    while moment < end:
        if not found or offset(moment) != found[-1][1]:
            # Changed within the last hour, at a whole second.
            low, high = (moment - 3600, moment) if found else (moment, moment)
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset(middle) == found[-1][1] else (low, middle)
            found.append((high, offset(moment)))
        moment += 3600
    return found


class Hours:
    """What a calendar says: a zone, intervals as (weekday, from, to) in minutes, dated and yearly holidays."""

    def __init__(self, zone, intervals, dated=(), yearly=()):
        self.zone, self.intervals, self.dated, self.yearly = zone, list(intervals), set(dated), set(yearly)
        self.starts, self.ends, self.sums = [], [], [0]
        for start, end in self.stretches():
            if self.ends and start <= self.ends[-1]:
                self.sums[-1] += max(0, end - self.ends[-1])
                self.ends[-1] = max(end, self.ends[-1])
            else:
                self.starts.append(start)
                self.ends.append(end)
                self.sums.append(self.sums[-1] + end - start)

    def stretches(self):
        """In the order in which they start."""
        changes, found = offsets(self.zone), []
        for index, (since, offset) in enumerate(changes):
            until = changes[index + 1][0] if index + 1 < len(changes) else at(LAST)
            day = datetime.fromtimestamp(since + offset, timezone.utc).date()
            while at(day) - offset < until:
                for start, end in self.on(day):
                    start, end = at(day, start * 60) - offset, at(day, end * 60) - offset
                    if max(start, since) < min(end, until):
                        found.append((max(start, since), min(end, until)))
                day += timedelta(days=1)
        return sorted(found)

    def on(self, day):
        """What is open on a date, in minutes."""
        if day in self.dated or (day.month, day.day) in self.yearly:
            return
        for weekday, start, end in self.intervals:
            if end > start:
                if weekday == day.weekday():
                    yield start, end
            else:
                if weekday == day.weekday():
                    yield start, 1440
                if (weekday + 1) % 7 == day.weekday():
                    yield 0, end

    def until(self, moment):
        index = bisect_right(self.starts, moment)
        if index == 0:
            return 0
        return self.sums[index - 1] + min(moment, self.ends[index - 1]) - self.starts[index - 1]

    def elapsed(self, start, end):
        return self.until(end) - self.until(start)

    def add(self, start, amount):
        """The first moment by which so much time has passed; none past what is laid out."""
        if amount <= 0:
            return start
        goal = self.until(start) + amount
        low, high = 0, len(self.starts)
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if self.sums[middle + 1] < goal else (low, middle)
        return self.starts[low] + goal - self.sums[low] if low < len(self.starts) else None


class Always:
    """Every hour counts."""

    def elapsed(self, start, end):
        return end - start

    def add(self, start, amount):
        return start + max(0, amount)
