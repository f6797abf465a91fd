//! The whole table of who may do what. Its diff is the review of a permission change.

mod macros;
mod rows;
mod scopes;

use entity::{
    article, comment,
    ids::{OrganizationId, TeamId, UserId},
    queue, team, ticket,
    user::{Kind, Locale, Role},
};
use uuid::Uuid;

use self::macros::same_rights;
use self::rows::{actions_on_agents, article, articles, comment, queue, ticket};
use super::*;
use crate::actor::{Actor, Membership, User};

const SHARING: OrganizationId = OrganizationId(Uuid::from_u128(1));
const SUPPORT: TeamId = TeamId(Uuid::from_u128(2));
const VENDOR: TeamId = TeamId(Uuid::from_u128(3));
const SELF: UserId = UserId(Uuid::from_u128(4));
const COLLEAGUE: UserId = UserId(Uuid::from_u128(5));
const STRANGER: UserId = UserId(Uuid::from_u128(6));

fn actor(kind: Kind, role: Role, teams: &[(TeamId, team::Kind)]) -> Actor {
    let organization = Membership {
        id: SHARING,
        shares_tickets: true,
    };
    Actor::User(User {
        id: SELF,
        kind,
        role,
        locale: Locale::En,
        organization: (role == Role::Requester).then_some(organization),
        teams: teams.to_vec(),
        credential: None,
    })
}

/// The columns of the table. A visitor is no actor, and is turned away before anything is asked.
fn actors() -> [(&'static str, Actor); 9] {
    use team::Kind::{External, Internal};
    let person = |role, teams: &[_]| actor(Kind::Person, role, teams);
    [
        ("requester", person(Role::Requester, &[])),
        ("agent", person(Role::Agent, &[(SUPPORT, Internal)])),
        ("ext.agent", person(Role::Agent, &[(VENDOR, External)])),
        (
            "both",
            person(Role::Agent, &[(SUPPORT, Internal), (VENDOR, External)]),
        ),
        ("lead", person(Role::Lead, &[(SUPPORT, Internal)])),
        ("ext.lead", person(Role::Lead, &[(VENDOR, External)])),
        ("admin", person(Role::Admin, &[])),
        ("machine", actor(Kind::Machine, Role::Agent, &[])),
        ("system", Actor::System),
    ]
}

/// The rows: each action on each thing that makes a difference.
#[expect(clippy::too_many_lines, reason = "one row for each action")]
fn table() -> String {
    let actors = actors();
    let names = actors.iter().map(|(name, _)| *name);
    let mut lines = vec![line("", names)];
    let mut row = |name: String, action: Action<'_>| {
        let marks = actors
            .iter()
            .map(|(_, actor)| if may(actor, action) { "yes" } else { "-" });
        lines.push(line(&name, marks));
    };
    for (whose, requester) in [("self", SELF), ("another", STRANGER)] {
        row(
            format!("CreateTicket for {whose}"),
            Action::CreateTicket { requester },
        );
    }
    row("SetExternalId".to_owned(), Action::SetExternalId);
    for (whose, ticket) in tickets() {
        for (name, action) in actions_on(&ticket) {
            row(format!("{name} {whose}"), action);
        }
        for (author, by) in [("own", SELF), ("another's", COLLEAGUE)] {
            let action = Action::EditComment(&ticket, &comment(by));
            row(format!("EditComment {author} {whose}"), action);
        }
    }
    row("CreateUpload".to_owned(), Action::CreateUpload);
    row("CreateArticle".to_owned(), Action::CreateArticle);
    for status in [article::Status::Draft, article::Status::Published] {
        row(
            format!("EditArticle {status:?}"),
            Action::EditArticle(&article(status)),
        );
    }
    row("PublishArticle".to_owned(), Action::PublishArticle);
    for (name, action) in [
        ("ArchiveArticle", Action::ArchiveArticle),
        ("ScheduleArticle", Action::ScheduleArticle),
        ("ReviewArticle", Action::ReviewArticle),
        ("ReadArticleReport", Action::ReadArticleReport),
        ("ChangeArticleCategories", Action::ChangeArticleCategories),
    ] {
        row(name.to_owned(), action);
    }
    for (name, article) in articles() {
        let action = Action::GiveArticleFeedback(&article);
        row(format!("GiveArticleFeedback {name}"), action);
    }
    for (whose, team, owner) in [
        ("own", None, Some(SELF)),
        ("another's", None, Some(STRANGER)),
        ("Support's", Some(SUPPORT), None),
        ("Vendor's", Some(VENDOR), None),
    ] {
        for (name, action) in actions_on_queues(&queue(team, owner)) {
            row(format!("{name} {whose}"), action);
        }
        same_rights(&actors, team, owner);
    }
    row("CreateCustomField".to_owned(), Action::CreateCustomField);
    row("EditCustomField".to_owned(), Action::EditCustomField);
    row("CreateRequester".to_owned(), Action::CreateRequester);
    row("TakeNextTicket".to_owned(), Action::TakeNextTicket);
    for (name, action) in actions_on_agents() {
        row(name, action);
    }
    for (name, action) in [
        ("CreateUser", Action::CreateUser),
        ("EditUser", Action::EditUser),
        ("DisableUser", Action::DisableUser),
        ("SetPassword", Action::SetPassword),
        ("ResetTotp", Action::ResetTotp),
        ("EditProfile", Action::EditProfile),
        ("CreateOrganization", Action::CreateOrganization),
        ("EditOrganization", Action::EditOrganization),
        ("CreateTeam, EditTeam", Action::CreateTeam),
        ("ReadMetrics", Action::ReadMetrics),
        ("FindKnowledgeGaps", Action::FindKnowledgeGaps),
        ("ReadHelpMetrics", Action::ReadHelpMetrics),
        ("ReadServiceTerms", Action::ReadServiceTerms),
        ("ChangeServiceTerms", Action::ChangeServiceTerms),
        ("SetLevelEscalation", Action::SetLevelEscalation),
    ] {
        row(name.to_owned(), action);
    }
    lines.join("\n")
}

/// What is another's cannot be created.
fn actions_on_queues(queue: &queue::Model) -> Vec<(&'static str, Action<'_>)> {
    let create = Action::CreateQueue {
        team: queue.team_id,
    };
    let is_anothers = queue.owner_id == Some(STRANGER);
    let mut actions = Vec::new();
    if !is_anothers {
        actions.push(("CreateQueue", create));
    }
    actions.push(("EditQueue", Action::EditQueue(queue)));
    actions.push(("DeleteQueue", Action::DeleteQueue(queue)));
    actions
}

fn line<'a>(name: &str, cells: impl Iterator<Item = &'a str>) -> String {
    let cells = cells.fold(String::new(), |cells, cell| format!("{cells} {cell:>9}"));
    format!("{name:<41}{cells}")
}

fn actions_on(ticket: &ticket::Model) -> [(&'static str, Action<'_>); 21] {
    use comment::Visibility::{Internal, Public};
    [
        ("EditTicket", Action::EditTicket(ticket)),
        ("AddComment public", Action::AddComment(ticket, Public)),
        ("AddComment internal", Action::AddComment(ticket, Internal)),
        ("MarkSolution", Action::MarkSolution(ticket)),
        ("ClaimTicket", Action::ClaimTicket(ticket)),
        ("AssignTicket", Action::AssignTicket(ticket)),
        ("ChangeTicketLevel", Action::ChangeTicketLevel(ticket)),
        ("SetTicketPriority", Action::SetTicketPriority(ticket)),
        ("TagTicket", Action::TagTicket(ticket)),
        ("WaitTicket", Action::WaitTicket(ticket)),
        ("SolveTicket", Action::SolveTicket(ticket)),
        ("ReopenTicket", Action::ReopenTicket(ticket)),
        ("CloseTicket", Action::CloseTicket(ticket)),
        ("MergeTicket", Action::MergeTicket(ticket)),
        ("SplitTicket", Action::SplitTicket(ticket)),
        ("SolveIncidents", Action::SolveIncidents(ticket)),
        ("RateTicket", Action::RateTicket(ticket)),
        ("FollowTicket", Action::FollowTicket(ticket)),
        ("ReadPresence", Action::ReadPresence(ticket)),
        ("SetPresence", Action::SetPresence(ticket)),
        ("LinkTickets, LinkKnowledge", Action::LinkTickets(ticket)),
    ]
}

fn tickets() -> [(&'static str, ticket::Model); 4] {
    let sharing = Some(SHARING);
    [
        ("on own", ticket(SELF, sharing, None)),
        ("on colleague's", ticket(COLLEAGUE, sharing, None)),
        ("on other's", ticket(STRANGER, None, Some(SUPPORT))),
        ("on Vendor's", ticket(STRANGER, None, Some(VENDOR))),
    ]
}

#[test]
#[expect(clippy::too_many_lines, reason = "the picture is as long as the table")]
fn the_whole_table() {
    insta::assert_snapshot!(table(), @r"
                                              requester     agent ext.agent      both      lead  ext.lead     admin   machine    system
    CreateTicket for self                           yes       yes       yes       yes       yes       yes       yes       yes       yes
    CreateTicket for another                          -       yes       yes       yes       yes       yes       yes       yes       yes
    SetExternalId                                     -       yes       yes       yes       yes       yes       yes       yes       yes
    EditTicket on own                               yes       yes         -       yes       yes         -       yes       yes       yes
    AddComment public on own                        yes       yes         -       yes       yes         -       yes       yes       yes
    AddComment internal on own                        -       yes         -       yes       yes         -       yes       yes       yes
    MarkSolution on own                               -       yes         -       yes       yes         -       yes       yes       yes
    ClaimTicket on own                                -       yes         -       yes       yes         -       yes       yes       yes
    AssignTicket on own                               -       yes         -       yes       yes         -       yes       yes       yes
    ChangeTicketLevel on own                          -       yes         -       yes       yes         -       yes       yes       yes
    SetTicketPriority on own                          -       yes         -       yes       yes         -       yes       yes       yes
    TagTicket on own                                  -       yes         -       yes       yes         -       yes       yes       yes
    WaitTicket on own                                 -       yes         -       yes       yes         -       yes       yes       yes
    SolveTicket on own                              yes       yes         -       yes       yes         -       yes       yes       yes
    ReopenTicket on own                             yes       yes         -       yes       yes         -       yes       yes       yes
    CloseTicket on own                                -       yes         -       yes       yes         -       yes       yes       yes
    MergeTicket on own                                -       yes         -       yes       yes         -       yes       yes       yes
    SplitTicket on own                                -       yes         -       yes       yes         -       yes       yes       yes
    SolveIncidents on own                             -       yes         -       yes       yes         -       yes       yes       yes
    RateTicket on own                               yes       yes         -       yes       yes         -       yes       yes       yes
    FollowTicket on own                             yes       yes         -       yes       yes         -       yes       yes       yes
    ReadPresence on own                               -       yes         -       yes       yes         -       yes       yes       yes
    SetPresence on own                                -       yes         -       yes       yes         -       yes         -       yes
    LinkTickets, LinkKnowledge on own                 -       yes         -       yes       yes         -       yes       yes       yes
    EditComment own on own                          yes       yes         -       yes       yes         -       yes       yes       yes
    EditComment another's on own                      -         -         -         -         -         -         -         -       yes
    EditTicket on colleague's                         -       yes         -       yes       yes         -       yes       yes       yes
    AddComment public on colleague's                yes       yes         -       yes       yes         -       yes       yes       yes
    AddComment internal on colleague's                -       yes         -       yes       yes         -       yes       yes       yes
    MarkSolution on colleague's                       -       yes         -       yes       yes         -       yes       yes       yes
    ClaimTicket on colleague's                        -       yes         -       yes       yes         -       yes       yes       yes
    AssignTicket on colleague's                       -       yes         -       yes       yes         -       yes       yes       yes
    ChangeTicketLevel on colleague's                  -       yes         -       yes       yes         -       yes       yes       yes
    SetTicketPriority on colleague's                  -       yes         -       yes       yes         -       yes       yes       yes
    TagTicket on colleague's                          -       yes         -       yes       yes         -       yes       yes       yes
    WaitTicket on colleague's                         -       yes         -       yes       yes         -       yes       yes       yes
    SolveTicket on colleague's                        -       yes         -       yes       yes         -       yes       yes       yes
    ReopenTicket on colleague's                       -       yes         -       yes       yes         -       yes       yes       yes
    CloseTicket on colleague's                        -       yes         -       yes       yes         -       yes       yes       yes
    MergeTicket on colleague's                        -       yes         -       yes       yes         -       yes       yes       yes
    SplitTicket on colleague's                        -       yes         -       yes       yes         -       yes       yes       yes
    SolveIncidents on colleague's                     -       yes         -       yes       yes         -       yes       yes       yes
    RateTicket on colleague's                         -         -         -         -         -         -         -         -       yes
    FollowTicket on colleague's                     yes       yes         -       yes       yes         -       yes       yes       yes
    ReadPresence on colleague's                       -       yes         -       yes       yes         -       yes       yes       yes
    SetPresence on colleague's                        -       yes         -       yes       yes         -       yes         -       yes
    LinkTickets, LinkKnowledge on colleague's         -       yes         -       yes       yes         -       yes       yes       yes
    EditComment own on colleague's                  yes       yes         -       yes       yes         -       yes       yes       yes
    EditComment another's on colleague's              -         -         -         -         -         -         -         -       yes
    EditTicket on other's                             -       yes         -       yes       yes         -       yes       yes       yes
    AddComment public on other's                      -       yes         -       yes       yes         -       yes       yes       yes
    AddComment internal on other's                    -       yes         -       yes       yes         -       yes       yes       yes
    MarkSolution on other's                           -       yes         -       yes       yes         -       yes       yes       yes
    ClaimTicket on other's                            -       yes         -       yes       yes         -       yes       yes       yes
    AssignTicket on other's                           -       yes         -       yes       yes         -       yes       yes       yes
    ChangeTicketLevel on other's                      -       yes         -       yes       yes         -       yes       yes       yes
    SetTicketPriority on other's                      -       yes         -       yes       yes         -       yes       yes       yes
    TagTicket on other's                              -       yes         -       yes       yes         -       yes       yes       yes
    WaitTicket on other's                             -       yes         -       yes       yes         -       yes       yes       yes
    SolveTicket on other's                            -       yes         -       yes       yes         -       yes       yes       yes
    ReopenTicket on other's                           -       yes         -       yes       yes         -       yes       yes       yes
    CloseTicket on other's                            -       yes         -       yes       yes         -       yes       yes       yes
    MergeTicket on other's                            -       yes         -       yes       yes         -       yes       yes       yes
    SplitTicket on other's                            -       yes         -       yes       yes         -       yes       yes       yes
    SolveIncidents on other's                         -       yes         -       yes       yes         -       yes       yes       yes
    RateTicket on other's                             -         -         -         -         -         -         -         -       yes
    FollowTicket on other's                           -       yes         -       yes       yes         -       yes       yes       yes
    ReadPresence on other's                           -       yes         -       yes       yes         -       yes       yes       yes
    SetPresence on other's                            -       yes         -       yes       yes         -       yes         -       yes
    LinkTickets, LinkKnowledge on other's             -       yes         -       yes       yes         -       yes       yes       yes
    EditComment own on other's                        -       yes         -       yes       yes         -       yes       yes       yes
    EditComment another's on other's                  -         -         -         -         -         -         -         -       yes
    EditTicket on Vendor's                            -       yes       yes       yes       yes       yes       yes       yes       yes
    AddComment public on Vendor's                     -       yes       yes       yes       yes       yes       yes       yes       yes
    AddComment internal on Vendor's                   -       yes       yes       yes       yes       yes       yes       yes       yes
    MarkSolution on Vendor's                          -       yes       yes       yes       yes       yes       yes       yes       yes
    ClaimTicket on Vendor's                           -       yes       yes       yes       yes       yes       yes       yes       yes
    AssignTicket on Vendor's                          -       yes       yes       yes       yes       yes       yes       yes       yes
    ChangeTicketLevel on Vendor's                     -       yes       yes       yes       yes       yes       yes       yes       yes
    SetTicketPriority on Vendor's                     -       yes       yes       yes       yes       yes       yes       yes       yes
    TagTicket on Vendor's                             -       yes       yes       yes       yes       yes       yes       yes       yes
    WaitTicket on Vendor's                            -       yes       yes       yes       yes       yes       yes       yes       yes
    SolveTicket on Vendor's                           -       yes       yes       yes       yes       yes       yes       yes       yes
    ReopenTicket on Vendor's                          -       yes       yes       yes       yes       yes       yes       yes       yes
    CloseTicket on Vendor's                           -       yes       yes       yes       yes       yes       yes       yes       yes
    MergeTicket on Vendor's                           -       yes       yes       yes       yes       yes       yes       yes       yes
    SplitTicket on Vendor's                           -       yes       yes       yes       yes       yes       yes       yes       yes
    SolveIncidents on Vendor's                        -       yes       yes       yes       yes       yes       yes       yes       yes
    RateTicket on Vendor's                            -         -         -         -         -         -         -         -       yes
    FollowTicket on Vendor's                          -       yes       yes       yes       yes       yes       yes       yes       yes
    ReadPresence on Vendor's                          -       yes       yes       yes       yes       yes       yes       yes       yes
    SetPresence on Vendor's                           -       yes       yes       yes       yes       yes       yes         -       yes
    LinkTickets, LinkKnowledge on Vendor's            -       yes       yes       yes       yes       yes       yes       yes       yes
    EditComment own on Vendor's                       -       yes       yes       yes       yes       yes       yes       yes       yes
    EditComment another's on Vendor's                 -         -         -         -         -         -         -         -       yes
    CreateUpload                                    yes       yes       yes       yes       yes       yes       yes       yes       yes
    CreateArticle                                     -       yes       yes       yes       yes       yes       yes       yes       yes
    EditArticle Draft                                 -       yes       yes       yes       yes       yes       yes       yes       yes
    EditArticle Published                             -         -         -         -       yes       yes       yes         -       yes
    PublishArticle                                    -         -         -         -       yes       yes       yes         -       yes
    ArchiveArticle                                    -         -         -         -       yes       yes       yes         -       yes
    ScheduleArticle                                   -         -         -         -       yes       yes       yes         -       yes
    ReviewArticle                                     -       yes       yes       yes       yes       yes       yes       yes       yes
    ReadArticleReport                                 -       yes         -       yes       yes         -       yes       yes       yes
    ChangeArticleCategories                           -         -         -         -       yes         -       yes         -       yes
    GiveArticleFeedback Draft                         -         -         -         -         -         -         -         -       yes
    GiveArticleFeedback Public                      yes       yes       yes       yes       yes       yes       yes         -       yes
    GiveArticleFeedback Internal                      -       yes       yes       yes       yes       yes       yes         -       yes
    CreateQueue own                                   -       yes       yes       yes       yes       yes       yes       yes       yes
    EditQueue own                                     -       yes       yes       yes       yes       yes       yes       yes       yes
    DeleteQueue own                                   -       yes       yes       yes       yes       yes       yes       yes       yes
    EditQueue another's                               -         -         -         -         -         -         -         -       yes
    DeleteQueue another's                             -         -         -         -         -         -         -         -       yes
    CreateQueue Support's                             -         -         -         -       yes         -       yes         -       yes
    EditQueue Support's                               -         -         -         -       yes         -       yes         -       yes
    DeleteQueue Support's                             -         -         -         -       yes         -       yes         -       yes
    CreateQueue Vendor's                              -         -         -         -         -       yes       yes         -       yes
    EditQueue Vendor's                                -         -         -         -         -       yes       yes         -       yes
    DeleteQueue Vendor's                              -         -         -         -         -       yes       yes         -       yes
    CreateCustomField                                 -         -         -         -         -         -       yes         -       yes
    EditCustomField                                   -         -         -         -         -         -       yes         -       yes
    CreateRequester                                   -       yes         -       yes       yes         -       yes       yes       yes
    TakeNextTicket                                    -       yes       yes       yes       yes       yes       yes       yes       yes
    SetAvailability own                               -       yes       yes       yes       yes       yes       yes       yes       yes
    SetCapacity own                                   -         -         -         -         -         -       yes         -       yes
    SetAvailability Support's                         -         -         -         -       yes         -       yes         -       yes
    SetCapacity Support's                             -         -         -         -       yes         -       yes         -       yes
    SetAvailability Vendor's                          -         -         -         -         -       yes       yes         -       yes
    SetCapacity Vendor's                              -         -         -         -         -       yes       yes         -       yes
    SetAvailability nobody's                          -         -         -         -         -         -       yes         -       yes
    SetCapacity nobody's                              -         -         -         -         -         -       yes         -       yes
    SetTeamAssignment Support's                       -         -         -         -       yes         -       yes         -       yes
    ChangeTeamMembers Support's                       -         -         -         -       yes         -       yes         -       yes
    SetTeamAssignment Vendor's                        -         -         -         -         -       yes       yes         -       yes
    ChangeTeamMembers Vendor's                        -         -         -         -         -       yes       yes         -       yes
    CreateUser                                        -         -         -         -         -         -       yes         -       yes
    EditUser                                          -         -         -         -         -         -       yes         -       yes
    DisableUser                                       -         -         -         -         -         -       yes         -       yes
    SetPassword                                       -         -         -         -         -         -       yes         -       yes
    ResetTotp                                         -         -         -         -         -         -       yes         -       yes
    EditProfile                                     yes       yes       yes       yes       yes       yes       yes         -       yes
    CreateOrganization                                -         -         -         -         -         -       yes         -       yes
    EditOrganization                                  -         -         -         -         -         -       yes         -       yes
    CreateTeam, EditTeam                              -         -         -         -         -         -       yes         -       yes
    ReadMetrics                                       -       yes       yes       yes       yes       yes       yes       yes       yes
    FindKnowledgeGaps                                 -       yes       yes       yes       yes       yes       yes       yes       yes
    ReadHelpMetrics                                   -       yes         -       yes       yes         -       yes       yes       yes
    ReadServiceTerms                                  -       yes         -       yes       yes         -       yes       yes       yes
    ChangeServiceTerms                                -         -         -         -         -         -       yes         -       yes
    SetLevelEscalation                                -         -         -         -         -         -       yes         -       yes
    ");
}

/// The two names of one row of the table.
#[test]
fn links_of_both_kinds_are_for_the_same_people() {
    for (name, actor) in actors() {
        for (whose, ticket) in tickets() {
            let tickets = may(&actor, Action::LinkTickets(&ticket));
            let knowledge = may(&actor, Action::LinkKnowledge(&ticket));
            assert_eq!(tickets, knowledge, "{name} {whose}");
        }
    }
}

#[test]
fn what_may_not_be_seen_may_not_be_touched() {
    for (name, actor) in actors() {
        for (whose, ticket) in tickets() {
            for (what, action) in actions_on(&ticket) {
                assert!(
                    sees_ticket(&actor, &ticket) || !may(&actor, action),
                    "{name} {what} {whose}"
                );
            }
        }
    }
}
