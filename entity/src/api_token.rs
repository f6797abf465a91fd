//! What a script signs its requests with: a secret of a machine, or of one of the staff, and what it may be used for.

use sea_orm::{DeriveValueType, Iterable, entity::prelude::*};

use crate::ids::{ApiTokenId, UserId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_tokens")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ApiTokenId,
    /// Whose rights it has, as far as its scopes go.
    pub user_id: UserId,
    pub name: String,
    /// Its beginning, by which people tell tokens apart.
    pub hint: String,
    /// SHA-256 of the whole of it.
    #[sea_orm(column_type = "VarBinary(StringLen::N(32))")]
    pub token_hash: Vec<u8>,
    pub scopes: ApiScopes,
    pub created_by: Option<UserId>,
    pub created_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
    /// To the minute, or nearly.
    pub last_used_at: Option<DateTimeUtc>,
    pub revoked_at: Option<DateTimeUtc>,
}

/// What a token may be used for: an area, and what is done there. The number is its bit in [`ApiScopes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter)]
pub enum ApiScope {
    TicketsRead = 0,
    TicketsWrite = 1,
    CommentsWrite = 2,
    CommentsInternalRead = 3,
    CommentsInternalWrite = 4,
    QueuesWrite = 5,
    ArticlesRead = 6,
    ArticlesWrite = 7,
    ArticlesPublish = 8,
    PeopleRead = 9,
    PeopleWrite = 10,
    MetricsRead = 11,
    AdministrationRead = 12,
    AdministrationWrite = 13,
    AuditRead = 14,
    WebhooksRead = 16,
    WebhooksWrite = 17,
}

/// A set of scopes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, DeriveValueType)]
pub struct ApiScopes(pub i32);

impl ApiScope {
    pub fn all() -> impl Iterator<Item = Self> {
        Self::iter()
    }

    const fn bit(self) -> i32 {
        1 << self as i32
    }
}

impl ApiScopes {
    pub const fn contains(self, scope: ApiScope) -> bool {
        self.0 & scope.bit() != 0
    }

    /// Whether every scope of the other set is in it.
    pub const fn contains_all(self, other: Self) -> bool {
        other.0 & !self.0 == 0
    }

    /// The scopes in it, in the order of their numbers.
    pub fn iter(self) -> impl Iterator<Item = ApiScope> {
        ApiScope::all().filter(move |scope| self.contains(*scope))
    }
}

impl FromIterator<ApiScope> for ApiScopes {
    fn from_iter<I: IntoIterator<Item = ApiScope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |bits, scope| bits | scope.bit()))
    }
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
