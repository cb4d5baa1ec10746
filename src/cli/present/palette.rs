//! Colours, where a person looks at the text.
use crate::cli::args::checked::Colour;
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
    /// As `--color` says; else as `NO_COLOR` (no-color.org) and `CLICOLOR_FORCE` (bixense.com/clicolors)
    /// do; else colours on a terminal that has some.
    pub(super) fn of_output(choice: Colour) -> Self {
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let wanted = match choice {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto if refused => false,
            Colour::Auto => set("CLICOLOR_FORCE") || output::is_terminal() && !dumb,
        };
        if wanted { Self::COLOURS } else { Self::NONE }
    }

    /// Whether there is colour.
    pub(super) const fn is_coloured(self) -> bool {
        !self.end.is_empty()
    }

    /// Of the 240 colours that no terminal's theme changes: as far from black as from white, so that they can
    /// be read on dark and on light ground, and told apart by almost everybody. What is wrong is bold, too.
    pub(super) const COLOURS: Self = Self {
        client: "\x1b[38;5;33m",
        server: "\x1b[38;5;136m",
        wrong: "\x1b[1;38;5;198m",
        strong: "\x1b[1m",
        end: "\x1b[0m",
    };

    pub(super) const NONE: Self = Self { client: "", server: "", wrong: "", strong: "", end: "" };
}
