//! What every text is made of: decimal digits, and runs of printable bytes.
pub(crate) mod decimal;
pub(crate) mod run;
