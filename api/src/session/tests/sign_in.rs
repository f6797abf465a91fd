use chrono::TimeDelta;
use entity::user::{self, Kind, Role};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};

use super::{PASSWORD, attempt, attempt_from, is_bad_credentials, is_rate_limited};
use crate::{actor::Actor, testing::Desk};

async fn set(desk: &Desk, email: &str, column: user::Column, value: Expr) {
    let tx = desk.begin(&Actor::System).await.unwrap();
    user::Entity::update_many()
        .col_expr(column, value)
        .filter(user::Column::Email.eq(format!("{email}@example.org")))
        .exec(&*tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn the_right_password_signs_in_whatever_the_case_of_the_address() {
    let desk = Desk::open().await;
    let ada = desk.person("ada", Role::Requester).await;
    let signed_in = attempt(&desk, " ADA", PASSWORD).await.unwrap();
    assert_eq!(signed_in.user.id, ada.id);
    assert_eq!(signed_in.actor.id(), Some(ada.id));
}

#[tokio::test]
async fn all_failures_are_alike() {
    let desk = Desk::open().await;
    for name in ["ada", "disabled", "machine", "invited"] {
        desk.person(name, Role::Agent).await;
    }
    let now = desk.clock.now();
    set(&desk, "disabled", user::Column::DisabledAt, Expr::val(now)).await;
    set(
        &desk,
        "machine",
        user::Column::Kind,
        Expr::val(Kind::Machine),
    )
    .await;
    set(
        &desk,
        "invited",
        user::Column::PasswordHash,
        Expr::val(None::<String>),
    )
    .await;
    let too_long = "x".repeat(257);
    for (name, password) in [
        ("ada", "wrong horse"),
        ("ada", ""),
        ("ada", &too_long),
        ("nobody", PASSWORD),
        ("no address@", PASSWORD),
        ("disabled", PASSWORD),
        ("machine", PASSWORD),
        ("invited", PASSWORD),
        ("invited", ""),
    ] {
        let answer = attempt(&desk, name, password).await;
        assert!(is_bad_credentials(&answer), "{name}: {password}");
    }
}

#[tokio::test]
async fn an_account_has_five_attempts_from_one_address() {
    let desk = Desk::open().await;
    desk.person("ada", Role::Agent).await;
    for _ in 0..5 {
        assert!(is_bad_credentials(
            &attempt(&desk, "ada", "wrong horse").await
        ));
    }
    assert!(is_rate_limited(&attempt(&desk, "ada", PASSWORD).await));
    assert!(
        attempt_from(&desk, "ada", PASSWORD, [192, 0, 2, 2])
            .await
            .is_ok()
    );
    desk.clock.advance(TimeDelta::minutes(15));
    assert!(attempt(&desk, "ada", PASSWORD).await.is_ok());
}

#[tokio::test]
async fn an_unknown_account_is_limited_like_any_other() {
    let desk = Desk::open().await;
    for _ in 0..5 {
        assert!(is_bad_credentials(
            &attempt(&desk, "nobody", PASSWORD).await
        ));
    }
    assert!(is_rate_limited(&attempt(&desk, "nobody", PASSWORD).await));
}

#[tokio::test]
async fn success_clears_the_attempts() {
    let desk = Desk::open().await;
    desk.person("ada", Role::Agent).await;
    for _ in 0..3 {
        for _ in 0..4 {
            assert!(is_bad_credentials(
                &attempt(&desk, "ada", "wrong horse").await
            ));
        }
        assert!(attempt(&desk, "ada", PASSWORD).await.is_ok());
    }
}

#[tokio::test]
async fn an_account_has_20_attempts_an_hour_from_anywhere() {
    let desk = Desk::open().await;
    desk.person("ada", Role::Agent).await;
    for host in 0..20 {
        let answer = attempt_from(&desk, "ada", "wrong horse", [192, 0, 2, host]).await;
        assert!(is_bad_credentials(&answer));
    }
    let answer = attempt_from(&desk, "ada", PASSWORD, [198, 51, 100, 1]).await;
    assert!(is_rate_limited(&answer));
    desk.clock.advance(TimeDelta::hours(1));
    assert!(attempt(&desk, "ada", PASSWORD).await.is_ok());
}
