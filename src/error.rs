//! The crate's error: what was attempted, on what, and the system's reason.
use std::fmt;
use std::io;

/// An operation that failed: the operation in words, what it was done to, and why.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    /// The file it happened in, where `context` does not say so.
    file: Option<String>,
    /// What was attempted and on what, in words: `"eth0: open packet socket"`.
    context: String,
    source: Option<io::Error>,
}

/// What sort of failure an [`Error`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The operating system refused or failed.
    Io,
    /// The caller lacks a privilege (`CAP_NET_RAW`, file permission).
    PermissionDenied,
    /// There is no such interface.
    NoSuchInterface,
    /// The interface went down or disappeared during capture.
    InterfaceGone,
    /// The file is not a capture file, or is damaged.
    Format,
    /// The file ends inside a header or a record.
    Truncated,
    /// The request cannot be done (a combination of options, a link type).
    Unsupported,
}

impl Error {
    /// An error of `kind` described by `context` alone.
    pub fn new(kind: ErrorKind, context: impl Into<String>) -> Self {
        Self { kind, file: None, context: context.into(), source: None }
    }

    /// An error the system gave while doing what `context` says.
    pub fn io(context: impl Into<String>, source: io::Error) -> Self {
        let kind = match source.kind() {
            io::ErrorKind::PermissionDenied => ErrorKind::PermissionDenied,
            _ => ErrorKind::Io,
        };
        Self { kind, file: None, context: context.into(), source: Some(source) }
    }

    /// What sort of failure this is.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The same error with another kind.
    #[must_use]
    pub fn with_kind(mut self, kind: ErrorKind) -> Self {
        self.kind = kind;
        self
    }

    /// The same error, which happened in this file.
    #[must_use]
    pub fn in_file(mut self, name: &str) -> Self {
        if !name.is_empty() {
            self.file = Some(name.to_owned());
        }
        self
    }

    /// The capture file that could not be read, as it was named when it was opened.
    pub fn file(&self) -> Option<&str> {
        self.file.as_deref()
    }

    /// The message without the name of the [`file`](Self::file): libpcap's words.
    ///
    /// ```
    /// use synack::error::{Error, ErrorKind};
    ///
    /// let error = Error::new(ErrorKind::Format, "unknown file format").in_file("web.pcap");
    /// assert_eq!(error.to_string(), "web.pcap: unknown file format");
    /// assert_eq!(error.unnamed().to_string(), "unknown file format");
    /// ```
    pub fn unnamed(&self) -> impl fmt::Display + '_ {
        Unnamed(self)
    }

    /// Whether more privilege would help.
    pub fn is_permission_denied(&self) -> bool {
        self.kind == ErrorKind::PermissionDenied
    }

    /// The system's error, where there is one.
    pub fn io_error(&self) -> Option<&io::Error> {
        self.source.as_ref()
    }
}

/// An error's message without the name of its file.
struct Unnamed<'a>(&'a Error);

impl fmt::Display for Unnamed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.context)?;
        match &self.0.source {
            Some(e) => write!(f, ": {}", reason(e)),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{file}: ")?;
        }
        write!(f, "{}", self.unnamed())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|e| e as _)
    }
}

/// The system's words for an error alone, as other tools print them: std adds `(os error 2)`.
#[doc(hidden)]
pub fn reason(error: &io::Error) -> String {
    let mut text = error.to_string();
    if let Some(at) = text.rfind(" (os error ") {
        text.truncate(at);
    }
    text
}

/// Text for messages: what is not printable ASCII is escaped, so that a name chosen by somebody
/// else cannot command the terminal.
#[doc(hidden)]
pub fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c == ' ' || c.is_ascii_graphic() { out.push(c) } else { out.extend(c.escape_default()) }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_command_the_terminal() {
        assert_eq!(printable("a\x1b[31m b\u{9b}é.pcap"), "a\\u{1b}[31m b\\u{9b}\\u{e9}.pcap");
    }

    #[test]
    fn reasons_are_the_systems_words() {
        let missing = std::fs::File::open("/nonexistent/x").unwrap_err();
        assert_eq!(reason(&missing), "No such file or directory");
        assert_eq!(reason(&io::Error::other("in words")), "in words");
    }
}
