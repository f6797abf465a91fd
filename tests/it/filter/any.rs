//! Any ticket, and any filter that the API takes.

mod fields;

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    json::Tags,
    ticket::{self, Channel, NEVER, Priority, ServicePhase, Status, WaitingReason, Warning},
};
use guichet::text;
use harness::{TestServer, global};
use proptest::{
    prelude::*,
    sample::{select, subsequence},
};
use serde_json::{Value, json};

pub(super) use self::fields::FIELDS;
use self::fields::{custom_field_tests, custom_fields};
use crate::rows;

const SUBJECTS: [&str; 10] = [
    "Imprimante en feu",
    "IMPRIMANTE éteinte",
    "100 % de la mémoire",
    "100_percent",
    r"C:\temp\100%",
    "Ærøskøbing İstanbul straße",
    "ΟΔΟΣ odos",
    "''; --",
    "日本語のチケット",
    "x",
];
const PARTS: [&str; 14] = [
    "imprimante",
    "ETEINTE",
    "é",
    "E",
    "%",
    "_",
    r"\",
    "100_",
    r"\temp\",
    "STRASSE",
    "ος",
    "'",
    "",
    "本",
];
const EXTERNAL_IDS: [&str; 6] = ["OPS-1", "ops-1", "É-2", "é-2", "a%b_c", r"back\slash"];
const TAGS: [&str; 5] = ["vpn", "été", "a-b", "100%", "x_y"];
/// As clients may spell them, and such as no ticket can have.
const WANTED_TAGS: [&str; 8] = ["vpn", "VPN", "ÉTÉ", "a b", "100%", "x_y", "", "a\u{0}b"];

/// Times around now, where limits are, and the one that means "never".
fn time(now: DateTime<Utc>) -> impl Strategy<Value = DateTime<Utc>> {
    let near = [-3_600_000_000, -1, 0, 1, 500_000, 3_600_000_000]
        .map(|us| now + TimeDelta::microseconds(us));
    select(near.to_vec())
}

pub(super) fn ticket_like(server: &TestServer) -> impl Strategy<Value = ticket::Model> + use<> {
    let now = server.now();
    let requesters = vec![server.requester().user_id(), server.stranger().user_id()];
    let organizations = vec![
        None,
        Some(server.organization()),
        Some(server.discreet_organization()),
    ];
    let teams = vec![None, Some(server.team()), Some(server.external_team())];
    let agents = vec![
        None,
        Some(server.agent().user_id()),
        Some(server.lead().user_id()),
    ];
    let due = move || prop_oneof![2 => time(now), 1 => Just(NEVER)];
    let kind = (
        select(
            &[
                Status::New,
                Status::Open,
                Status::Waiting,
                Status::Solved,
                Status::Closed,
            ][..],
        ),
        select(
            &[
                None,
                Some(WaitingReason::Requester),
                Some(WaitingReason::ThirdParty),
            ][..],
        ),
        select(
            &[
                Priority::Low,
                Priority::Normal,
                Priority::High,
                Priority::Urgent,
            ][..],
        ),
        select(&[Channel::Portal, Channel::Email, Channel::Api][..]),
        1_i16..=3,
    );
    let people = (
        select(requesters),
        select(organizations),
        select(teams),
        select(agents),
    );
    let words = (
        select(&SUBJECTS[..]),
        proptest::option::of(select(&EXTERNAL_IDS[..])),
        subsequence(&TAGS[..], 0..=3),
    );
    let phase = select(
        &[
            ServicePhase::Running,
            ServicePhase::Paused,
            ServicePhase::Met,
            ServicePhase::Cancelled,
        ][..],
    );
    let warning = select(&[Warning::None, Warning::AtRisk, Warning::Breached][..]);
    let times = (
        (phase, warning),
        due(),
        due(),
        time(now),
        time(now),
        proptest::option::of(time(now)),
    );
    let blank = rows::ticket(server);
    let all = (kind, people, words, times, custom_fields());
    all.prop_map(move |(kind, people, words, times, fields)| ticket::Model {
        fields,
        status: kind.0,
        waiting_reason: kind.1,
        priority: kind.2,
        channel: kind.3,
        level_rank: kind.4,
        requester_id: people.0,
        organization_id: people.1,
        team_id: people.2,
        assignee_id: people.3,
        subject: words.0.to_owned(),
        subject_folded: text::fold(words.0),
        external_id: words.1.map(str::to_owned),
        tags: Tags(words.2.into_iter().map(str::to_owned).collect()),
        service_phase: times.0.0,
        warning: times.0.1,
        next_due_at: times.1,
        at_risk_at: times.2,
        created_at: times.3,
        updated_at: times.4,
        solved_at: times.5,
        ..blank.clone()
    })
}

/// Any filter that the API takes, up to three levels deep.
pub(super) fn filter(server: &TestServer) -> impl Strategy<Value = Value> + use<> {
    let leaf = proptest::collection::vec(field(server), 0..=3).prop_map(object);
    leaf.prop_recursive(3, 24, 3, |inner| {
        let some = proptest::collection::vec(inner.clone(), 0..=3);
        let parts = (
            inner.clone(),
            proptest::option::of(some.clone()),
            proptest::option::of(some),
            proptest::option::of(inner),
        );
        parts.prop_map(|(mut filter, and, or, not)| {
            for (name, part) in [
                ("and", and.map(Value::from)),
                ("or", or.map(Value::from)),
                ("not", not),
            ] {
                if let Some(part) = part {
                    filter[name] = part;
                }
            }
            filter
        })
    })
}

fn object(fields: Vec<(&'static str, Value)>) -> Value {
    fields
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// One field of a filter with one or two tests in it.
fn field(server: &TestServer) -> impl Strategy<Value = (&'static str, Value)> + use<> {
    let people = [
        server.requester().id(),
        server.agent().id(),
        server.lead().id(),
        "nonsense".to_owned(),
    ]
    .to_vec();
    let teams = [server.team(), server.external_team()].map(global).to_vec();
    let organizations = [server.organization(), server.discreet_organization()]
        .map(global)
        .to_vec();
    prop_oneof![
        named(
            "status",
            words(&["NEW", "OPEN", "WAITING", "SOLVED", "CLOSED"])
        ),
        named(
            "waitingReason",
            words(&["REQUESTER", "THIRD_PARTY", "SCHEDULED"])
        ),
        named("priority", words(&["LOW", "NORMAL", "HIGH", "URGENT"])),
        named("channel", words(&["PORTAL", "EMBEDDED", "API"])),
        named(
            "serviceLevel",
            words(&[
                "RUNNING",
                "PAUSED",
                "AT_RISK",
                "BREACHED",
                "MET",
                "CANCELLED"
            ])
        ),
        named("level", numbers_test()),
        named("requester", ids(people.clone())),
        named("assignee", ids(people)),
        named("team", ids(teams)),
        named("organization", ids(organizations)),
        named("tags", tags()),
        named("subject", texts(&SUBJECTS)),
        named("externalId", texts(&EXTERNAL_IDS)),
        named("createdAt", times(server.now())),
        named("updatedAt", times(server.now())),
        named("nextDueAt", times(server.now())),
        named("solvedAt", times(server.now())),
        custom_field_tests(),
    ]
}

fn named(
    name: &'static str,
    tests: BoxedStrategy<Vec<(&'static str, Value)>>,
) -> BoxedStrategy<(&'static str, Value)> {
    tests.prop_map(move |tests| (name, object(tests))).boxed()
}

type Test = BoxedStrategy<(&'static str, Value)>;

fn one_or_two(tests: Vec<Test>) -> BoxedStrategy<Vec<(&'static str, Value)>> {
    proptest::collection::vec(proptest::strategy::Union::new(tests), 1..=2).boxed()
}

fn test<T: Into<Value> + std::fmt::Debug>(
    name: &'static str,
    value: impl Strategy<Value = T> + 'static,
) -> Test {
    value.prop_map(move |value| (name, value.into())).boxed()
}

fn eq_and_in(values: Vec<Value>) -> [Test; 2] {
    let bounds = 0..=values.len();
    [
        test("eq", select(values.clone())),
        test("in", subsequence(values, bounds)),
    ]
}

fn words(words: &[&str]) -> BoxedStrategy<Vec<(&'static str, Value)>> {
    one_or_two(eq_and_in(words.iter().map(|word| json!(word)).collect()).to_vec())
}

fn numbers_test() -> BoxedStrategy<Vec<(&'static str, Value)>> {
    let mut tests = eq_and_in([0, 1, 2, 3, 40_000].map(|number| json!(number)).to_vec()).to_vec();
    tests.extend([test("gte", 0_i32..=4), test("lte", 0_i32..=4)]);
    one_or_two(tests)
}

fn ids(ids: Vec<String>) -> BoxedStrategy<Vec<(&'static str, Value)>> {
    let mut tests = eq_and_in(ids.into_iter().map(Value::from).collect()).to_vec();
    tests.extend([test("isNull", any::<bool>()), test("isMine", any::<bool>())]);
    one_or_two(tests)
}

fn tags() -> BoxedStrategy<Vec<(&'static str, Value)>> {
    let some = || subsequence(&WANTED_TAGS[..], 0..=2);
    one_or_two(vec![
        test("hasAny", some()),
        test("hasAll", some()),
        test("hasNone", some()),
    ])
}

fn texts(stored: &[&str]) -> BoxedStrategy<Vec<(&'static str, Value)>> {
    let mut tests = eq_and_in(stored.iter().map(|text| json!(text)).collect()).to_vec();
    let parts = prop_oneof![4 => select(&PARTS[..]).prop_map(str::to_owned), 1 => ".{0,3}"];
    tests.extend([
        test("containsIgnoreCase", parts),
        test("isNull", any::<bool>()),
    ]);
    one_or_two(tests)
}

/// Some are finer than what is stored, some out of what either database can store.
fn times(now: DateTime<Utc>) -> BoxedStrategy<Vec<(&'static str, Value)>> {
    let edges = [
        json!(now + TimeDelta::nanoseconds(400)),
        json!(NEVER),
        json!("0001-01-01T00:00:00Z"),
        json!("9999-12-31T23:59:59.999999Z"),
        json!("+12000-01-01T00:00:00Z"),
        json!("-0400-01-01T00:00:00Z"),
        json!("-20000-01-01T00:00:00Z"),
    ];
    let limit = move || prop_oneof![4 => time(now).prop_map(|time| json!(time)), 1 => select(edges.to_vec())];
    let mut tests: Vec<Test> = ["gt", "gte", "lt", "lte"]
        .map(|name| test(name, limit()))
        .to_vec();
    tests.push(test("isNull", any::<bool>()));
    one_or_two(tests)
}
