//! Tests of custom fields in a ticket filter.

use async_graphql::InputObject;
use entity::json::Number;

use super::{
    super::filter::{FieldTest, Filter, Limit},
    comparators::when,
};
use crate::graphql::scalars::Date;

/// Tests one custom field; of several tests all must hold. A test that is not of the field's type, and one
/// of a field that does not exist, holds for no ticket. The words of a text are not tested.
#[derive(Clone, Debug, InputObject)]
pub struct CustomFieldComparator {
    /// The field's key.
    key: String,
    /// There is no value, or there is one.
    is_null: Option<bool>,
    /// Of a `BOOLEAN` field: it is this.
    boolean: Option<bool>,
    /// Of a `NUMBER` field.
    number: Option<NumberComparator>,
    /// Of a `DATE` field.
    date: Option<DateComparator>,
    /// Of a `CHOICE` or `CHOICES` field, by the keys of choices.
    choice: Option<ChoiceComparator>,
}

/// Tests a number; of several tests all must hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct NumberComparator {
    /// It is this.
    eq: Option<f64>,
    /// It is greater than this.
    gt: Option<f64>,
    /// It is at least this.
    gte: Option<f64>,
    /// It is less than this.
    lt: Option<f64>,
    /// It is at most this.
    lte: Option<f64>,
}

/// Tests a day; of several tests all must hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct DateComparator {
    /// It is this.
    eq: Option<Date>,
    /// It is after this.
    gt: Option<Date>,
    /// It is this or after it.
    gte: Option<Date>,
    /// It is before this.
    lt: Option<Date>,
    /// It is this or before it.
    lte: Option<Date>,
}

/// Tests choices; of several tests all must hold.
#[expect(clippy::struct_field_names, reason = "the API's names")]
#[derive(Clone, Debug, Default, InputObject)]
pub struct ChoiceComparator {
    /// At least one of these is chosen.
    has_any: Option<Vec<String>>,
    /// All of these are chosen.
    has_all: Option<Vec<String>>,
    /// None of these is chosen.
    has_none: Option<Vec<String>>,
}

impl CustomFieldComparator {
    pub(super) fn tests(&self) -> Vec<Filter> {
        let test = |test| Filter::Field(self.key.clone(), test);
        // What cannot be stored is no key.
        if self.key.contains('\0') {
            return vec![Filter::Any(Vec::new())];
        }
        let mut tests = Vec::new();
        tests.extend(
            self.is_null
                .map(|is_null| when(!is_null, test(FieldTest::IsThere))),
        );
        let boolean = self.boolean.map(|boolean| vec![boolean.to_string()]);
        tests.extend(boolean.map(FieldTest::HasAny).map(test));
        if let Some(number) = &self.number {
            tests.extend(number.tests().into_iter().map(|found| {
                // A limit that is no number holds for none.
                found.map_or(Filter::Any(Vec::new()), test)
            }));
        }
        let dates = self.date.iter().flat_map(DateComparator::tests);
        tests.extend(dates.map(test));
        if let Some(choice) = &self.choice {
            choice.add(&test, &mut tests);
        }
        tests
    }
}

impl NumberComparator {
    fn tests(&self) -> Vec<Option<FieldTest>> {
        let limits = [
            (Limit::Is, self.eq),
            (Limit::After, self.gt),
            (Limit::AtOrAfter, self.gte),
            (Limit::Before, self.lt),
            (Limit::AtOrBefore, self.lte),
        ];
        let limits = limits.into_iter();
        limits
            .filter_map(|(limit, number)| Some((limit, number?)))
            .map(|(limit, number)| Some(FieldTest::Number(limit, Number::of(number)?)))
            .collect()
    }
}

impl DateComparator {
    fn tests(&self) -> Vec<FieldTest> {
        let limits = [
            (Limit::Is, self.eq),
            (Limit::After, self.gt),
            (Limit::AtOrAfter, self.gte),
            (Limit::Before, self.lt),
            (Limit::AtOrBefore, self.lte),
        ];
        let limits = limits.into_iter();
        limits
            .filter_map(|(limit, day)| Some(FieldTest::Date(limit, day?.0)))
            .collect()
    }
}

impl ChoiceComparator {
    fn add(&self, test: &impl Fn(FieldTest) -> Filter, tests: &mut Vec<Filter>) {
        let storable = |keys: &[String]| {
            let keys = keys.iter().filter(|key| !key.contains('\0'));
            test(FieldTest::HasAny(keys.cloned().collect()))
        };
        tests.extend(self.has_any.iter().map(|keys| storable(keys)));
        let all = self.has_all.iter().flatten();
        tests.extend(all.map(|key| storable(std::slice::from_ref(key))));
        let none = self.has_none.iter();
        tests.extend(none.map(|keys| when(false, storable(keys))));
    }
}
