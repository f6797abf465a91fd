use chrono::TimeDelta;
use entity::user::Role;

use super::{PASSWORD, attempt, is_bad_credentials, is_unauthenticated};
use crate::{
    session::{authenticate, refresh},
    testing::Desk,
};

async fn first_token(desk: &Desk) -> String {
    desk.person("ada", Role::Requester).await;
    attempt(desk, "ada", PASSWORD).await.unwrap().refresh_token
}

async fn next(desk: &Desk, token: &str) -> String {
    refresh(desk, token).await.unwrap().refresh_token
}

async fn is_refused(desk: &Desk, token: &str) -> bool {
    is_bad_credentials(&refresh(desk, token).await)
}

#[tokio::test]
async fn each_token_is_replaced() {
    let desk = Desk::open().await;
    let mut token = first_token(&desk).await;
    for _ in 0..3 {
        let signed_in = refresh(&desk, &token).await.unwrap();
        assert_ne!(signed_in.refresh_token, token);
        let actor = authenticate(&desk, &signed_in.access_token).await.unwrap();
        assert_eq!(actor, signed_in.actor);
        token = signed_in.refresh_token;
        desk.clock.advance(TimeDelta::minutes(9));
    }
}

#[tokio::test]
async fn a_lost_answer_can_be_repeated_for_ten_seconds() {
    let desk = Desk::open().await;
    let first = first_token(&desk).await;
    let second = next(&desk, &first).await;
    desk.clock.advance(TimeDelta::seconds(10));
    assert_eq!(next(&desk, &first).await, second);
    let third = next(&desk, &second).await;
    assert_ne!(third, second);
}

#[tokio::test]
async fn two_tabs_at_once_get_the_same_token() {
    let desk = Desk::open().await;
    let first = first_token(&desk).await;
    let (one, other) = tokio::join!(next(&desk, &first), next(&desk, &first));
    assert_eq!(one, other);
    assert!(refresh(&desk, &one).await.is_ok());
}

#[tokio::test]
async fn a_token_that_was_replaced_earlier_ends_the_session() {
    for is_late in [true, false] {
        let desk = Desk::open().await;
        let first = first_token(&desk).await;
        let second = refresh(&desk, &first).await.unwrap();
        let newest = if is_late {
            desk.clock.advance(TimeDelta::seconds(11));
            second.refresh_token
        } else {
            next(&desk, &second.refresh_token).await
        };
        assert!(is_refused(&desk, &first).await);
        assert!(is_refused(&desk, &newest).await, "late: {is_late}");
        let answer = authenticate(&desk, &second.access_token).await;
        assert!(is_unauthenticated(&answer), "late: {is_late}");
    }
}

#[tokio::test]
async fn one_familys_end_is_not_anothers() {
    let desk = Desk::open().await;
    let first = first_token(&desk).await;
    let elsewhere = attempt(&desk, "ada", PASSWORD).await.unwrap();
    next(&desk, &first).await;
    desk.clock.advance(TimeDelta::seconds(11));
    assert!(is_refused(&desk, &first).await);
    assert!(refresh(&desk, &elsewhere.refresh_token).await.is_ok());
}

#[tokio::test]
async fn a_session_ends_after_14_idle_days_and_after_60_in_all() {
    let desk = Desk::open().await;
    let token = first_token(&desk).await;
    desk.clock.advance(TimeDelta::days(14));
    assert!(is_refused(&desk, &token).await);

    let mut token = attempt(&desk, "ada", PASSWORD).await.unwrap().refresh_token;
    for _ in 0..5 {
        desk.clock
            .advance(TimeDelta::days(12) - TimeDelta::seconds(1));
        token = next(&desk, &token).await;
    }
    desk.clock.advance(TimeDelta::seconds(5));
    assert!(is_refused(&desk, &token).await);
}

#[tokio::test]
async fn what_is_no_token_is_refused() {
    let desk = Desk::open().await;
    let token = first_token(&desk).await;
    let (session, secret) = token.split_once('.').unwrap();
    let unknown = format!("{:032x}.{secret}", 7);
    for nothing in [
        "",
        ".",
        "x.y",
        session,
        secret,
        &token.to_uppercase(),
        &format!("{token}A"),
        &unknown,
    ] {
        assert!(is_refused(&desk, nothing).await, "{nothing}");
    }
    assert!(
        refresh(&desk, &token).await.is_ok(),
        "none of these was a reuse"
    );
}
