//! The command line: as it is typed, as it is meant, and the quantities in it.
//!
//! | to change | look in |
//! | --- | --- |
//! | an option, its help text, a subcommand | [`typed`] |
//! | what options mean together, which exclude one another, defaults | [`checked`] |
//! | how a number, a size, a duration is written | [`quantity`] |
pub(crate) mod checked;
pub(crate) mod quantity;
pub(crate) mod typed;
