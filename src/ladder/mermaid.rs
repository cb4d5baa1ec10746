//! Ladders as the source of a Mermaid sequence diagram.
use std::fmt::Write as _;

use super::{Item, Ladder, pause, seconds};
use crate::flow::Direction;

/// Ladders as one Mermaid sequence diagram (the language of mermaid.js, which many pages and trackers draw
/// where they find it in a code block); of several each has a box of its own, one after the other.
pub fn mermaid<'a>(ladders: impl IntoIterator<Item = &'a Ladder>) -> String {
    let ladders: Vec<&Ladder> = ladders.into_iter().collect();
    let mut out = String::from("sequenceDiagram\n");
    // Names of both ends, told apart by the connection where there are several.
    let names = |ladder: &Ladder| {
        let number = if ladders.len() > 1 { ladder.conn().to_string() } else { String::new() };
        [format!("C{number}"), format!("S{number}")]
    };
    for ladder in &ladders {
        let [c, s] = names(ladder);
        let (client, server) = (ladder.client().to_string(), ladder.server().to_string());
        if ladders.len() > 1 {
            line(&mut out, format_args!("box transparent connection {}", ladder.conn()));
        }
        line(&mut out, format_args!("participant {c} as client {}", Escaped(&client)));
        line(&mut out, format_args!("participant {s} as server {}", Escaped(&server)));
        if ladders.len() > 1 {
            line(&mut out, format_args!("end"));
        }
    }
    for ladder in &ladders {
        body(&mut out, ladder, &names(ladder));
    }
    out
}

fn body(out: &mut String, ladder: &Ladder, [c, s]: &[String; 2]) {
    let note = |out: &mut String, text: &str| line(out, format_args!("Note over {c},{s}: {text}"));
    for item in ladder.items() {
        match item {
            Item::Arrow(arrow) => {
                let (from, to) = match arrow.direction {
                    Direction::C2s => (c, s),
                    Direction::S2c => (s, c),
                };
                let label = arrow.label();
                line(out, format_args!("{from}->>{to}: {} s {}", seconds(arrow.at_ns), Escaped(&label)));
                for mark in &arrow.marks {
                    note(out, &Escaped(&mark.text).to_string());
                }
                if let Some((client, server)) = arrow.states {
                    let states = format!("{} / {}", client.rfc_name(), server.rfc_name());
                    note(out, &Escaped(&states).to_string());
                }
            }
            Item::Fold(fold) => note(out, &format!("… {} …", Escaped(&fold.label()))),
            Item::Pause(ns) => note(out, &format!("{} later", pause(*ns))),
        }
    }
    if ladder.left_out() > 0 {
        note(out, &format!("{} more lines", ladder.left_out()));
    }
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "    {text}");
}

/// Text in which nothing means something to Mermaid: its own entity codes stand for what could.
struct Escaped<'a>(&'a str);

impl std::fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for c in self.0.chars() {
            match c {
                'a'..='z'
                | 'A'..='Z'
                | '0'..='9'
                | ' '
                | '.'
                | ','
                | ':'
                | '-'
                | '+'
                | '('
                | ')'
                | '/'
                | '?'
                | '['
                | ']' => f.write_char(c)?,
                c => write!(f, "#{};", u32::from(c))?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What is left when entity codes (`#59;`) are taken out.
    fn bare(text: &str) -> String {
        let mut out = String::new();
        let mut parts = text.split('#');
        out.push_str(parts.next().unwrap());
        for part in parts {
            let (code, rest) = part.split_once(';').unwrap();
            assert!(!code.is_empty() && code.bytes().all(|byte| byte.is_ascii_digit()), "{text}");
            out.push_str(rest);
        }
        out
    }

    proptest! {
        /// Whatever a label holds, it stays one text: no line, statement, comment, directive, entity of
        /// its own, link, arrow or markup begins in it.
        #[test]
        fn nothing_in_a_label_means_something(label in any::<String>(), more in "[\\n;#%{}<>\"`~|&=_*$@!^'\u{202e}]{0,8}") {
            let label = format!("{label}{more}");
            let escaped = Escaped(&label).to_string();
            let plain = |c: char| c.is_ascii_alphanumeric() || " .,:-+()/?[]".contains(c);
            prop_assert!(bare(&escaped).chars().all(plain), "{escaped}");
            // It can be read back: nothing is dropped.
            let codes = escaped.matches('#').count();
            let odd = label.chars().filter(|c| !plain(*c)).count();
            prop_assert_eq!(codes, odd);
        }
    }
}
