//! Custom fields as clients see them.

pub mod definition;
pub mod mutation;
pub mod value;

pub use definition::{CustomField, CustomFieldQuery};
pub use mutation::CustomFieldMutation;
pub use value::{CustomFieldValue, values_field};
