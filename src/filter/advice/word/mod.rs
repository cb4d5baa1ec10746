//! What may be meant at the place of a fault: each rule looks at the words there and offers replacements.
//!
//! | to change what is made of | look in |
//! | --- | --- |
//! | names of protocols, flags, fields, services; words of other languages; spelling | `names` |
//! | addresses, networks, ports, ranges | `values` |
//! | quotes, commas, operators, parentheses, what is missing | `grammar` |
mod grammar;
mod names;
mod values;

pub(super) use grammar::remark;

use super::super::{Error, ErrorKind, Resolver};
use core::ops::Range;

/// A replacement for a part of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fix {
    range: Range<usize>,
    with: String,
    /// What was wrong, for the user.
    pub(super) why: String,
    /// What the fault alone would be.
    pub(super) alone: Option<String>,
    /// Nothing but the spelling of a word is changed.
    pub(super) is_spelling: bool,
    /// The whole text is rewritten, in a way that leaves nothing to rewrite so again.
    is_whole: bool,
}

impl Fix {
    /// The text with the replacement, and single blanks.
    pub(super) fn applied(&self, text: &str) -> String {
        let (before, after) = (&text[..self.range.start], &text[self.range.end..]);
        let mut whole = String::with_capacity(text.len() + self.with.len());
        for word in before.split_ascii_whitespace() {
            whole.push_str(word);
            whole.push(' ');
        }
        if !before.ends_with(|c: char| c.is_ascii_whitespace()) {
            whole.pop();
        }
        for word in self.with.split_inclusive(' ').chain(after.split_inclusive(' ')) {
            if word != " " || !whole.ends_with(' ') {
                whole.push_str(word);
            }
        }
        whole.trim().to_owned()
    }

    /// Whether the next fault is another one, further on.
    pub(super) fn leads_on(&self, before: &Error, next: &Error) -> bool {
        let in_names = |error: &Error| matches!(error.kind(), ErrorKind::UnknownName | ErrorKind::LinkType);
        if self.is_whole {
            return true;
        }
        let end = self.range.start + self.with.trim_end().len();
        match next.span() {
            Some(span) if in_names(next) && !in_names(before) => {
                !(self.range.start..end).contains(&span.start)
            }
            Some(span) => span.start >= end && (span.start > self.range.start || self.with.trim().is_empty()),
            None => false,
        }
    }
}

/// A word of the text and where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Placed<'a> {
    text: &'a str,
    start: usize,
}

impl Placed<'_> {
    fn end(self) -> usize {
        self.start + self.text.len()
    }

    fn is(self, words: &[&str]) -> bool {
        words.iter().any(|word| self.text.eq_ignore_ascii_case(word))
    }
}

/// The place of a fault.
struct Place<'a> {
    text: &'a str,
    kind: ErrorKind,
    /// The word that the fault is in; empty at the end of the text or at an operator.
    word: Placed<'a>,
    /// The first character of the fault.
    at: usize,
    /// The words before, the nearest last, and the next one.
    before: Vec<Placed<'a>>,
    after: Option<Placed<'a>>,
    resolver: &'a dyn Resolver,
    has_resolver: bool,
}

fn is_inside(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '/' | '\\' | '@')
}

/// The words of a text.
fn words(text: &str) -> Vec<Placed<'_>> {
    let mut words = Vec::new();
    let mut start = 0;
    for piece in text.split(|c| !is_inside(c)) {
        if !piece.is_empty() {
            words.push(Placed { text: piece, start });
        }
        start += piece.len() + text[start + piece.len()..].chars().next().map_or(0, char::len_utf8);
    }
    words
}

impl<'a> Place<'a> {
    fn new(error: &Error, text: &'a str, resolver: &'a dyn Resolver, has_resolver: bool) -> Option<Self> {
        let span = error.span()?;
        let at = span.start.min(text.len());
        if !text.is_char_boundary(at) {
            return None;
        }
        let all = words(text);
        let here = all.iter().copied().find(|word| word.start <= at && at < word.end());
        let word = here.unwrap_or(Placed { text: "", start: at });
        let before = all.iter().copied().filter(|other| other.end() <= word.start).collect();
        let after = all.iter().copied().find(|other| other.start >= word.end().max(at));
        Some(Self { text, kind: error.kind(), word, at, before, after, resolver, has_resolver })
    }

    fn previous(&self) -> Option<Placed<'a>> {
        self.before.last().copied()
    }

    /// Whether the word before is one of these, with nothing but blanks between.
    fn follows(&self, words: &[&str]) -> bool {
        self.previous()
            .is_some_and(|word| word.is(words) && self.text[word.end()..self.word.start].trim().is_empty())
    }

    /// The character before the word.
    fn character_before(&self) -> Option<char> {
        self.text[..self.word.start].trim_end().chars().next_back()
    }

    fn fix(&self, range: Range<usize>, with: impl Into<String>, why: impl Into<String>) -> Fix {
        Fix { range, with: with.into(), why: why.into(), alone: None, is_spelling: false, is_whole: false }
    }

    /// The word replaced.
    fn instead(&self, with: impl Into<String>, why: impl Into<String>) -> Fix {
        self.fix(self.word.start..self.word.end(), with, why)
    }

    /// The word, and the qualifiers of these before it, replaced.
    fn with_qualifiers(&self, any: &[&str]) -> Range<usize> {
        let mut start = self.word.start;
        for word in self.before.iter().rev() {
            if !word.is(any) || !self.text[word.end()..start].trim().is_empty() {
                break;
            }
            start = word.start;
        }
        start..self.word.end()
    }
}

/// What could be meant, the likeliest first.
pub(super) fn fixes(error: &Error, text: &str, resolver: &dyn Resolver, has_resolver: bool) -> Vec<Fix> {
    let Some(place) = Place::new(error, text, resolver, has_resolver) else { return Vec::new() };
    let mut fixes = Vec::new();
    for rule in [
        grammar::characters,
        names::upper_case,
        names::index,
        names::flags,
        names::escaped,
        names::port_names,
        names::nicknames,
        values::ranges,
        values::comparisons,
        values::networks,
        values::endpoints,
        values::unqualified,
        names::synonyms,
        names::fields,
        values::glued,
        names::misspelt,
        grammar::operators,
        grammar::unfinished,
    ] {
        rule(&place, &mut fixes);
    }
    fixes
}
