//! How far tokens go: the table of what each action needs, and that nobody gets more by one than they have without.

use chrono::DateTime;
use entity::{
    api_token::{ApiScope, ApiScopes},
    comment::Visibility::{Internal, Public},
    ids::{ApiTokenId, UserId},
    user::Kind,
};
use uuid::Uuid;

use super::{
    COLLEAGUE, SELF, STRANGER, SUPPORT, VENDOR, actions_on, actions_on_agents, actors, line,
    rows::{article, articles, comment, queue, ticket_macro},
    tickets,
};
use crate::{
    actor::{Actor, ApiToken, Credential},
    error::{Error, scope_name},
    policy::{self, Action, authorize, may, with_implied},
};

/// A machine's id.
const MACHINE: UserId = UserId(Uuid::from_u128(7));

/// The same actor, who came with a token of these scopes.
fn with_token(actor: &Actor, scopes: ApiScopes) -> Actor {
    let Actor::User(mut user) = actor.clone() else {
        return Actor::System;
    };
    user.credential = Some(Credential::ApiToken(ApiToken {
        id: ApiTokenId(Uuid::from_u128(8)),
        scopes,
        expires_at: DateTime::UNIX_EPOCH,
    }));
    Actor::User(user)
}

/// What there is to do about tokens, machines and the audit log.
fn actions_on_tokens() -> Vec<(&'static str, Action<'static>)> {
    let own = (SELF, Kind::Person);
    let mut actions = vec![
        ("AppointAdmin", Action::AppointAdmin),
        ("CreateMachine", Action::CreateMachine),
        ("EditMachine", Action::EditMachine),
        ("ReadMachines", Action::ReadMachines),
        ("ReadAuditLog", Action::ReadAuditLog),
        ("ReadChanges", Action::ReadChanges),
        ("ExportRecords", Action::ExportRecords),
        ("BulkChangeTickets", Action::BulkChangeTickets),
        ("ReadApplications", Action::ReadApplications),
        ("ChangeApplications", Action::ChangeApplications),
    ];
    for (create, edit, revoke, (of, kind)) in [
        (
            "CreateApiToken own",
            "EditApiToken own",
            "RevokeApiToken own",
            own,
        ),
        (
            "CreateApiToken colleague's",
            "EditApiToken colleague's",
            "RevokeApiToken colleague's",
            (COLLEAGUE, Kind::Person),
        ),
        (
            "CreateApiToken machine's",
            "EditApiToken machine's",
            "RevokeApiToken machine's",
            (MACHINE, Kind::Machine),
        ),
    ] {
        actions.push((create, Action::CreateApiToken { of, kind }));
        actions.push((edit, Action::EditApiToken { of, kind }));
        actions.push((revoke, Action::RevokeApiToken { of }));
    }
    for (name, of, kind) in [
        ("CreateWebhook own", SELF, Kind::Person),
        ("CreateWebhook a machine's own", SELF, Kind::Machine),
        ("CreateWebhook another machine's", MACHINE, Kind::Machine),
    ] {
        actions.push((name, Action::CreateWebhook { of, kind }));
    }
    // Of one that goes no further than any token.
    let scopes = Some(ApiScopes::default());
    for (name, of) in [
        ("EditWebhook own", SELF),
        ("EditWebhook colleague's", COLLEAGUE),
    ] {
        actions.push((name, Action::EditWebhook { of, scopes }));
    }
    actions
}

/// Everything else, on whatever it is done to.
fn each_action(check: &mut impl FnMut(&str, Action<'_>)) {
    for (whose, ticket) in tickets() {
        for (name, action) in actions_on(&ticket) {
            check(&format!("{name} {whose}"), action);
        }
        let mut own = comment(SELF);
        for visibility in [Public, Internal] {
            own.visibility = visibility;
            check(
                &format!("EditComment {visibility:?}"),
                Action::EditComment(&ticket, &own),
            );
        }
    }
    let draft = article(entity::article::Status::Draft);
    check("EditArticle", Action::EditArticle(&draft));
    let personal = queue(None, Some(SELF));
    check("EditQueue", Action::EditQueue(&personal));
    check("DeleteQueue", Action::DeleteQueue(&personal));
    let kept = ticket_macro(None, Some(SELF));
    check("EditMacro", Action::EditMacro(&kept));
    check("DeleteMacro", Action::DeleteMacro(&kept));
    for (name, article) in articles() {
        let action = Action::GiveArticleFeedback(&article);
        check(&format!("GiveArticleFeedback {name}"), action);
    }
    for (name, action) in actions_on_agents() {
        check(&name, action);
    }
    for (name, action) in actions_on_tokens() {
        check(name, action);
    }
    for (name, action) in actions_at_large() {
        check(name, action);
    }
}

/// What is done to nothing that is there, or to all of a kind.
fn actions_at_large() -> Vec<(&'static str, Action<'static>)> {
    vec![
        ("CreateTicket", Action::CreateTicket { requester: SELF }),
        (
            "CreateTicket for another",
            Action::CreateTicket {
                requester: STRANGER,
            },
        ),
        ("SetExternalId", Action::SetExternalId),
        ("CreateArticle", Action::CreateArticle),
        ("PublishArticle", Action::PublishArticle),
        ("ArchiveArticle", Action::ArchiveArticle),
        ("ScheduleArticle", Action::ScheduleArticle),
        ("ReviewArticle", Action::ReviewArticle),
        ("ReadArticleReport", Action::ReadArticleReport),
        ("ChangeArticleCategories", Action::ChangeArticleCategories),
        ("CreateUpload", Action::CreateUpload),
        ("TakeNextTicket", Action::TakeNextTicket),
        ("CreateQueue", Action::CreateQueue { team: None }),
        ("CreateMacro", Action::CreateMacro { team: None }),
        (
            "CreateMacro of a team",
            Action::CreateMacro {
                team: Some(SUPPORT),
            },
        ),
        (
            "CreateQueue of a team",
            Action::CreateQueue {
                team: Some(SUPPORT),
            },
        ),
        (
            "ChangeTeamMembers",
            Action::ChangeTeamMembers { team: VENDOR },
        ),
        ("CreateCustomField", Action::CreateCustomField),
        ("EditCustomField", Action::EditCustomField),
        ("CreateRequester", Action::CreateRequester),
        ("CreateUser", Action::CreateUser),
        ("EditUser", Action::EditUser),
        ("DisableUser", Action::DisableUser),
        ("SetPassword", Action::SetPassword),
        ("ResetTotp", Action::ResetTotp),
        ("EditProfile", Action::EditProfile),
        ("CreateOrganization", Action::CreateOrganization),
        ("EditOrganization", Action::EditOrganization),
        ("CreateTeam", Action::CreateTeam),
        ("EditTeam", Action::EditTeam),
        ("ReadMetrics", Action::ReadMetrics),
        ("FindKnowledgeGaps", Action::FindKnowledgeGaps),
        ("ReadHelpMetrics", Action::ReadHelpMetrics),
        ("ReadServiceTerms", Action::ReadServiceTerms),
        ("ChangeServiceTerms", Action::ChangeServiceTerms),
        ("SetLevelEscalation", Action::SetLevelEscalation),
    ]
}

#[test]
fn the_table_of_tokens() {
    let actors = actors();
    let names = actors.iter().map(|(name, _)| *name);
    let mut lines = vec![line("", names)];
    for (name, action) in actions_on_tokens() {
        let marks = actors
            .iter()
            .map(|(_, actor)| if may(actor, action) { "yes" } else { "-" });
        lines.push(line(name, marks));
    }
    insta::assert_snapshot!(lines.join("\n"), @r#"
                                              requester     agent ext.agent      both      lead  ext.lead     admin   machine    system
    AppointAdmin                                      -         -         -         -         -         -       yes         -       yes
    CreateMachine                                     -         -         -         -         -         -       yes         -       yes
    EditMachine                                       -         -         -         -         -         -       yes         -       yes
    ReadMachines                                      -         -         -         -         -         -       yes         -       yes
    ReadAuditLog                                      -         -         -         -         -         -       yes         -       yes
    ReadChanges                                       -       yes       yes       yes       yes       yes       yes       yes       yes
    ExportRecords                                     -       yes       yes       yes       yes       yes       yes       yes       yes
    BulkChangeTickets                                 -       yes       yes       yes       yes       yes       yes       yes       yes
    ReadApplications                                  -         -         -         -         -         -       yes         -       yes
    ChangeApplications                                -         -         -         -         -         -       yes         -       yes
    CreateApiToken own                                -       yes       yes       yes       yes       yes       yes       yes       yes
    EditApiToken own                                  -       yes       yes       yes       yes       yes       yes       yes       yes
    RevokeApiToken own                              yes       yes       yes       yes       yes       yes       yes       yes       yes
    CreateApiToken colleague's                        -         -         -         -         -         -         -         -       yes
    EditApiToken colleague's                          -         -         -         -         -         -         -         -       yes
    RevokeApiToken colleague's                        -         -         -         -         -         -       yes         -       yes
    CreateApiToken machine's                          -         -         -         -         -         -       yes         -       yes
    EditApiToken machine's                            -         -         -         -         -         -       yes         -       yes
    RevokeApiToken machine's                          -         -         -         -         -         -       yes         -       yes
    CreateWebhook own                                 -         -         -         -         -         -       yes         -       yes
    CreateWebhook a machine's own                     -         -         -         -         -         -       yes       yes       yes
    CreateWebhook another machine's                   -         -         -         -         -         -       yes         -       yes
    EditWebhook own                                   -         -         -         -         -         -       yes       yes       yes
    EditWebhook colleague's                           -         -         -         -         -         -       yes         -       yes
    "#);
}

/// The scope that each action needs, in the words of the error that names it.
#[test]
#[expect(clippy::too_many_lines, reason = "a line for each action")]
fn what_each_action_needs() {
    let Some((_, admin)) = actors().into_iter().find(|(name, _)| *name == "admin") else {
        panic!("there is an admin");
    };
    let nobody = with_token(&admin, ApiScopes::default());
    let mut lines = Vec::new();
    each_action(&mut |name, action| {
        let needed = match authorize(&nobody, action) {
            Err(Error::MissingScope { scopes }) => scope_name(scopes[0]),
            Err(Error::SignInNeeded) => "no token",
            other => panic!("{name} is open to every token: {other:?}"),
        };
        let name = name.split(' ').next().unwrap_or(name);
        lines.push(format!("{needed}: {name}"));
    });
    lines.sort();
    lines.dedup();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    ADMINISTRATION_READ: ReadApplications
    ADMINISTRATION_READ: ReadMachines
    ADMINISTRATION_READ: ReadServiceTerms
    ADMINISTRATION_WRITE: ChangeServiceTerms
    ADMINISTRATION_WRITE: CreateCustomField
    ADMINISTRATION_WRITE: EditCustomField
    ADMINISTRATION_WRITE: SetLevelEscalation
    ARTICLES_PUBLISH: ArchiveArticle
    ARTICLES_PUBLISH: ChangeArticleCategories
    ARTICLES_PUBLISH: PublishArticle
    ARTICLES_PUBLISH: ScheduleArticle
    ARTICLES_READ: ReadArticleReport
    ARTICLES_WRITE: CreateArticle
    ARTICLES_WRITE: EditArticle
    ARTICLES_WRITE: GiveArticleFeedback
    ARTICLES_WRITE: ReviewArticle
    AUDIT_READ: ReadAuditLog
    COMMENTS_INTERNAL_WRITE: AddComment
    COMMENTS_INTERNAL_WRITE: EditComment
    COMMENTS_WRITE: AddComment
    COMMENTS_WRITE: EditComment
    METRICS_READ: FindKnowledgeGaps
    METRICS_READ: ReadHelpMetrics
    METRICS_READ: ReadMetrics
    PEOPLE_READ: CreateRequester
    PEOPLE_WRITE: ChangeTeamMembers
    PEOPLE_WRITE: CreateOrganization
    PEOPLE_WRITE: CreateTeam
    PEOPLE_WRITE: CreateUser
    PEOPLE_WRITE: DisableUser
    PEOPLE_WRITE: EditOrganization
    PEOPLE_WRITE: EditTeam
    PEOPLE_WRITE: EditUser
    PEOPLE_WRITE: SetAvailability
    PEOPLE_WRITE: SetCapacity
    PEOPLE_WRITE: SetTeamAssignment
    QUEUES_WRITE: CreateMacro
    QUEUES_WRITE: CreateQueue
    QUEUES_WRITE: DeleteMacro
    QUEUES_WRITE: DeleteQueue
    QUEUES_WRITE: EditMacro
    QUEUES_WRITE: EditQueue
    TICKETS_READ: ExportRecords
    TICKETS_READ: ReadChanges
    TICKETS_READ: ReadPresence
    TICKETS_WRITE: AssignTicket
    TICKETS_WRITE: BulkChangeTickets
    TICKETS_WRITE: ChangeTicketLevel
    TICKETS_WRITE: ClaimTicket
    TICKETS_WRITE: CloseTicket
    TICKETS_WRITE: CreateTicket
    TICKETS_WRITE: CreateUpload
    TICKETS_WRITE: EditTicket
    TICKETS_WRITE: FollowTicket
    TICKETS_WRITE: LinkTickets,
    TICKETS_WRITE: MarkSolution
    TICKETS_WRITE: MergeTicket
    TICKETS_WRITE: RateTicket
    TICKETS_WRITE: ReopenTicket
    TICKETS_WRITE: SetExternalId
    TICKETS_WRITE: SetPresence
    TICKETS_WRITE: SetTicketPriority
    TICKETS_WRITE: SolveIncidents
    TICKETS_WRITE: SolveTicket
    TICKETS_WRITE: SplitTicket
    TICKETS_WRITE: TagTicket
    TICKETS_WRITE: TakeNextTicket
    TICKETS_WRITE: WaitTicket
    WEBHOOKS_WRITE: CreateWebhook
    WEBHOOKS_WRITE: EditWebhook
    no token: AppointAdmin
    no token: ChangeApplications
    no token: CreateApiToken
    no token: CreateMachine
    no token: EditApiToken
    no token: EditMachine
    no token: EditProfile
    no token: ResetTotp
    no token: RevokeApiToken
    no token: SetPassword
    "#);
}

/// A webhook endpoint that goes further than a token is not the token's to point elsewhere.
#[test]
fn a_token_changes_no_endpoint_that_goes_further() {
    let admin = actors().into_iter().find(|(name, _)| *name == "admin");
    let (_, admin) = admin.expect("there is an admin");
    let of = COLLEAGUE;
    let narrow = with_implied([ApiScope::WebhooksWrite]);
    let wide = with_implied([ApiScope::WebhooksWrite, ApiScope::TicketsRead]);
    for (token, scopes, expected) in [
        (narrow, Some(narrow), true),
        (narrow, Some(wide), false),
        (wide, Some(narrow), true),
        (wide, Some(wide), true),
        (wide, None, false),
    ] {
        let actor = with_token(&admin, token);
        assert_eq!(may(&actor, Action::EditWebhook { of, scopes }), expected);
    }
    assert!(may(&admin, Action::EditWebhook { of, scopes: None }));
}

/// Every role with every scope alone, and with all: within the role's rights and within the scopes.
#[test]
fn a_token_never_does_more_than_its_owner() {
    let every: ApiScopes = ApiScope::all().collect();
    let mut sets: Vec<ApiScopes> = ApiScope::all().map(|scope| with_implied([scope])).collect();
    sets.push(every);
    for (name, actor) in actors().into_iter().filter(|(name, _)| *name != "system") {
        for scopes in &sets {
            let token = with_token(&actor, *scopes);
            each_action(&mut |what, action| {
                let within = policy::require_for(&token, action).is_ok();
                // Tickets cannot be worked on by who does not read them.
                let expected = may(&actor, action) && within;
                assert_eq!(may(&token, action), expected, "{name} {what} {scopes:?}");
            });
        }
        let all = with_token(&actor, every);
        assert_eq!(policy::scope(&all), policy::scope(&actor));
    }
}
