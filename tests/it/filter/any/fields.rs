//! Any custom fields, and any tests of them.

use entity::json::{FieldFact, Fields, Number};
use proptest::{
    option::of,
    prelude::*,
    sample::{select, subsequence},
};
use serde_json::{Value, json};

use super::{object, one_or_two, test};

/// Keys of custom fields, and the choices, days and numbers in them.
pub(in crate::filter) const FIELDS: [&str; 5] = ["note", "urgent", "since", "parts", "floor"];
const PARTS_OF_ALL: [&str; 4] = ["fan", "disk", "a_b", "b"];
const DAYS: [&str; 4] = ["0001-01-01", "2026-01-31", "2026-02-01", "9999-12-31"];
const NUMBERS: [f64; 7] = [-1e9, -0.1, -0.0, 0.0, 0.3, 7.0, 123_456_789.123_457];

/// A value of each field, or none.
pub(super) fn custom_fields() -> impl Strategy<Value = Fields> + use<> {
    let fact = |items: Vec<String>, number: Option<f64>| FieldFact {
        items,
        number: number.and_then(Number::of),
    };
    let note = of(Just(fact(Vec::new(), None)));
    let urgent = any::<bool>().prop_map(move |is| fact(vec![is.to_string()], None));
    let since = select(&DAYS[..]).prop_map(move |day| fact(vec![day.to_owned()], None));
    let parts = subsequence(&PARTS_OF_ALL[..], 1..=3)
        .prop_map(move |parts| fact(parts.into_iter().map(str::to_owned).collect(), None));
    let floor = select(&NUMBERS[..]).prop_map(move |number| fact(Vec::new(), Some(number)));
    (note, of(urgent), of(since), of(parts), of(floor)).prop_map(|facts| {
        let facts = [facts.0, facts.1, facts.2, facts.3, facts.4];
        let held = FIELDS.iter().zip(facts);
        Fields(
            held.filter_map(|(key, fact)| Some(((*key).to_owned(), fact?)))
                .collect(),
        )
    })
}

/// Tests of one custom field, of its type or of another.
pub(super) fn custom_field_tests() -> BoxedStrategy<(&'static str, Value)> {
    let limits = |values: Vec<Value>| {
        let of = |name| test(name, select(values.clone()));
        one_or_two(["eq", "gt", "gte", "lt", "lte"].map(of).to_vec()).prop_map(object)
    };
    let numbers = limits(
        NUMBERS
            .iter()
            .chain(&[1e300, 0.25])
            .map(|number| json!(number))
            .collect(),
    );
    let days = limits(DAYS.iter().map(|day| json!(day)).collect());
    let keys = || subsequence(vec!["fan", "disk", "wing", "a\u{0}b"], 0..=2);
    let choices = one_or_two(vec![
        test("hasAny", keys()),
        test("hasAll", keys()),
        test("hasNone", keys()),
    ]);
    let tests = one_or_two(vec![
        test("isNull", any::<bool>()),
        test("boolean", any::<bool>()),
        test("number", numbers),
        test("date", days),
        test("choice", choices.prop_map(object)),
    ]);
    let key = select([&FIELDS[..], &["nothing", "a\u{0}b"][..]].concat());
    let one = (key, tests).prop_map(|(key, tests)| {
        let mut field = object(tests);
        field["key"] = json!(key);
        field
    });
    let some = proptest::collection::vec(one, 0..=2);
    some.prop_map(|fields| ("customFields", Value::from(fields)))
        .boxed()
}
