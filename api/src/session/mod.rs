//! placeholder
pub struct Sessions;
