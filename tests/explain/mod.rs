//! What `explain` says of captures: kept texts of the lab sessions, and scenarios of which every line
//! is proved.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `seeds` | the lab sessions: texts that are kept, questions that they answer |
//! | `scenarios` | real sockets, the relay's losses and crafted frames |
//! | `recovery` | what is lost, late or copied |
//! | `frames` | frames by rule |
//! | `bytes` | segments read from frames, apart from the library |
//! | `checker` | an explanation read line by line: heads, numbers, states |
//! | `claims` | every line that there is, and what must hold for it |
//!
//! `SYNACK_EXPLAIN_SEEDS=100` has the explanations of more runs of the relay proved.
mod bytes;
pub(crate) mod checker;
mod claims;
mod frames;
mod recovery;
mod scenarios;
mod seeds;
