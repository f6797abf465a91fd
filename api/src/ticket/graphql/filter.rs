//! The ticket filter as clients write it.

use async_graphql::InputObject;
use entity::ids::{OrganizationId, TeamId, UserId};
use sea_orm::DbBackend;

use super::{
    super::filter::{Filter, TimeField},
    comparators::{
        ChannelComparator, DateTimeComparator, IdComparator, IntComparator, PriorityComparator,
        StatusComparator, StringComparator, TagsComparator, TimerStateComparator,
        WaitingReasonComparator,
    },
    fields::CustomFieldComparator,
};
use crate::{
    actor::Actor,
    custom_field::{self, Definitions},
    error::{Error, Result},
    index::{HasWords, Query},
    policy,
};

/// Filters in one filter, at whatever depth.
const FILTERS_MAX: usize = 100;
/// Values in the lists of one filter, all together.
const VALUES_MAX: usize = 1_000;
/// Texts in one filter, at whatever depth: each is a search.
const TEXTS_MAX: usize = 5;

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
    /// Those with all these words in their number, subject, description or custom fields: without regard to case,
    /// accents and inflection, in any order; the last word may be only begun, and words in quotes must stand together.
    /// A text without a word passes none. At most 1,000 characters, and five such texts in one filter. Lists only:
    /// queues and live streams follow what happens to tickets, which says nothing of their words, and refuse it.
    text: Option<String>,
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
    /// By custom fields: those that pass all of these. Staff only.
    custom_fields: Option<Vec<CustomFieldComparator>>,
}

impl TicketFilter {
    /// Works the viewer in, for what is followed: a queue, a stream. Too large a filter is refused.
    pub fn compile(&self, actor: &Actor) -> Result<Filter> {
        self.compile_with(actor, None)
    }

    /// The same for a list that is read once, where words can be asked for too.
    pub fn compile_for_list(
        &self,
        actor: &Actor,
        definitions: &Definitions,
        backend: DbBackend,
    ) -> Result<Filter> {
        self.compile_with(actor, Some((definitions, backend)))
    }

    fn compile_with(
        &self,
        actor: &Actor,
        searched: Option<(&Definitions, DbBackend)>,
    ) -> Result<Filter> {
        let mut room = Room {
            filters: FILTERS_MAX,
            values: VALUES_MAX,
            texts: TEXTS_MAX,
            searched,
        };
        self.within(&mut room, actor)
    }

    fn within(&self, room: &mut Room<'_>, actor: &Actor) -> Result<Filter> {
        room.take_filter()?;
        let mut all = self.tests(room, actor)?;
        for filter in self.and.iter().flatten() {
            all.push(filter.within(room, actor)?);
        }
        if let Some(any) = &self.or {
            let any: Result<_> = any
                .iter()
                .map(|filter| filter.within(room, actor))
                .collect();
            all.push(Filter::Any(any?));
        }
        if let Some(filter) = &self.not {
            all.push(Filter::Not(Box::new(filter.within(room, actor)?)));
        }
        Ok(Filter::All(all))
    }

    fn tests(&self, room: &mut Room<'_>, actor: &Actor) -> Result<Vec<Filter>> {
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
        tests.extend(lists.map(Filter::ServiceLevel));
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
        if let Some(text) = &self.text {
            tests.push(room.words(text, actor)?);
        }
        self.add_ids(actor, &mut tests);
        self.add_times(&mut tests);
        tests.extend(self.field_tests(actor)?);
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

    /// Requesters would learn from them what is in fields that they do not see.
    fn field_tests(&self, actor: &Actor) -> Result<Vec<Filter>> {
        let fields = self.custom_fields.iter().flatten();
        if fields.clone().next().is_some() && !policy::is_at_desk(actor) {
            return Err(Error::BadInput("only staff can filter by custom fields"));
        }
        Ok(fields.flat_map(CustomFieldComparator::tests).collect())
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
struct Room<'a> {
    filters: usize,
    values: usize,
    texts: usize,
    /// What is asked for words, and which custom fields there are; none: nothing can be.
    searched: Option<(&'a Definitions, DbBackend)>,
}

impl Room<'_> {
    fn take_filter(&mut self) -> Result<()> {
        self.filters = self
            .filters
            .checked_sub(1)
            .ok_or(Error::BadInput("a filter has at most 100 filters in it"))?;
        Ok(())
    }

    fn words(&mut self, text: &str, actor: &Actor) -> Result<Filter> {
        let Some((definitions, backend)) = self.searched else {
            return Err(Error::BadInput(
                "`text` is for lists: queues and live streams cannot follow the words of tickets",
            ));
        };
        self.texts = self
            .texts
            .checked_sub(1)
            .ok_or(Error::BadInput("a filter has at most 5 texts in it"))?;
        let query = Query::read(text, actor.locale())?;
        let keys = custom_field::searched(definitions, actor);
        Ok(Filter::Words(HasWords::of_tickets(&query, keys, backend)))
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
