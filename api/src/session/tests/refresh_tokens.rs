use std::net::Ipv4Addr;

use chrono::TimeDelta;
use entity::user::Role;

use super::{ADDRESS, PASSWORD, attempt, is_bad_credentials, is_rate_limited, is_unauthenticated};
use crate::{
    actor::Actor,
    session::{ClientAddress, authenticate, refresh, sign_out},
    testing::Desk,
};

async fn first_token(desk: &Desk) -> String {
    desk.person("ada", Role::Requester).await;
    attempt(desk, "ada", PASSWORD).await.unwrap().refresh_token
}

async fn next(desk: &Desk, token: &str) -> String {
    refresh(desk, token, ADDRESS).await.unwrap().refresh_token
}

async fn is_refused(desk: &Desk, token: &str) -> bool {
    is_bad_credentials(&refresh(desk, token, ADDRESS).await)
}

#[tokio::test]
async fn each_token_is_replaced() {
    let desk = Desk::open().await;
    let mut token = first_token(&desk).await;
    for _ in 0..3 {
        let signed_in = refresh(&desk, &token, ADDRESS).await.unwrap();
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
    assert!(refresh(&desk, &one, ADDRESS).await.is_ok());
}

#[tokio::test]
async fn a_token_that_was_replaced_earlier_ends_the_session() {
    for is_late in [true, false] {
        let desk = Desk::open().await;
        let first = first_token(&desk).await;
        let second = refresh(&desk, &first, ADDRESS).await.unwrap();
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
    assert!(
        refresh(&desk, &elsewhere.refresh_token, ADDRESS)
            .await
            .is_ok()
    );
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
        refresh(&desk, &token, ADDRESS).await.is_ok(),
        "none of these was a reuse"
    );
}

#[tokio::test]
async fn an_address_fails_300_times_in_15_minutes() {
    let desk = Desk::open().await;
    let token = first_token(&desk).await;
    for _ in 0..300 {
        assert!(is_refused(&desk, "x.y").await);
    }
    assert!(is_rate_limited(&refresh(&desk, "x.y", ADDRESS).await));
    let elsewhere = ClientAddress(Ipv4Addr::new(192, 0, 2, 2).into());
    assert!(is_bad_credentials(&refresh(&desk, "x.y", elsewhere).await));
    assert!(
        refresh(&desk, &token, ADDRESS).await.is_ok(),
        "who holds a good token is not held up by others"
    );
    desk.clock.advance(TimeDelta::minutes(15));
    assert!(is_refused(&desk, "x.y").await);
}

#[tokio::test]
async fn what_names_no_session_in_force_does_not_wait_for_the_writer() {
    let desk = Desk::open().await;
    let ended = first_token(&desk).await;
    assert_eq!(sign_out(&desk, None, Some(&ended), false).await.unwrap(), 1);
    let unknown = format!("{:032x}.{}", 7, ended.split_once('.').unwrap().1);
    // A desk of tests has SQLite, whose only writer is busy for as long as this lives.
    let _busy = desk.begin(&Actor::System).await.unwrap();
    for token in [&ended, &unknown] {
        assert!(is_refused(&desk, token).await);
    }
    assert_eq!(sign_out(&desk, None, Some(&ended), true).await.unwrap(), 0);
    assert!(is_bad_credentials(
        &sign_out(&desk, None, Some(&unknown), true).await
    ));
}

#[tokio::test]
async fn an_old_token_does_not_sign_out_everywhere() {
    let desk = Desk::open().await;
    let first = first_token(&desk).await;
    let elsewhere = attempt(&desk, "ada", PASSWORD).await.unwrap();
    let second = next(&desk, &first).await;
    desk.clock.advance(TimeDelta::seconds(11));
    assert_eq!(sign_out(&desk, None, Some(&first), true).await.unwrap(), 1);
    assert!(is_refused(&desk, &second).await, "its own session ends");
    for ended in [&first, &second] {
        assert_eq!(sign_out(&desk, None, Some(ended), true).await.unwrap(), 0);
    }
    let token = next(&desk, &elsewhere.refresh_token).await;
    desk.clock.advance(TimeDelta::days(14));
    attempt(&desk, "ada", PASSWORD).await.unwrap();
    let ended = sign_out(&desk, None, Some(&token), true).await.unwrap();
    assert_eq!(ended, 0, "a session that is over does not count");
}
