//! The sample desk.

use std::collections::BTreeMap;

use entity::{
    article, event,
    json::CommentDigest,
    knowledge_link, level_change,
    ticket::{self, Status},
};
use guichet::import::{Options, demo, reader::Format};
use harness::Client;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use serde_json::json;

use super::{Desk, consistency::assert_tickets_show_what_is_stored};

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_is_a_whole_desk_and_making_it_again_changes_nothing() {
    let desk = Desk::open().await;
    let db = &desk.app().store.read;
    let password = demo::demo(desk.app(), None).await.unwrap();
    assert!(password.is_some_and(|password| password.len() >= 16));
    assert_tickets_show_what_is_stored(desk.app()).await;

    let mut statuses: BTreeMap<i16, usize> = BTreeMap::new();
    for ticket in ticket::Entity::find().all(db).await.unwrap() {
        *statuses.entry(ticket.status as i16).or_default() += 1;
    }
    assert_eq!(
        statuses,
        BTreeMap::from([(0, 14), (1, 16), (2, 9), (3, 17), (4, 16)])
    );
    let reopened = desk.ticket("D-040").await;
    assert_eq!((reopened.status, reopened.reopen_count), (Status::Open, 1));
    let solved = knowledge_link::Entity::find()
        .filter(knowledge_link::Column::Role.eq(knowledge_link::Role::Solution));
    let solved_counts = article::Entity::find().all(db).await.unwrap();
    let solved_counts: i32 = solved_counts
        .iter()
        .map(|article| article.solved_count)
        .sum();
    assert_eq!(
        u64::try_from(solved_counts).unwrap(),
        solved.count(db).await.unwrap()
    );
    assert_eq!(level_change::Entity::find().count(db).await.unwrap(), 5);

    let events = event::Entity::find().count(db).await.unwrap();
    let tickets = ticket::Entity::find().all(db).await.unwrap();
    assert_eq!(demo::demo(desk.app(), None).await.unwrap(), None);
    assert_eq!(event::Entity::find().count(db).await.unwrap(), events);
    assert_eq!(ticket::Entity::find().all(db).await.unwrap(), tickets);
}

const SIGN_IN: &str = "mutation ($input: SignInInput!) {
    signIn(input: $input) { session { accessToken } userErrors { code } }
}";
const WHAT_THEY_SEE: &str = "{ tickets { totalCount } articles { totalCount } }";

/// A client of whoever has this address, if the password is theirs.
async fn sign_in(desk: &Desk, email: &str, password: &str) -> Option<Client> {
    let input = json!({ "input": { "email": email, "password": password } });
    let answer = desk.visitor().run(SIGN_IN, input).await;
    let token = answer["data"]["signIn"]["session"]["accessToken"].as_str()?;
    Some(desk.visitor().with_token(token))
}

#[tokio::test(flavor = "multi_thread")]
async fn each_sample_account_sees_its_part_of_the_desk() {
    let desk = Desk::open().await;
    let password = "correct horse battery";
    let set = demo::demo(desk.app(), Some(password)).await.unwrap();
    assert_eq!(set.as_deref(), Some(password));
    let mut seen = Vec::new();
    for email in demo::SIGN_INS {
        let client = sign_in(&desk, email, password).await.unwrap();
        let answer = client.run(WHAT_THEY_SEE, json!({})).await;
        let [tickets, articles] =
            ["tickets", "articles"].map(|list| &answer["data"][list]["totalCount"]);
        seen.push(format!("{email}: {tickets} tickets, {articles} articles"));
    }
    insta::assert_snapshot!(seen.join("\n"), @r"
    requester@demo.guichet.test: 9 tickets, 18 articles
    agent@demo.guichet.test: 72 tickets, 23 articles
    lead@demo.guichet.test: 72 tickets, 23 articles
    admin@demo.guichet.test: 72 tickets, 23 articles
    external@demo.guichet.test: 3 tickets, 23 articles
    client@demo.guichet.test: 13 tickets, 18 articles
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_password_can_be_changed() {
    let desk = Desk::open().await;
    let (old, new) = ("correct horse battery", "another one entirely");
    for password in [old, new] {
        demo::demo(desk.app(), Some(password)).await.unwrap();
    }
    assert!(sign_in(&desk, demo::SIGN_INS[1], old).await.is_none());
    assert!(sign_in(&desk, demo::SIGN_INS[1], new).await.is_some());
}

const FILES: [&str; 3] = [
    include_str!("../../../api/demo/people.jsonl"),
    include_str!("../../../api/demo/articles.jsonl"),
    include_str!("../../../api/demo/tickets.jsonl"),
];

/// Everything on a ticket that the order of a file could change.
async fn tickets_of(desk: &Desk) -> Vec<String> {
    let all = ticket::Entity::find().order_by_asc(ticket::Column::ExternalId);
    let all = all.all(&desk.app().store.read).await.unwrap();
    let shown =
        |digest: Option<CommentDigest>| digest.map(|digest| (digest.excerpt, digest.created_at));
    all.into_iter()
        .map(|ticket| {
            let newest = [ticket.last_public_comment, ticket.last_internal_comment].map(shown);
            let counts = (
                ticket.version,
                ticket.public_comment_count,
                ticket.internal_comment_count,
            );
            let times = (
                ticket.updated_at,
                ticket.first_replied_at,
                ticket.solved_at,
                ticket.closed_at,
            );
            let id = ticket.external_id;
            format!(
                "{id:?} {counts:?} {times:?} {newest:?} {:?} {}",
                ticket.status, ticket.timers
            )
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn comments_that_come_after_all_tickets_make_the_same_desk() {
    let lines: Vec<&str> = FILES.iter().flat_map(|file| file.lines()).collect();
    let is_comment = |line: &&str| line.contains(r#""type": "comment""#);
    let (comments, others): (Vec<&str>, Vec<&str>) =
        lines.iter().partition(|line| is_comment(line));
    assert_eq!(comments.len(), 184);

    let (together, apart) = (Desk::open().await, Desk::open().await);
    for (desk, files) in [(&together, vec![lines]), (&apart, vec![others, comments])] {
        for lines in files {
            let file = std::io::Cursor::new(lines.join("\n"));
            let report = desk
                .take(file, Format::JsonLines, &Options::default())
                .await;
            assert_eq!(report.bad_lines, []);
        }
    }
    assert_eq!(tickets_of(&together).await, tickets_of(&apart).await);
}
