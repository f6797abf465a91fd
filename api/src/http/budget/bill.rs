//! What an operation costs, and what its caller has left: in headers of every answer, and in the answer where it is
//! asked for.

use std::time::Duration;

use actix_web::HttpResponseBuilder;
use actix_web::http::header::HeaderName;
use async_graphql::{Response, Value, value};

use super::{Charged, Class};
use crate::actor::Actor;
use crate::error::Error;
use crate::http::guard::Rejection;
use crate::http::prepare::Prepared;
use crate::http::problem::Problem;
use crate::http::service::Service;
use crate::session::ClientAddress;

pub(crate) const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
pub(crate) const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
pub(crate) const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

/// A caller's budget after a charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Balance {
    /// Points of a full budget.
    pub(crate) limit: u32,
    /// Points that are left.
    pub(crate) remaining: u32,
    /// When it is full again, if nothing is asked for until then.
    pub(crate) full_in: Duration,
}

/// What one operation costs whoever asks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bill {
    cost: u64,
    cost_max: u32,
    balance: Option<Balance>,
    is_shown: bool,
}

/// Takes the cost of an operation from the budget of whoever asks. Fails where it may not run; what was too much to
/// ask for at all costs a point, as what costs nothing does.
pub(crate) async fn settle(
    service: &Service,
    prepared: &Prepared,
    actor: Option<&Actor>,
    address: ClientAddress,
) -> (Bill, Result<(), Problem>) {
    let cost_max = Class::of(actor).cost_max();
    let cost = u32::try_from(prepared.cost).ok();
    let payable = cost.filter(|cost| *cost <= cost_max);
    let points = payable.unwrap_or_default().max(1);
    let charging = service.budgets.charge(&service.app, actor, address, points);
    let charged = charging.await;
    let bill = Bill {
        cost: prepared.cost,
        cost_max,
        balance: charged.map(|charged| charged.balance),
        is_shown: prepared.shows_cost,
    };
    (bill, bill.judge(charged, payable.is_some()))
}

impl Bill {
    fn judge(&self, charged: Option<Charged>, is_payable: bool) -> Result<(), Problem> {
        if let Some(wait) = charged.and_then(|charged| charged.retry_after) {
            let error = Error::RateLimited {
                retry_after_s: whole_seconds(wait).max(1),
            };
            let mut problem = Problem::from(error);
            problem.reason = Some("budget");
            return Err(problem.with_bill(*self));
        }
        if !is_payable {
            let rejection = Rejection::TooExpensive {
                cost: self.cost,
                cost_max: self.cost_max.into(),
            };
            return Err(Problem::from(rejection).with_bill(*self));
        }
        Ok(())
    }

    /// Tells what is left, in the names of draft-ietf-httpapi-ratelimit-headers-03.
    pub(crate) fn add_headers(&self, builder: &mut HttpResponseBuilder) {
        if let Some(balance) = self.balance {
            builder.insert_header((LIMIT, balance.limit));
            builder.insert_header((REMAINING, balance.remaining));
            builder.insert_header((RESET, whole_seconds(balance.full_in)));
        }
    }

    /// Tells the same in the answer, where the client asked for it.
    pub(crate) fn show(&self, response: &mut Response) {
        if let Some(cost) = self.extension() {
            response.extensions.insert("cost".to_owned(), cost);
        }
    }

    /// The same as the extension `cost`, where the client asked for it.
    pub(crate) fn extension(&self) -> Option<Value> {
        let Balance {
            limit,
            remaining,
            full_in,
        } = match (self.is_shown, self.balance) {
            (false, _) => return None,
            (true, None) => {
                return Some(value!({ "requested": self.cost, "maximum": self.cost_max }));
            }
            (true, Some(balance)) => balance,
        };
        Some(value!({
            "requested": self.cost,
            "maximum": self.cost_max,
            "limit": limit,
            "remaining": remaining,
            "reset": whole_seconds(full_in),
        }))
    }
}

fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}
