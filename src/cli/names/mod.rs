//! Names: for what is printed, and in filter expressions.
pub(crate) mod expression;
pub(crate) mod mistaken;
pub(crate) mod printed;
