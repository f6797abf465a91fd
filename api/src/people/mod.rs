//! placeholder
pub struct Cache;
