//! What to type instead: advice for an expression that was refused.
//!
//! | file | knows |
//! | --- | --- |
//! | `table` | what people call protocols, flags, fields and qualifiers |
//! | `word` | what may be meant at the place of the fault |
//! | `display` | Wireshark's display filters |
//! | `contradiction` | which parts of an expression exclude each other |
//!
//! Whatever is suggested was compiled first, with the settings of the expression that was refused: advice
//! that is refused in its turn is worse than none. Nothing here changes what is refused, or why.
mod contradiction;
mod display;
mod table;
#[cfg(test)]
mod tests;
mod word;

pub(super) use table::is_known;

use super::error::Advice;
use super::{Error, ErrorKind, FilterBuilder};
use crate::wire::LinkType;

/// An expression longer than this was not typed by hand, and a hint would not be read.
const MAX_TEXT: usize = 1024;

/// So many faults of one expression are mended, and so many ways tried for each.
const MAX_FAULTS: usize = 8;
const MAX_WAYS: usize = 24;

/// Compiles what is about to be suggested.
#[derive(Clone, Copy)]
struct Judge<'a> {
    builder: FilterBuilder<'a>,
    link: LinkType,
}

impl Judge<'_> {
    fn compile(&self, text: &str) -> Result<(), Error> {
        self.builder.compile_inner(text, self.link).map(drop)
    }

    fn accepts(&self, text: &str) -> bool {
        self.compile(text).is_ok()
    }
}

/// Advice about an expression that `builder` refused with this error.
pub(super) fn advise(
    error: &Error,
    text: &str,
    builder: FilterBuilder<'_>,
    link: LinkType,
) -> Option<Advice> {
    if text.len() > MAX_TEXT || matches!(error.kind(), ErrorKind::TooDeep | ErrorKind::TooComplex) {
        return None;
    }
    let judge = Judge { builder, link };
    if error.kind() == ErrorKind::RejectsAll {
        return contradiction::explain(text, judge);
    }
    about_display_filter(text, judge).or_else(|| mended(error, text, judge)).or_else(|| {
        let why = word::remark(error, text, builder.has_resolver)?;
        Some(Advice { why, suggestion: None })
    })
}

fn about_display_filter(text: &str, judge: Judge<'_>) -> Option<Advice> {
    let translation = display::translate(text)?;
    let suggestion = translation.expression.filter(|expression| judge.accepts(expression));
    let why = match (&translation.beyond, &suggestion) {
        (Some(field), Some(_)) => {
            format!("that is a Wireshark display filter; no capture filter looks at {field}, the nearest")
        }
        (Some(field), None) => {
            format!("that is a Wireshark display filter, and no capture filter looks at {field}")
        }
        (None, Some(_)) => "that is a Wireshark display filter".to_owned(),
        (None, None) => {
            "that is a Wireshark display filter; this language is that of pcap-filter(7)".to_owned()
        }
    };
    Some(Advice { why, suggestion })
}

/// The expression with its faults mended one after the other, the leftmost first.
fn mended(error: &Error, text: &str, judge: Judge<'_>) -> Option<Advice> {
    let mut text = text.to_owned();
    let mut error = error.clone();
    let mut first: Option<word::Fix> = None;
    for _ in 0..MAX_FAULTS {
        let mut further = None;
        let builder = judge.builder;
        let ways = word::fixes(&error, &text, builder.settings.resolver, builder.has_resolver);
        for fix in ways.into_iter().take(MAX_WAYS) {
            let mended = fix.applied(&text);
            if mended.is_empty() {
                continue;
            }
            match judge.compile(&mended) {
                Ok(()) => {
                    let fix = first.unwrap_or(fix);
                    // Where the message itself says what is meant nothing is to be added.
                    let said = error.message().contains("did you mean") && fix.is_spelling;
                    return (!said).then_some(Advice { why: fix.why, suggestion: Some(mended) });
                }
                Err(next) if further.is_none() && fix.leads_on(&error, &next) => {
                    further = Some((fix, mended, next))
                }
                Err(_) => {}
            }
        }
        let Some((fix, mended, next)) = further else { break };
        first.get_or_insert(fix);
        (text, error) = (mended, next);
    }
    // What can be said of the first fault without the rest of the expression.
    let fix = first?;
    let suggestion = fix.alone.clone().filter(|alone| judge.accepts(alone))?;
    Some(Advice { why: fix.why, suggestion: Some(suggestion) })
}
