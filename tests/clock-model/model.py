"""What a ticket's timers show, told by the rules as docs/api.md has them."""

from math import ceil

KINDS = ["firstReply", "nextReply", "resolution"]


class Timer:
    def __init__(self, target, start, hours):
        self.target, self.grace, self.ended, self.outcome = target, 0, None, None
        # Stretches: since when, until when, by which hours; none where time stands still.
        self.stretches = [[start, None, hours]]

    def turn(self, moment, hours):
        """From now on time counts by these hours, or stands still."""
        if not self.outcome and self.stretches[-1][2] is not hours:
            self.stretches[-1][1] = moment
            self.stretches.append([moment, None, hours])

    def end(self, outcome, moment):
        if not self.outcome:
            self.outcome, self.ended = outcome, moment
            self.stretches[-1][1] = moment

    def used(self, now):
        return sum(
            hours.elapsed(start, now if end is None else end) for start, end, hours in self.stretches if hours
        )

    def whole(self):
        return self.target + self.grace

    def due(self):
        if self.outcome or self.stretches[-1][2] is None:
            return None
        left = self.whole()
        for start, end, hours in self.stretches:
            if not hours:
                continue
            counted = None if end is None else hours.elapsed(start, end)
            if counted is None or counted >= left:
                return hours.add(start, left)
            left -= counted

    def state(self, now):
        used = self.used(now)
        if self.outcome == "CANCELLED":
            return "CANCELLED"
        if not self.outcome and self.stretches[-1][2] is None:
            return "PAUSED"
        if used >= self.whole():
            return "BREACHED"
        if self.outcome:
            return "MET"
        return "AT_RISK" if used >= self.whole() * 0.8 else "RUNNING"


class Ticket:
    """`terms(level, organization, priority)` gives targets, the reasons that pause, and hours, as in force."""

    def __init__(self, terms, moment, level, organization, priority):
        self.terms, self.level, self.organization, self.priority = terms, level, organization, priority
        self.waits = None
        self.targets, self.pauses, self.hours = terms(level, organization, priority)
        self.timers = {kind: Timer(self.targets[kind], moment, self.hours) for kind in ["firstReply", "resolution"]}

    def running(self):
        return None if self.waits in self.pauses else self.hours

    def turn(self, moment):
        for timer in self.timers.values():
            timer.turn(moment, self.running())

    def follow(self, moment):
        """Other terms may be in force from now on."""
        self.targets, self.pauses, self.hours = self.terms(self.level, self.organization, self.priority)
        for kind, timer in self.timers.items():
            if not timer.outcome:
                timer.target = self.targets[kind]
        self.turn(moment)

    def move(self, moment, level):
        self.level = level
        self.follow(moment)

    def reprioritize(self, moment, priority):
        self.priority = priority
        self.follow(moment)

    def wait(self, moment, reason):
        self.reopen(moment)
        self.waits = reason
        self.turn(moment)

    def open(self, moment):
        self.waits = None
        self.turn(moment)

    def solve(self, moment):
        self.waits = None
        for kind in ["firstReply", "nextReply"]:
            if kind in self.timers:
                self.timers[kind].end("CANCELLED", moment)
        self.timers["resolution"].end("MET", moment)

    def reopen(self, moment):
        timer = self.timers["resolution"]
        if timer.outcome != "MET":
            return
        timer.outcome = timer.ended = None
        timer.target = self.targets["resolution"]
        timer.stretches[-1][1] = timer.stretches[-1][1] or moment
        timer.stretches.append([moment, None, self.hours])
        self.waits = None
        if timer.target is not None:
            missing = timer.target / 4 - (timer.whole() - timer.used(moment))
            timer.grace += max(0, ceil(round(missing, 6)))

    def close(self, moment):
        for timer in self.timers.values():
            timer.end("CANCELLED", moment)

    def requester_comments(self, moment):
        self.reopen(moment)
        self.open(moment)
        owed = [self.timers.get(kind) for kind in ["firstReply", "nextReply"]]
        if not any(timer and not timer.outcome for timer in owed):
            self.timers["nextReply"] = Timer(self.targets["nextReply"], moment, self.hours)

    def agent_replies(self, moment):
        for kind in ["firstReply", "nextReply"]:
            if kind in self.timers:
                self.timers[kind].end("MET", moment)
