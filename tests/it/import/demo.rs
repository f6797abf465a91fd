//! The sample desk.

use std::collections::BTreeMap;

use entity::{
    article, event, knowledge_link, level_change,
    ticket::{self, Status},
};
use guichet::import::demo;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

use super::{Desk, consistency::assert_tickets_show_what_is_stored};

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_is_a_whole_desk_and_making_it_again_changes_nothing() {
    let desk = Desk::open().await;
    let db = &desk.app.store.read;
    let password = demo::demo(&desk.app, None).await.unwrap();
    assert!(password.is_some_and(|password| password.len() >= 16));
    assert_tickets_show_what_is_stored(&desk.app).await;

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
    assert_eq!(demo::demo(&desk.app, None).await.unwrap(), None);
    assert_eq!(event::Entity::find().count(db).await.unwrap(), events);
    assert_eq!(ticket::Entity::find().all(db).await.unwrap(), tickets);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_password_can_be_chosen_and_changed() {
    let desk = Desk::open().await;
    for password in ["correct horse battery", "another one entirely"] {
        let set = demo::demo(&desk.app, Some(password)).await.unwrap();
        assert_eq!(set.as_deref(), Some(password));
    }
}
