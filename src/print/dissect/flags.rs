//! Bits with names, and numbers with names for some values.
use crate::print::dissect::{Dissect, put};

/// Appends the names of the bits set in `value`, with a comma and a space between;
/// `none` if there are none. Only the named bits count.
pub(in crate::print) fn push_bits(d: &mut Dissect<'_>, value: u32, names: &[(u32, &str)]) {
    let start = d.out.len();
    for (bit, name) in names {
        if value & bit != 0 {
            if d.out.len() > start {
                d.str(", ");
            }
            d.str(name);
        }
    }
    if d.out.len() == start {
        d.str("none");
    }
}

/// Appends a name, or `before` and the number and `after` when it has none.
pub(in crate::print) fn push_name(
    d: &mut Dissect<'_>,
    name: Option<&str>,
    before: &str,
    number: u32,
    after: &str,
) {
    match name {
        Some(name) => d.str(name),
        None => put!(d, "{before}{number}{after}"),
    }
}
