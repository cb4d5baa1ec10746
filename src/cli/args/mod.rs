//! The command line: as it is typed, as it is meant, and the quantities in it.
//!
//! | to change | look in |
//! | --- | --- |
//! | an option, its help text | [`typed`] |
//! | a subcommand, its help | [`command`] |
//! | the commands that explain and draw | [`drawn`] |
//! | `lab` | [`lab`] |
//! | which view of packets and connections is meant, which of them | [`view`] |
//! | what options mean together, which exclude one another, defaults | [`checked`] |
//! | `-w` and rotation | `written` |
//! | the named values of an option | [`values`] |
//! | what is said of options that cannot be read | [`refusal`] |
//! | how a number, a size, a duration is written | [`quantity`] |
pub(crate) mod checked;
pub(crate) mod command;
pub(crate) mod drawn;
pub(crate) mod lab;
pub(crate) mod quantity;
pub(crate) mod refusal;
pub(crate) mod typed;
pub(crate) mod values;
pub(crate) mod view;
mod written;
