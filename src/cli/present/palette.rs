//! Colours of what is no tcpdump text, where a person looks at it.
use crate::cli::output;

/// Escape sequences, or nothing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Palette {
    pub(super) client: &'static str,
    pub(super) server: &'static str,
    /// What is wrong or missing.
    pub(super) wrong: &'static str,
    /// Headings.
    pub(super) strong: &'static str,
    pub(super) end: &'static str,
}

impl Palette {
    /// Colours on a terminal, unless `NO_COLOR` says no (no-color.org).
    pub(super) fn of_output() -> Self {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        if output::is_terminal() && !refused { Self::COLOURS } else { Self::NONE }
    }

    /// Whether there is colour.
    pub(super) const fn is_coloured(self) -> bool {
        !self.end.is_empty()
    }

    /// Blue and yellow are told apart by almost everybody, on dark and light ground; red comes with words.
    const COLOURS: Self = Self {
        client: "\x1b[34m",
        server: "\x1b[33m",
        wrong: "\x1b[1;31m",
        strong: "\x1b[1m",
        end: "\x1b[0m",
    };

    pub(super) const NONE: Self = Self { client: "", server: "", wrong: "", strong: "", end: "" };
}
