//! What callers may ask for in a time: points that an operation's cost is taken from, and that come back by themselves.
//!
//! With Redis all servers take from one budget of a caller, in slices; without it, and while it does not answer,
//! each server has a budget for everybody of its own (ADR 31).

mod account;
mod bill;
mod meter;
mod shared;

pub(crate) use bill::{Balance, Bill, settle};

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use entity::event::ActorKind;
use entity::ids::UserId;
use url::Url;

use self::account::Account;
use self::shared::{Shared, Wanted};
use crate::actor::Actor;
use crate::app::App;
use crate::config::{self, Budget, COST_MAX_ANONYMOUS, COST_MAX_REQUESTER, COST_MAX_STAFF};
use crate::policy;
use crate::session::ClientAddress;

/// Callers that this process knows of; those who have not asked for the longest give way, and begin anew.
const ACCOUNTS_MAX: u64 = 100_000;
/// How long a caller is remembered who asks for nothing.
const REMEMBERED_FOR: Duration = Duration::from_hours(1);

/// Whose budget it is. A person's sign-ins and tokens share one, or a token more would be a budget more; so do a
/// machine's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Caller {
    Owner(UserId),
    Network(IpAddr),
}

/// How much a caller may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    Anonymous,
    Requester,
    /// Machines too: they ask for much at once on behalf of many.
    Staff,
}

impl Class {
    pub(crate) fn of(actor: Option<&Actor>) -> Self {
        match actor {
            None => Self::Anonymous,
            Some(actor) if policy::is_at_desk(actor) || actor.kind() == ActorKind::Machine => {
                Self::Staff
            }
            Some(_) => Self::Requester,
        }
    }

    /// What one operation may cost.
    pub(crate) const fn cost_max(self) -> u32 {
        match self {
            Self::Anonymous => COST_MAX_ANONYMOUS,
            Self::Requester => COST_MAX_REQUESTER,
            Self::Staff => COST_MAX_STAFF,
        }
    }
}

/// The budgets of all callers.
pub(crate) struct Budgets {
    settings: config::Budgets,
    accounts: moka::sync::Cache<Caller, Arc<Mutex<Account>>>,
    shared: Option<Arc<Shared>>,
}

/// What became of a charge: how much is left, and when the same would pass where it did not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Charged {
    pub(crate) balance: Balance,
    pub(crate) retry_after: Option<Duration>,
}

impl Budgets {
    /// Must be called inside a Tokio runtime, where there is Redis: a task looks whether it is there.
    pub(crate) fn new(settings: config::Budgets, redis_url: Option<&Url>) -> anyhow::Result<Self> {
        let accounts = moka::sync::Cache::builder()
            .eviction_policy(moka::policy::EvictionPolicy::lru())
            .max_capacity(ACCOUNTS_MAX)
            .time_to_idle(REMEMBERED_FOR)
            .build();
        Ok(Self {
            settings,
            accounts,
            shared: redis_url.map(Shared::new).transpose()?,
        })
    }

    /// Whether all servers take from the same budgets, as one does that has no Redis.
    pub(crate) fn are_shared(&self) -> bool {
        self.shared.as_ref().is_none_or(|shared| shared.is_up())
    }

    /// Takes `cost` from the budget of whoever asks; none where there is no such budget.
    async fn charge(
        &self,
        app: &App,
        actor: Option<&Actor>,
        address: ClientAddress,
        cost: u32,
    ) -> Option<Charged> {
        let budget = self.budget(Class::of(actor))?;
        let caller = actor
            .and_then(Actor::id)
            .map_or_else(|| Caller::Network(address.network()), Caller::Owner);
        let new = || Arc::new(Mutex::new(Account::new(Instant::now())));
        let account = self.accounts.get_with(caller, new);
        if let Some(shared) = self.shared.as_ref().filter(|shared| shared.is_up()) {
            let spent = lock(&account).spend(budget, cost, Instant::now());
            if let Some(balance) = spent {
                return Some(Charged::passed(balance));
            }
            let wanted = Wanted {
                budget,
                cost,
                unspent: lock(&account).give_back(),
            };
            if let Some(granted) = shared.take(app, &caller.to_bytes(), wanted).await {
                return Some(lock(&account).take_up(budget, cost, granted, Instant::now()));
            }
        }
        Some(lock(&account).charge(budget, cost, Instant::now()))
    }

    const fn budget(&self, class: Class) -> Option<Budget> {
        match class {
            Class::Anonymous => self.settings.anonymous,
            Class::Requester => self.settings.requester,
            Class::Staff => self.settings.agent,
        }
    }
}

fn lock(account: &Mutex<Account>) -> MutexGuard<'_, Account> {
    account.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Charged {
    const fn passed(balance: Balance) -> Self {
        Self {
            balance,
            retry_after: None,
        }
    }
}

impl Caller {
    /// Another text for each.
    fn to_bytes(self) -> Vec<u8> {
        match self {
            Self::Owner(id) => id.0.as_bytes().to_vec(),
            Self::Network(address) => format!("network {address}").into_bytes(),
        }
    }
}
