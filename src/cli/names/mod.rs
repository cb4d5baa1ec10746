//! Names: for what is printed, in filter expressions, of interfaces and link types.
pub(crate) mod expression;
pub(crate) mod link_type;
pub(crate) mod printed;
