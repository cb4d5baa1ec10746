//! Why an expression was refused, and where in its text.
use core::fmt;
use core::ops::Range;

/// A range of bytes of the expression's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

impl Span {
    /// The bytes from `start` up to, not including, `end`.
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// The smallest span that covers both.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The span as a range, to slice the text with.
    pub fn range(self) -> Range<usize> {
        self.start..self.end
    }
}

/// What sort of refusal an [`Error`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A character or number that is no word of the language.
    Token,
    /// The words do not form an expression.
    Syntax,
    /// Parentheses or operators nest too deep, or the text is too long.
    TooDeep,
    /// A word of the language for a link type that this crate does not know (802.11, ATM, MTP, PF, ARCNET).
    Unsupported,
    /// A qualifier that does not go with what it qualifies.
    Qualifier,
    /// A number out of its range, a mask with foreign bits, a division by zero.
    Value,
    /// No such host, network, port, protocol or Ethernet name.
    UnknownName,
    /// The test makes no sense on this link type, or cannot be done on a file.
    LinkType,
    /// No packet can ever match.
    RejectsAll,
    /// More registers or instructions than the machine has.
    TooComplex,
}

/// Words for the user, and an expression that compiles.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Advice {
    pub(super) why: String,
    pub(super) suggestion: Option<String>,
}

/// An expression that was refused.
///
/// `Display` is the message, then the expression with the fault underlined, then advice if there is any:
///
/// ```
/// # use synack::{filter::Filter, LinkType};
/// let error = Filter::compile("tcp prot 80", LinkType::ETHERNET).unwrap_err();
/// assert_eq!(error.span().unwrap().range(), 4..8);
/// assert!(error.to_string().ends_with("  tcp prot 80\n      ^^^^"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error(Box<Inner>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Inner {
    kind: ErrorKind,
    message: String,
    span: Option<Span>,
    text: String,
    advice: Option<Advice>,
}

/// At most this many characters of the expression are shown around the fault.
const WINDOW: usize = 70;

/// A longer message, which can only be one that quotes an endless word, is cut to so many characters.
const MAX_MESSAGE: usize = 240;

impl Error {
    /// An error at `span`; the text is added by whoever knows it, with `in_text`.
    pub fn new(kind: ErrorKind, message: impl Into<String>, span: impl Into<Option<Span>>) -> Self {
        let message = one_line(message.into());
        Self(Box::new(Inner { kind, message, span: span.into(), text: String::new(), advice: None }))
    }

    /// The same error with the expression it is about.
    #[must_use]
    pub(crate) fn in_text(mut self, text: &str) -> Self {
        self.0.text = text.to_owned();
        self
    }

    /// The same error with what to do about it.
    #[must_use]
    pub(super) fn with_advice(mut self, advice: Option<Advice>) -> Self {
        self.0.advice = advice;
        self
    }

    /// The same error with other words of advice, from a caller who knows more than the expression: that a
    /// word in it is the name of a file, for instance.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.0.advice = Some(Advice { why: one_line(hint.into()), suggestion: None });
        self
    }

    /// The same error with another place, where it has none yet.
    #[must_use]
    pub fn at(mut self, span: Span) -> Self {
        self.0.span.get_or_insert(span);
        self
    }

    /// What sort of refusal this is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What is wrong, in one line.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Where in the text, where it is one place.
    pub fn span(&self) -> Option<Span> {
        self.0.span
    }

    /// What may help, in words.
    pub fn hint(&self) -> Option<&str> {
        self.0.advice.as_ref().map(|advice| advice.why.as_str())
    }

    /// An expression that may be what was meant. It compiles, with the settings that this one was refused with.
    ///
    /// ```
    /// # use synack::{filter::Filter, LinkType};
    /// let error = Filter::compile("tcp.port == 80", LinkType::ETHERNET).unwrap_err();
    /// assert_eq!(error.suggestion(), Some("tcp port 80"));
    /// assert!(error.to_string().ends_with("\nhint: that is a Wireshark display filter; here: tcp port 80"));
    /// ```
    pub fn suggestion(&self) -> Option<&str> {
        self.0.advice.as_ref().and_then(|advice| advice.suggestion.as_deref())
    }

    /// The expression.
    pub fn text(&self) -> &str {
        &self.0.text
    }
}

/// Stands for what is left out. One byte a column, on any terminal and where all else is escaped.
const CUT: &str = "...";

/// A message that quotes the expression, fit for a line of a terminal.
fn one_line(message: String) -> String {
    if message.len() <= MAX_MESSAGE && !message.contains(char::is_control) {
        return message;
    }
    let mut line = String::new();
    let mut chars = message.chars();
    for c in chars.by_ref().take(MAX_MESSAGE) {
        if c.is_control() { line.extend(c.escape_default()) } else { line.push(c) }
    }
    if chars.next().is_some() {
        line.push_str(CUT);
    }
    line
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        if let Some(span) = self.0.span
            && !self.0.text.is_empty()
        {
            let (shown, before, marked) = excerpt(&self.0.text, span);
            write!(f, "\n  {shown}\n  {:before$}{:^<marked$}", "", "")?;
        }
        if let Some(hint) = self.hint() {
            write!(f, "\nhint: {hint}")?;
        }
        match self.suggestion() {
            Some(suggestion) => write!(f, "; here: {suggestion}"),
            None => Ok(()),
        }
    }
}

/// The part of `text` around `span`, how many characters come before the fault, and how many to underline.
fn excerpt(text: &str, span: Span) -> (String, usize, usize) {
    let chars: Vec<(usize, char)> = text.char_indices().collect();
    let position = |byte: usize| chars.partition_point(|&(at, _)| at < byte);
    let (start, end) = (position(span.start), position(span.end));
    let from = if chars.len() <= WINDOW { 0 } else { start.saturating_sub(WINDOW / 2) };
    let until = chars.len().min(from + WINDOW);
    let mut shown = String::new();
    if from > 0 {
        shown.push_str(CUT);
    }
    // A control character would move the caret away from its place, or worse; so would one that is
    // wide, or that whoever prints this escapes.
    let plain = |c: char| match c {
        ' '..='~' => c,
        _ if c.is_control() => ' ',
        _ => '?',
    };
    shown.extend(chars[from..until].iter().map(|&(_, c)| plain(c)));
    if until < chars.len() {
        shown.push_str(CUT);
    }
    let before = start - from + if from > 0 { CUT.len() } else { 0 };
    (shown, before, end.min(until).saturating_sub(start).max(1))
}

impl std::error::Error for Error {}

/// The word of `known` that `word` was probably meant to be: at most two letters are wrong, missing, too many
/// or in the place of their neighbour; in a short word one. `None` also for a word that is among them.
///
/// ```
/// # use synack::filter::nearest;
/// assert_eq!(nearest("repiar", ["demo", "repair"]), Some("repair"));
/// assert_eq!(nearest("repairs", ["demo", "report"]), None);
/// ```
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = match word.chars().count() {
        0..=2 => return None,
        3 | 4 => 1,
        _ => 2,
    };
    known
        .into_iter()
        .filter(|candidate| candidate.len() > 1)
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|&(distance, _)| distance > 0 && distance <= limit)
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// The number of insertions, deletions, changes and swaps of neighbours between two words.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > 2 {
        return usize::MAX;
    }
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let change = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = change.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LinkType;

    #[test]
    fn underlines_the_fault() {
        let error = Error::new(ErrorKind::Syntax, "what is this", Span::new(4, 8)).in_text("tcp prot 80");
        assert_eq!(error.to_string(), "what is this\n  tcp prot 80\n      ^^^^");
    }

    #[test]
    fn an_endless_or_wild_word_leaves_the_message_a_line() {
        let error = crate::filter::Filter::compile(&format!("host {}", "a".repeat(60_000)), LinkType::RAW);
        let message = error.unwrap_err().message().to_owned();
        assert!(message.starts_with("unknown host 'aaa") && message.ends_with("aa..."), "{message}");
        assert_eq!(message.len(), MAX_MESSAGE + CUT.len());
        let wild = Error::new(ErrorKind::UnknownName, "unknown host '\u{1b}[31m'", None);
        assert_eq!(wild.message(), "unknown host '\\u{1b}[31m'");
    }

    #[test]
    fn underlines_the_end_of_the_text() {
        let error = Error::new(ErrorKind::Syntax, "more", Span::new(4, 4)).in_text("port");
        assert_eq!(error.to_string(), "more\n  port\n      ^");
    }

    #[test]
    fn shows_a_window_of_a_long_expression() {
        let text = "x".repeat(500) + "!" + &"y".repeat(500);
        let shown = Error::new(ErrorKind::Syntax, "m", Span::new(500, 501)).in_text(&text).to_string();
        let lines: Vec<&str> = shown.lines().collect();
        assert!(lines[1].len() < 80 && lines[1].is_ascii());
        let caret = lines[2].chars().position(|c| c == '^').unwrap();
        assert_eq!(lines[1].chars().nth(caret), Some('!'));
    }

    #[test]
    fn counts_characters_and_not_bytes() {
        let error = Error::new(ErrorKind::Token, "m", Span::new(4, 5)).in_text("ää $");
        let text = error.to_string();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[2].chars().position(|c| c == '^'), Some(4));
    }

    #[test]
    fn suggests_near_words_only() {
        let known = ["port", "portrange", "proto", "host"];
        assert_eq!(nearest("prot", known), Some("port"));
        assert_eq!(nearest("hsot", known), Some("host"));
        assert_eq!(nearest("porrange", known), Some("portrange"));
        assert_eq!(nearest("elephant", known), None);
    }
}
