//! How packets are shown.
pub(crate) mod dump;
pub(crate) mod text;
