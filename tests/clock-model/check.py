"""Compares `Ticket.serviceLevel` with a model of the clock that shares nothing with Guichet.

Random calendars and policies, then random histories over daylight-saving changes, holidays and nights, brought in by
`guichet import`; then the terms change under them and people work on them, a few times. After each step every timer of
every ticket must show what the model says: to the second, with the same state and due time.

    python3 check.py GUICHET [TICKETS] [SEED]
"""

import random
import re
import sys
import tempfile
import time
from datetime import date, datetime, timedelta, timezone

from desk import Desk
from hours import DAYS, Always, Hours
from model import KINDS, Ticket

ZONES = ["Europe/Paris", "America/New_York", "Australia/Lord_Howe", "America/St_Johns", "Asia/Kathmandu", "UTC"]
REASONS = ["REQUESTER", "THIRD_PARTY", "SCHEDULED"]
PRIORITIES = ["LOW", "NORMAL", "HIGH", "URGENT"]
ORGANIZATIONS = ["Clock A", "Clock B", "Clock C"]
DAY_S = 86400
OFF_MAX_S = 1
ROUNDS = 4
# How long tickets may take to follow other terms.
FOLLOW_S = 120
PAGE = 50

FIELDS = "state target dueAt elapsed remaining segments { startedAt endedAt running } explain { counted }"
CLOCKS = f"""query($after: String) {{ tickets(filter: {{ externalId: {{ containsIgnoreCase: "clock-" }} }}, first: {PAGE},
  after: $after, orderBy: {{ field: NUMBER }}) {{ pageInfo {{ hasNextPage endCursor }} nodes {{ id externalId serviceLevel {{
  nextDueAt {" ".join(f"{kind} {{ {FIELDS} }}" for kind in KINDS)} }} }} }} }}"""


def seconds(text):
    """An ISO 8601 length of time."""
    sign, hours, minutes, rest = re.fullmatch(r"(-?)PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?", text).groups()
    total = int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(rest or 0)
    return -total if sign else total


def moment(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def written(at):
    return datetime.fromtimestamp(at, timezone.utc).isoformat()


class Terms:
    """What is in force, here and at the desk."""

    def __init__(self, chance, desk):
        self.chance, self.desk, self.always = chance, desk, Always()
        self.hours, self.default, self.policies, self.organizations = {}, None, {}, {}
        self.levels = {
            level["rank"]: {kind: level[kind] and seconds(level[kind]) for kind in KINDS}
            for level in desk.run("admin", f"{{ levels {{ rank {' '.join(KINDS)} }} }}")["levels"]
        }

    def of(self, level, organization, priority):
        targets, pauses = dict(self.levels[level]), ["REQUESTER"]
        hours = self.hours.get(self.default, self.always)
        fitting = [
            (scope, said)
            for scope, said in self.policies.values()
            if all(own is None or own == its for own, its in zip(scope, (organization, level, priority)))
        ]
        for _, said in sorted(fitting, key=lambda policy: [own is not None for own in policy[0]]):
            for kind in KINDS:
                targets[kind] = targets[kind] if said[kind] is None else said[kind]
            pauses = pauses if said["pausesOn"] is None else said["pausesOn"]
            hours = self.hours.get(said["calendarId"], hours)
        return targets, pauses, hours

    def random_hours(self):
        chance, intervals = self.chance, []
        for day in range(7):
            for _ in range(chance.choice([0, 1, 1, 2, 3])):
                intervals.append((day, chance.randrange(1440), chance.randrange(1, 1441)))
        # Never so few that due times are years away.
        intervals += [(2, 480, 1020), (5, 1320, 360)]
        intervals = [(day, start, end) for day, start, end in intervals if start != end]
        days = [date(2024, 1, 1) + timedelta(days=chance.randrange(1400)) for _ in range(60)]
        yearly = {(chance.randrange(1, 13), chance.randrange(1, 29)) for _ in range(10)}
        hours = Hours(chance.choice(ZONES), intervals, days, yearly)
        clock = lambda minutes: f"{minutes // 60:02}:{minutes % 60:02}"
        given = {
            "timeZone": hours.zone,
            "intervals": [
                {"weekday": DAYS[day], "from": clock(start), "to": clock(end)} for day, start, end in intervals
            ],
            "holidays": [{"date": day.isoformat()} for day in sorted(hours.dated)]
            + [{"date": f"2024-{month:02}-{day:02}", "isYearly": True} for month, day in sorted(yearly)],
        }
        return hours, given

    def add_calendar(self, is_default=False):
        hours, given = self.random_hours()
        made = self.desk.do(
            "admin", "createCalendar", "calendar { id }", name=f"Clock {len(self.hours)}", isDefault=is_default, **given
        )
        key = made["calendar"]["id"]
        self.hours[key] = hours
        self.default = key if is_default else self.default

    def random_policy(self):
        chance = self.chance
        length = lambda most: chance.choice([None, chance.randrange(60, most * 3600)])
        return {
            "calendarId": chance.choice([None, *self.hours]),
            "pausesOn": chance.choice([None, chance.sample(REASONS, chance.randrange(4))]),
            "firstReply": length(20),
            "nextReply": length(20),
            "resolution": length(120),
        }

    def given(self, said):
        return said | {kind: said[kind] and f"PT{said[kind]}S" for kind in KINDS}

    def add_policy(self, organization, level, priority):
        said = self.random_policy()
        made = self.desk.do(
            "admin", "createServiceLevelPolicy", "policy { id }", name="Clock", levelRank=level, priority=priority,
            organizationId=self.organizations.get(organization), **self.given(said),
        )
        self.policies[made["policy"]["id"]] = ((organization, level, priority), said)

    def change(self):
        """Changes something; the moment from which it counts."""
        chance, desk = self.chance, self.desk
        match chance.choice(["hours", "policy", "policy", "default", "level"]):
            case "hours":
                key = chance.choice(list(self.hours))
                self.hours[key], given = self.random_hours()
                done = desk.do("admin", "editCalendar", "calendar { updatedAt }", calendarId=key, **given)["calendar"]
            case "policy":
                key = chance.choice(list(self.policies))
                scope, said = self.policies[key][0], self.random_policy()
                self.policies[key] = (scope, said)
                done = desk.do(
                    "admin", "editServiceLevelPolicy", "policy { updatedAt }", policyId=key, **self.given(said)
                )["policy"]
            case "default":
                key = chance.choice([key for key in self.hours if key != self.default])
                self.default = key
                done = desk.do("admin", "editCalendar", "calendar { updatedAt }", calendarId=key, isDefault=True)
                done = done["calendar"]
            case "level":
                rank = chance.choice(list(self.levels))
                said = {kind: chance.choice([None, chance.randrange(60, 200_000)]) for kind in KINDS}
                self.levels[rank] = said
                before = time.time()
                desk.do("admin", "editLevel", "level { rank }", rank=rank, **self.given(said))
                # A level does not tell when it was changed; what it promises does not depend on it.
                return before
        return moment(done["updatedAt"])


class Life:
    """A ticket at the desk and in the model, and what happens to it."""

    def __init__(self, chance, terms, number):
        self.chance, self.name = chance, f"clock-{number}"
        self.organization = chance.choice(ORGANIZATIONS)
        # The demo's requester can sign in, and has an organization that no policy is for.
        self.is_ours = number % 5 == 0
        self.level, self.priority = chance.choice(sorted(terms.levels)), chance.choice(PRIORITIES)
        self.now = int(time.time() - chance.randrange(3600, 700 * DAY_S)) + round(chance.random(), 3)
        self.status, self.reason, self.id = "NEW", None, None
        self.started = self.now
        self.ticket = Ticket(terms.of, self.now, self.level, None if self.is_ours else self.organization, self.priority)
        self.first_level, self.history, self.comments = self.level, [], []

    def live(self, most):
        """So much happens, one thing after the other, until an hour ago at the latest."""
        while most > 0:
            gap = self.chance.choice([600, 6 * 3600, DAY_S, 12 * DAY_S])
            self.now += 1 + self.chance.randrange(gap)
            if self.now > time.time() - 3600:
                return
            self.step()
            most -= 1

    def step(self):
        at, chance = self.now, self.chance
        if self.status == "CLOSED":
            return
        match chance.choice(["wait", "wait", "open", "solve", "level", "reply", "internal", "comment", "comment", "close"]):
            case "wait" if self.status != "WAITING":
                self.status, self.reason = "WAITING", chance.choice(REASONS)
                until = {"waitingUntil": "2035-01-01T00:00:00Z"} if self.reason == "SCHEDULED" else {}
                self.history.append({"at": written(at), "status": "WAITING", "waitingReason": self.reason, **until})
                self.ticket.wait(at, self.reason)
            case "open" if self.status != "OPEN":
                self.open(at)
            case "solve" if self.status != "SOLVED":
                self.status = "SOLVED"
                self.history.append({"at": written(at), "status": "SOLVED"})
                self.ticket.solve(at)
            case "level":
                to = chance.choice([level for level in (1, 2, 3) if level != self.level])
                step = {"at": written(at), "fromLevelRank": self.level, "levelRank": to, "reason": "Clock"}
                self.history.append(step)
                self.level = to
                self.ticket.move(at, to)
            case "reply" if self.status != "SOLVED":
                self.comment(at, "agent@demo.guichet.test", "PUBLIC")
                self.ticket.agent_replies(at)
            case "internal":
                self.comment(at, "agent@demo.guichet.test", "INTERNAL")
            case "comment" if self.status != "SOLVED":
                self.comment(at, self.requester(), "PUBLIC")
                self.ticket.requester_comments(at)
                if self.status == "WAITING":
                    self.open(at)
            case "close" if chance.random() < 0.1:
                if self.status != "SOLVED":
                    self.ticket.solve(at)
                self.status = "CLOSED"
                self.history.append({"at": written(at), "status": "CLOSED"})
                self.ticket.close(at)

    def open(self, at):
        if self.status == "SOLVED":
            self.ticket.reopen(at)
        self.ticket.open(at)
        self.status = "OPEN"
        self.history.append({"at": written(at), "status": "OPEN"})

    def comment(self, at, author, visibility):
        self.comments.append({
            "type": "comment", "externalId": f"{self.name}-{len(self.comments)}", "ticketExternalId": self.name,
            "authorEmail": author, "visibility": visibility, "body": "Tick", "createdAt": written(at),
        })

    def requester(self):
        return "requester@demo.guichet.test" if self.is_ours else f"{self.organization[-1].lower()}@clock.test"

    def rows(self):
        row = {
            "type": "ticket", "externalId": self.name, "subject": "Clock", "requesterEmail": self.requester(),
            "status": self.status, "priority": self.priority, "levelRank": self.level,
            "createdAt": written(self.started), "history": self.history,
        }
        if self.status == "WAITING":
            row |= {"waitingReason": self.reason}
            row |= {"waitingUntil": "2035-01-01T00:00:00Z"} if self.reason == "SCHEDULED" else {}
        return [row, *self.comments]

    def work(self, desk):
        """One thing more, by people who are there."""
        chance, ticket = self.chance, "ticket { updatedAt }"
        if self.status == "CLOSED":
            return
        match chance.choice(["wait", "open", "level", "priority", "reply", "comment", "solve"]):
            case "wait" if self.status != "WAITING":
                self.status, self.reason = "WAITING", chance.choice(REASONS)
                until = {"until": "2035-01-01T00:00:00Z"} if self.reason == "SCHEDULED" else {}
                done = desk.do("agent", "waitTicket", ticket, ticketId=self.id, reason=self.reason, **until)
                self.ticket.wait(moment(done["ticket"]["updatedAt"]), self.reason)
            case "open" if self.status in ("WAITING", "SOLVED"):
                done = desk.do("agent", "reopenTicket", ticket, ticketId=self.id)
                at = moment(done["ticket"]["updatedAt"])
                if self.status == "SOLVED":
                    self.ticket.reopen(at)
                self.ticket.open(at)
                self.status = "OPEN"
            case "level":
                to = chance.choice([level for level in (1, 2, 3) if level != self.level])
                done = desk.do("agent", "changeTicketLevel", ticket, ticketId=self.id, levelRank=to, reason="Clock")
                self.level = to
                self.ticket.move(moment(done["ticket"]["updatedAt"]), to)
            case "priority":
                to = chance.choice([priority for priority in PRIORITIES if priority != self.priority])
                done = desk.do("agent", "setTicketPriority", ticket, ticketId=self.id, priority=to)
                self.priority = to
                self.ticket.reprioritize(moment(done["ticket"]["updatedAt"]), to)
            case "reply" if self.status != "SOLVED":
                done = desk.do("agent", "addComment", "comment { createdAt }", ticketId=self.id, body="Tock")
                self.ticket.agent_replies(moment(done["comment"]["createdAt"]))
                self.status = "OPEN" if self.status == "NEW" else self.status
            case "comment" if self.is_ours:
                done = desk.do("requester", "addComment", "comment { createdAt }", ticketId=self.id, body="Tack")
                self.ticket.requester_comments(moment(done["comment"]["createdAt"]))
                self.status = "OPEN" if self.status in ("WAITING", "SOLVED") else self.status
            case "solve" if self.status != "SOLVED":
                done = desk.do("agent", "solveTicket", ticket, ticketId=self.id)
                self.status = "SOLVED"
                self.ticket.solve(moment(done["ticket"]["updatedAt"]))


def shown(desk):
    """Every ticket's clock, with the time before and after it was asked for."""
    after = None
    while True:
        before = time.time()
        page = desk.run("agent", CLOCKS, after=after)["tickets"]
        yield from ((node, before, time.time()) for node in page["nodes"])
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]


def faults(life, level, before, after):
    """What the desk shows otherwise than the model."""
    dues = []
    for kind in KINDS:
        timer, clock = level[kind], life.ticket.timers.get(kind)
        if clock is None or clock.target is None:
            if timer is not None:
                yield f"{kind}: shown, though nothing is promised"
            continue
        if timer is None:
            yield f"{kind}: not shown"
            continue
        due, used = clock.due(), clock.used
        dues += [due] if due else []
        elapsed, whole = seconds(timer["elapsed"]), clock.whole()
        told = sum(
            min(after, moment(segment["endedAt"] or written(after))) - moment(segment["startedAt"])
            for segment in timer["segments"]
            if segment["running"]
        )
        is_near = lambda value, low, high: low - OFF_MAX_S <= value <= high + OFF_MAX_S
        states = {clock.state(moment) for moment in (before - OFF_MAX_S, before, after, after + OFF_MAX_S)}
        if seconds(timer["target"]) != whole:
            yield f"{kind}: target {timer['target']}, not {whole}"
        if not is_near(elapsed, used(before), used(after)):
            yield f"{kind}: elapsed {elapsed}, not {used(after)}"
        if not is_near(seconds(timer["remaining"]), whole - used(after), whole - used(before)):
            yield f"{kind}: remaining {timer['remaining']}, not {whole - used(after)}"
        if timer["state"] not in states:
            yield f"{kind}: {timer['state']}, not {states}"
        if (timer["dueAt"] is None) != (due is None) or due and abs(moment(timer["dueAt"]) - due) > OFF_MAX_S:
            yield f"{kind}: due {timer['dueAt']}, not {due and written(due)}"
        if not is_near(told, used(before), used(after) + 1):
            yield f"{kind}: segments add up to {told}, not {used(after)}"
        if sum(seconds(part["counted"]) for part in timer["explain"]) != elapsed:
            yield f"{kind}: the explanation does not add up"
    next_due = level["nextDueAt"] and moment(level["nextDueAt"])
    if (next_due is None) != (not dues) or dues and abs(next_due - min(dues)) > OFF_MAX_S:
        yield f"next due {level['nextDueAt']}, not {dues and written(min(dues))}"


def compare(desk, lives, within_s):
    """Looks until all is as it should be; ends the program where it is not in time."""
    until = time.time() + within_s
    while True:
        found, count = [], 0
        for node, before, after in shown(desk):
            life = lives[node["externalId"]]
            life.id, count = node["id"], count + 1
            found += [f"{life.name}: {fault}" for fault in faults(life, node["serviceLevel"], before, after)]
        if count != len(lives):
            raise SystemExit(f"{count} tickets are shown, of {len(lives)}")
        if not found:
            return count
        if time.time() > until:
            print("\n".join(found[:20]))
            raise SystemExit(f"{len(found)} differences")
        time.sleep(1)


def main(binary, tickets=2000, seed=None):
    seed = int(seed if seed is not None else time.time())
    chance, tickets = random.Random(seed), int(tickets)
    print(f"seed {seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="guichet-clock.") as folder:
        desk = Desk(binary, folder)
        try:
            check(desk, chance, tickets)
        finally:
            desk.stop()


def check(desk, chance, tickets):
    desk.start()
    desk.stop()
    desk.load({"type": "organization", "name": name} for name in ORGANIZATIONS)
    people = [{"type": "user", "email": f"{name[-1].lower()}@clock.test", "organization": name} for name in ORGANIZATIONS]
    desk.load(people)
    desk.start()
    terms = Terms(chance, desk)
    found = desk.run("admin", "{ organizations(first: 100) { nodes { id name } } }")["organizations"]["nodes"]
    terms.organizations = {node["name"]: node["id"] for node in found if node["name"] in ORGANIZATIONS}
    for index in range(5):
        terms.add_calendar(is_default=index == 0)
    scopes = {
        (chance.choice([None, *ORGANIZATIONS]), chance.choice([None, 1, 2, 3]), chance.choice([None, *PRIORITIES]))
        for _ in range(15)
    }
    for scope in sorted(scopes, key=str):
        terms.add_policy(*scope)
    desk.stop()

    lives = {life.name: life for life in (Life(chance, terms, number) for number in range(tickets))}
    for life in lives.values():
        life.live(chance.randrange(25))
    desk.load(row for life in lives.values() for row in life.rows())
    desk.start()
    print(f"{compare(desk, lives, 0)} histories as the model has them", flush=True)
    for _ in range(ROUNDS):
        since = terms.change()
        for life in lives.values():
            life.ticket.follow(since)
        compare(desk, lives, FOLLOW_S)
        for life in chance.sample(list(lives.values()), min(100, tickets)):
            life.work(desk)
        print(f"{compare(desk, lives, 0)} after other terms and more work", flush=True)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    main(*sys.argv[1:])
