//! Articles and knowledge links as clients see them.

pub mod drafting;
pub mod mutation;
pub mod query;
pub mod types;

pub use drafting::DraftingMutation;
pub use mutation::KnowledgeMutation;
pub use query::{ArticleConnection, KnowledgeQuery};
pub use types::{Article, ArticleTranslation, KnowledgeLink, KnowledgeRole, knowledge_links_field};
