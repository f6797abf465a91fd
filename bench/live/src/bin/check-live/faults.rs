//! What goes wrong, one after the other.

use std::time::Duration;

use anyhow::{Context, Result};
use clap::ValueEnum;
use live::{database::execute, lab::Lab, random::Random};
use sea_orm::sqlx::{Connection, Executor, PgConnection};
use tokio::{task::JoinSet, time::sleep};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Fault {
    Nothing,
    /// Rows are locked for a while, and commits come late.
    LateCommits,
    RedisKilled,
    /// It stands still, with its connections open.
    RedisStopped,
    RedisRestarted,
    RedisClientsKilled,
    /// Servers start while there is none.
    RedisAbsent,
    ServerKilled,
    SocketsCut,
    /// Some read nothing until the load is over.
    DeafReaders,
    SignedOut,
    /// A partner goes to another team.
    ScopeChanged,
    Drained,
    /// Many of these at once.
    Everything,
}

impl Fault {
    pub(crate) const fn needs_redis(self) -> bool {
        matches!(
            self,
            Self::RedisKilled
                | Self::RedisStopped
                | Self::RedisRestarted
                | Self::RedisClientsKilled
                | Self::RedisAbsent
                | Self::Everything
        )
    }

    pub(crate) const fn needs_postgres(self) -> bool {
        matches!(
            self,
            Self::LateCommits | Self::ScopeChanged | Self::Everything
        )
    }

    pub(crate) const fn cuts_sockets(self) -> bool {
        matches!(self, Self::SocketsCut | Self::Everything)
    }

    pub(crate) fn name(self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    }

    const fn delays_commits(self) -> bool {
        matches!(self, Self::LateCommits | Self::Everything)
    }
}

/// Takes places by hand: this must also hold where a commit takes longer than later ones.
const LATE: [&str; 2] = [
    "CREATE OR REPLACE FUNCTION check_late() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN
       IF random() < 0.3 THEN PERFORM pg_sleep(random() * 0.4); END IF;
       RETURN NULL;
     END $$",
    "CREATE CONSTRAINT TRIGGER check_late AFTER INSERT ON events
     DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_late()",
];
const IN_TIME: &str = "DROP TRIGGER check_late ON events";
const LOCKERS: u64 = 4;

/// Makes things go wrong for about as long as `length`; all is well again when it returns.
pub(crate) async fn cause(fault: Fault, lab: &mut Lab, length: Duration) -> Result<()> {
    let late = if fault.delays_commits() {
        let url = lab.database_url.clone().context("no PostgreSQL")?;
        for statement in LATE {
            execute(&url, statement.to_owned()).await?;
        }
        Some((lock_rows(&url), url))
    } else {
        None
    };
    let result = break_parts(fault, lab, length).await;
    if let Some((mut lockers, url)) = late {
        lockers.shutdown().await;
        execute(&url, IN_TIME.to_owned()).await?;
    }
    result
}

async fn break_parts(fault: Fault, lab: &mut Lab, length: Duration) -> Result<()> {
    let third = length / 3;
    match fault {
        Fault::RedisKilled => {
            sleep(third).await;
            lab.redis()?.kill().await?;
            sleep(third).await;
            lab.redis()?.start_again().await?;
            sleep(third).await;
        }
        Fault::RedisStopped => {
            sleep(third).await;
            lab.redis()?.stand_still()?;
            sleep(third).await;
            lab.redis()?.go_on()?;
            sleep(third).await;
        }
        Fault::RedisRestarted => {
            for _ in 0..3 {
                sleep(third).await;
                lab.redis()?.restart().await?;
            }
        }
        Fault::RedisClientsKilled => {
            let pause = Duration::from_millis(500);
            for _ in 0..length.as_millis() / pause.as_millis() {
                sleep(pause).await;
                lab.redis()?.kill_subscribers().await?;
            }
        }
        Fault::RedisAbsent => {
            lab.redis()?.kill().await?;
            lab.replace_drained().await?;
            sleep(third).await;
            lab.redis()?.start_again().await?;
            sleep(third).await;
        }
        Fault::ServerKilled => {
            for _ in 0..3 {
                sleep(third).await;
                lab.replace_killed(third / 3).await?;
            }
        }
        Fault::Drained => {
            sleep(third).await;
            lab.replace_drained().await?;
            sleep(third).await;
        }
        Fault::DeafReaders => sleep(length * 3).await,
        Fault::Everything => break_all(lab, third).await?,
        Fault::Nothing
        | Fault::LateCommits
        | Fault::SocketsCut
        | Fault::SignedOut
        | Fault::ScopeChanged => sleep(length).await,
    }
    Ok(())
}

async fn break_all(lab: &mut Lab, pause: Duration) -> Result<()> {
    sleep(pause / 2).await;
    lab.redis()?.kill().await?;
    sleep(pause / 2).await;
    lab.replace_killed(pause / 4).await?;
    lab.redis()?.start_again().await?;
    sleep(pause / 2).await;
    lab.redis()?.stand_still()?;
    sleep(pause / 2).await;
    lab.replace_killed(pause / 4).await?;
    lab.redis()?.go_on()?;
    lab.redis()?.kill_subscribers().await?;
    sleep(pause).await;
    lab.redis()?.restart().await?;
    lab.replace_drained().await?;
    sleep(pause / 2).await;
    Ok(())
}

/// Keeps tickets locked, one each and not for long, so that their writers wait.
fn lock_rows(url: &str) -> JoinSet<Result<()>> {
    let mut lockers = JoinSet::new();
    for number in 0..LOCKERS {
        let url = url.to_owned();
        lockers.spawn(async move {
            let mut random = Random::new(number);
            let mut connection = PgConnection::connect(&url).await?;
            loop {
                let mut held = connection.begin().await?;
                held.execute("SELECT id FROM tickets ORDER BY random() LIMIT 1 FOR UPDATE")
                    .await?;
                sleep(Duration::from_millis(20 + random.below(400) as u64)).await;
                held.commit().await?;
                sleep(Duration::from_millis(50)).await;
            }
        });
    }
    lockers
}
