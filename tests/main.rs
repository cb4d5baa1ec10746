//! The one integration binary: an annotated table of contents.
/// Captures made by rule.
mod corpus;
/// The printer against the installed tcpdump.
mod differential;
