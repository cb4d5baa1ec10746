//! Texts that are kept in files: held against what is made now, or written anew with `BLESS=1`.
use std::fs;

/// What is not as it was kept.
#[derive(Default)]
pub(crate) struct Kept {
    changed: Vec<String>,
}

impl Kept {
    /// Holds the text of a file against what `make` makes, twice the same.
    pub(crate) fn hold(&mut self, path: &str, make: impl Fn() -> String) {
        let text = make();
        assert_eq!(text, make(), "{path}: it is another the second time");
        if std::env::var_os("BLESS").is_some() {
            fs::write(path, &text).expect("the folder is there");
        }
        let kept = fs::read_to_string(path).unwrap_or_default();
        if kept != text {
            self.changed.push(format!("{path}: kept:\n{kept}\nnow:\n{text}"));
        }
    }

    /// Fails if something changed.
    pub(crate) fn assert_all(self) {
        assert!(self.changed.is_empty(), "{}", self.changed.join("\n"));
    }
}
