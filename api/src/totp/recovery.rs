//! Recovery codes: ten at a time, each good once, of which only keyed hashes are kept.

use anyhow::Context;
use aws_lc_rs::rand;
use entity::{
    ids::UserId,
    recovery_code::{ActiveModel, Column, Entity},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set};

use super::code::base32;
use crate::{
    app::{App, Tx},
    error::Result,
    session,
};

pub(super) const COUNT: usize = 10;
/// 80 bits: 16 letters and digits.
const BYTES: usize = 10;
const LETTERS: usize = 16;
const PURPOSE: &str = "recovery code";

/// New codes in place of whatever was there; to be shown once.
pub(super) async fn replace(tx: &Tx<'_>, of: UserId) -> Result<Vec<String>> {
    remove(tx, of).await?;
    let (mut shown, mut rows) = (Vec::new(), Vec::new());
    for _ in 0..COUNT {
        let mut bytes = [0; BYTES];
        rand::fill(&mut bytes).context("the system has no random numbers")?;
        let code = base32(&bytes);
        rows.push(ActiveModel {
            user_id: Set(of),
            code_hash: Set(hash(tx.app(), of, &code).await?),
        });
        shown.push(in_groups(&code));
    }
    Entity::insert_many(rows)
        .exec_without_returning(&**tx)
        .await?;
    Ok(shown)
}

pub(super) async fn remove(tx: &Tx<'_>, of: UserId) -> Result<()> {
    Entity::delete_many()
        .filter(Column::UserId.eq(of))
        .exec(&**tx)
        .await?;
    Ok(())
}

/// Uses a code up, where it is one; of two who use it at once one does.
pub(super) async fn spend(tx: &Tx<'_>, of: UserId, code: &str) -> Result<bool> {
    if code.len() != LETTERS {
        return Ok(false);
    }
    let hash = hash(tx.app(), of, code).await?;
    let spent = Entity::delete_many()
        .filter(Column::UserId.eq(of))
        .filter(Column::CodeHash.eq(hash))
        .exec(&**tx)
        .await?;
    Ok(spent.rows_affected == 1)
}

async fn hash(app: &App, of: UserId, code: &str) -> Result<Vec<u8>> {
    let message = [of.0.as_bytes(), code.as_bytes()].concat();
    Ok(session::mac(app, PURPOSE, &message).await?.to_vec())
}

fn in_groups(code: &str) -> String {
    let mut text = String::new();
    for (place, letter) in code.chars().enumerate() {
        if place > 0 && place % 4 == 0 {
            text.push('-');
        }
        text.push(letter);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_shown_in_groups_of_four() {
        assert_eq!(in_groups("ABCDEFGH23456777"), "ABCD-EFGH-2345-6777");
        assert_eq!(base32(&[0; BYTES]).len(), LETTERS);
    }
}
