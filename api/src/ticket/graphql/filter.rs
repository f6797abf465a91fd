//! The ticket filter as clients write it.

use async_graphql::{ID, InputObject};
use chrono::{DateTime, SubsecRound, Utc};
use entity::ids::{OrganizationId, TeamId, UserId};

use super::{
    super::filter::{Filter, IdTest, NumberTest, TextTest, TimeField, TimeTest},
    service_level::TimerState,
    types::{Channel, WaitingReason},
};
use crate::{
    actor::Actor,
    error::{Error, Result},
    graphql::{
        GlobalId,
        enums::{Priority, TicketStatus},
    },
    text,
};

/// Filters in one filter, at whatever depth.
const FILTERS_MAX: usize = 100;
/// Values in the lists of one filter, all together.
const VALUES_MAX: usize = 1_000;

/// Which tickets: those that pass everything that is given. An empty filter passes all.
#[derive(Clone, Debug, Default, InputObject)]
pub struct TicketFilter {
    /// Those that pass all of these.
    and: Option<Vec<TicketFilter>>,
    /// Those that pass at least one of these; of an empty list none.
    or: Option<Vec<TicketFilter>>,
    /// Those that do not pass this.
    not: Option<Box<TicketFilter>>,
    /// By status.
    status: Option<StatusComparator>,
    /// By what they wait for.
    waiting_reason: Option<WaitingReasonComparator>,
    /// By priority.
    priority: Option<PriorityComparator>,
    /// By how they came in.
    channel: Option<ChannelComparator>,
    /// By the rank of their level: 1, 2, 3.
    level: Option<IntComparator>,
    /// By the team that they are routed to.
    team: Option<IdComparator>,
    /// By the agent who has them.
    assignee: Option<IdComparator>,
    /// By who needs the help.
    requester: Option<IdComparator>,
    /// By the requester's organization.
    organization: Option<IdComparator>,
    /// By tags.
    tags: Option<TagsComparator>,
    /// By what another system calls them. `containsIgnoreCase` ignores the case of A to Z only.
    external_id: Option<StringComparator>,
    /// By subject. `containsIgnoreCase` ignores accents too.
    subject: Option<StringComparator>,
    /// By how they stand to the targets of their level, as a whole.
    service_level: Option<TimerStateComparator>,
    /// By when they were opened.
    created_at: Option<DateTimeComparator>,
    /// By when they were last changed.
    updated_at: Option<DateTimeComparator>,
    /// By the earliest due time of the timers that run.
    next_due_at: Option<DateTimeComparator>,
    /// By when they were solved.
    solved_at: Option<DateTimeComparator>,
}

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
            fn lists<T: From<$of>>(&self) -> Vec<Vec<T>> {
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

impl TicketFilter {
    /// Works the viewer and the time in. Too large a filter is refused.
    pub fn compile(&self, actor: &Actor, now: DateTime<Utc>) -> Result<Filter> {
        let mut room = Room {
            filters: FILTERS_MAX,
            values: VALUES_MAX,
        };
        self.within(&mut room, actor, now)
    }

    fn within(&self, room: &mut Room, actor: &Actor, now: DateTime<Utc>) -> Result<Filter> {
        room.take_filter()?;
        let mut all = self.tests(room, actor, now)?;
        for filter in self.and.iter().flatten() {
            all.push(filter.within(room, actor, now)?);
        }
        if let Some(any) = &self.or {
            let any: Result<_> = any
                .iter()
                .map(|filter| filter.within(room, actor, now))
                .collect();
            all.push(Filter::Any(any?));
        }
        if let Some(filter) = &self.not {
            all.push(Filter::Not(Box::new(filter.within(room, actor, now)?)));
        }
        Ok(Filter::All(all))
    }

    fn tests(&self, room: &mut Room, actor: &Actor, now: DateTime<Utc>) -> Result<Vec<Filter>> {
        let mut tests = Vec::new();
        let lists = self.status.iter().flat_map(StatusComparator::lists);
        tests.extend(lists.map(Filter::Status));
        let lists = self
            .waiting_reason
            .iter()
            .flat_map(WaitingReasonComparator::lists);
        tests.extend(lists.map(Filter::WaitingReason));
        let lists = self.priority.iter().flat_map(PriorityComparator::lists);
        tests.extend(lists.map(Filter::Priority));
        let lists = self.channel.iter().flat_map(ChannelComparator::lists);
        tests.extend(lists.map(Filter::Channel));
        let lists = self
            .service_level
            .iter()
            .flat_map(TimerStateComparator::lists);
        tests.extend(lists.map(|states| Filter::ServiceLevel(states, now)));
        tests.extend(
            self.level
                .iter()
                .flat_map(IntComparator::tests)
                .map(Filter::Level),
        );
        tests.extend(self.tags.iter().flat_map(TagsComparator::tests));
        tests.extend(
            self.external_id
                .iter()
                .flat_map(|test| test.tests(Filter::ExternalId)),
        );
        tests.extend(
            self.subject
                .iter()
                .flat_map(|test| test.tests(Filter::Subject)),
        );
        self.add_ids(actor, &mut tests);
        self.add_times(&mut tests);
        room.take_values(&tests)?;
        Ok(tests)
    }

    fn add_ids(&self, actor: &Actor, tests: &mut Vec<Filter>) {
        let me: Vec<UserId> = actor.id().into_iter().collect();
        let teams: Vec<TeamId> = actor.teams().iter().map(|(id, _)| *id).collect();
        let organization: Vec<OrganizationId> = actor.organization_id().into_iter().collect();
        tests.extend(
            self.team
                .iter()
                .flat_map(|test| test.tests(&teams, Filter::Team)),
        );
        tests.extend(
            self.assignee
                .iter()
                .flat_map(|test| test.tests(&me, Filter::Assignee)),
        );
        tests.extend(
            self.requester
                .iter()
                .flat_map(|test| test.tests(&me, Filter::Requester)),
        );
        tests.extend(
            self.organization
                .iter()
                .flat_map(|test| test.tests(&organization, Filter::Organization)),
        );
    }

    fn add_times(&self, tests: &mut Vec<Filter>) {
        let fields = [
            (&self.created_at, TimeField::Created),
            (&self.updated_at, TimeField::Updated),
            (&self.next_due_at, TimeField::NextDue),
            (&self.solved_at, TimeField::Solved),
        ];
        for (comparator, field) in fields {
            tests.extend(comparator.iter().flat_map(|test| test.tests(field)));
        }
    }
}

/// How much more a filter may hold.
struct Room {
    filters: usize,
    values: usize,
}

impl Room {
    fn take_filter(&mut self) -> Result<()> {
        self.filters = self
            .filters
            .checked_sub(1)
            .ok_or(Error::BadInput("a filter has at most 100 filters in it"))?;
        Ok(())
    }

    fn take_values(&mut self, tests: &[Filter]) -> Result<()> {
        let values = tests.iter().map(Filter::value_count).sum();
        self.values = self
            .values
            .checked_sub(values)
            .ok_or(Error::BadInput("a filter has at most 1,000 values in it"))?;
        Ok(())
    }
}

impl IdComparator {
    fn tests<Id: GlobalId + Clone>(
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
    fn tests(&self) -> Vec<NumberTest> {
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
    fn tests(&self, filter: impl Fn(TextTest) -> Filter) -> Vec<Filter> {
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
            if part.contains('\0') {
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
    /// Stored times are exact to the microsecond, so finer limits say no more.
    fn tests(&self, field: TimeField) -> Vec<Filter> {
        let limit = |time: Option<DateTime<Utc>>, test: fn(DateTime<Utc>) -> TimeTest| {
            time.map(|time| Filter::Time(field, test(time.trunc_subsecs(6))))
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
    fn tests(&self) -> Vec<Filter> {
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

fn when(holds: bool, filter: Filter) -> Filter {
    if holds {
        filter
    } else {
        Filter::Not(Box::new(filter))
    }
}
