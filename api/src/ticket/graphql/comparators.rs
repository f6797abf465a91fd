//! The tests of one field in a ticket filter.

use async_graphql::{ID, InputObject};
use chrono::{DateTime, SubsecRound, Utc};
use entity::ticket::NEVER;

use super::{
    super::filter::{Filter, IdTest, NumberTest, TextTest, TimeField, TimeTest},
    enums::{Channel, WaitingReason},
    service_level::TimerState,
};
use crate::{
    graphql::{
        GlobalId,
        enums::{Priority, TicketStatus},
    },
    text,
};

/// 0001-01-01T00:00:00Z: a time before all others.
const FIRST: DateTime<Utc> = match DateTime::from_timestamp(-62_135_596_800, 0) {
    Some(time) => time,
    None => DateTime::<Utc>::MIN_UTC,
};

/// Tests an id; of several tests all must hold. An id that names nothing matches nothing.
#[derive(Clone, Debug, Default, InputObject)]
pub struct IdComparator {
    /// It is this.
    eq: Option<ID>,
    /// It is one of these.
    #[graphql(name = "in")]
    one_of: Option<Vec<ID>>,
    /// There is none, or there is one.
    is_null: Option<bool>,
    /// It is the viewer's own: the viewer, one of the viewer's teams, or the viewer's organization.
    is_mine: Option<bool>,
}

/// Tests a number; of several tests all must hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct IntComparator {
    /// It is this.
    eq: Option<i32>,
    /// It is one of these.
    #[graphql(name = "in")]
    one_of: Option<Vec<i32>>,
    /// It is at least this.
    gte: Option<i32>,
    /// It is at most this.
    lte: Option<i32>,
}

/// Tests a text; of several tests all must hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct StringComparator {
    /// It is exactly this.
    eq: Option<String>,
    /// It is exactly one of these.
    #[graphql(name = "in")]
    one_of: Option<Vec<String>>,
    /// It contains this, whatever the case.
    contains_ignore_case: Option<String>,
    /// There is none, or there is one.
    is_null: Option<bool>,
}

/// Tests a time; of several tests all must hold. Where there is no time only `isNull: true` holds.
#[derive(Clone, Debug, Default, InputObject)]
pub struct DateTimeComparator {
    /// It is after this.
    gt: Option<DateTime<Utc>>,
    /// It is at or after this.
    gte: Option<DateTime<Utc>>,
    /// It is before this.
    lt: Option<DateTime<Utc>>,
    /// It is at or before this.
    lte: Option<DateTime<Utc>>,
    /// There is none, or there is one.
    is_null: Option<bool>,
}

/// Tests the tags; of several tests all must hold.
#[expect(clippy::struct_field_names, reason = "the API's names")]
#[derive(Clone, Debug, Default, InputObject)]
pub struct TagsComparator {
    /// It has at least one of these.
    has_any: Option<Vec<String>>,
    /// It has all of these.
    has_all: Option<Vec<String>>,
    /// It has none of these.
    has_none: Option<Vec<String>>,
}

macro_rules! enum_comparators {
    ($($name:ident of $of:ty, $what:literal;)+) => {$(
        #[doc = concat!("Tests ", $what, "; of several tests all must hold.")]
        #[derive(Clone, Debug, Default, InputObject)]
        pub struct $name {
            /// It is this.
            eq: Option<$of>,
            /// It is one of these.
            #[graphql(name = "in")]
            one_of: Option<Vec<$of>>,
        }

        impl $name {
            /// The lists of which each must have the value in it.
            pub(super) fn lists<T: From<$of>>(&self) -> Vec<Vec<T>> {
                let eq = self.eq.iter().map(|value| vec![(*value).into()]);
                let one_of = self.one_of.iter().map(|values| values.iter().map(|value| (*value).into()).collect());
                eq.chain(one_of).collect()
            }
        }
    )+};
}

enum_comparators! {
    StatusComparator of TicketStatus, "a status";
    WaitingReasonComparator of WaitingReason, "what a ticket waits for; where it does not wait nothing matches";
    PriorityComparator of Priority, "a priority";
    ChannelComparator of Channel, "how a ticket came in";
    TimerStateComparator of TimerState, "how a ticket stands to its targets";
}

impl IdComparator {
    pub(super) fn tests<Id: GlobalId + Clone>(
        &self,
        mine: &[Id],
        filter: impl Fn(IdTest<Id>) -> Filter,
    ) -> Vec<Filter> {
        let known = |ids: &[ID]| IdTest::In(ids.iter().filter_map(Id::of).collect());
        let mut tests: Vec<Filter> = Vec::new();
        tests.extend(
            self.eq
                .iter()
                .map(|id| filter(known(std::slice::from_ref(id)))),
        );
        tests.extend(self.one_of.iter().map(|ids| filter(known(ids))));
        tests.extend(
            self.is_null
                .map(|is_null| when(is_null, filter(IdTest::IsNull))),
        );
        tests.extend(
            self.is_mine
                .map(|is_mine| when(is_mine, filter(IdTest::In(mine.to_vec())))),
        );
        tests
    }
}

impl IntComparator {
    pub(super) fn tests(&self) -> Vec<NumberTest> {
        let eq = self.eq.map(|number| NumberTest::In(vec![number]));
        let one_of = self.one_of.clone().map(NumberTest::In);
        let bounds = [
            self.gte.map(NumberTest::AtLeast),
            self.lte.map(NumberTest::AtMost),
        ];
        [eq, one_of].into_iter().chain(bounds).flatten().collect()
    }
}

impl StringComparator {
    pub(super) fn tests(&self, filter: impl Fn(TextTest) -> Filter) -> Vec<Filter> {
        // What cannot be stored matches nothing; asking the database for it would be an error.
        let storable = |texts: &[String]| {
            TextTest::In(
                texts
                    .iter()
                    .filter(|text| !text.contains('\0'))
                    .cloned()
                    .collect(),
            )
        };
        let mut tests = Vec::new();
        tests.extend(
            self.eq
                .iter()
                .map(|text| filter(storable(std::slice::from_ref(text)))),
        );
        tests.extend(self.one_of.iter().map(|texts| filter(storable(texts))));
        tests.extend(self.contains_ignore_case.iter().map(|part| {
            if part.contains('\0') || part.chars().count() > text::SUBJECT_CHARS_MAX {
                Filter::Any(Vec::new())
            } else {
                filter(TextTest::Contains(part.clone()))
            }
        }));
        tests.extend(
            self.is_null
                .map(|is_null| when(is_null, filter(TextTest::IsNull))),
        );
        tests
    }
}

impl DateTimeComparator {
    /// Stored times are exact to the microsecond and have years of four digits, so finer and farther
    /// limits say no more.
    pub(super) fn tests(&self, field: TimeField) -> Vec<Filter> {
        let limit = |time: Option<DateTime<Utc>>, test: fn(DateTime<Utc>) -> TimeTest| {
            time.map(|time| Filter::Time(field, test(time.trunc_subsecs(6).clamp(FIRST, NEVER))))
        };
        let limits = [
            limit(self.gt, TimeTest::After),
            limit(self.gte, TimeTest::AtOrAfter),
            limit(self.lt, TimeTest::Before),
            limit(self.lte, TimeTest::AtOrBefore),
        ];
        let is_null = self
            .is_null
            .map(|is_null| when(is_null, Filter::Time(field, TimeTest::IsNull)));
        limits.into_iter().chain([is_null]).flatten().collect()
    }
}

impl TagsComparator {
    pub(super) fn tests(&self) -> Vec<Filter> {
        // In the form that tags are stored in; what cannot be a tag is on no ticket.
        let tags = |tags: &[String]| -> Vec<String> {
            tags.iter().filter_map(|tag| text::tag(tag).ok()).collect()
        };
        let mut tests = Vec::new();
        tests.extend(
            self.has_any
                .iter()
                .map(|wanted| Filter::HasAnyTag(tags(wanted))),
        );
        tests.extend(
            self.has_all
                .iter()
                .flatten()
                .map(|tag| Filter::HasAnyTag(tags(std::slice::from_ref(tag)))),
        );
        tests.extend(
            self.has_none
                .iter()
                .map(|unwanted| when(false, Filter::HasAnyTag(tags(unwanted)))),
        );
        tests
    }
}

pub(super) fn when(holds: bool, filter: Filter) -> Filter {
    if holds {
        filter
    } else {
        Filter::Not(Box::new(filter))
    }
}
