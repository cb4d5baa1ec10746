//! `docs/reading.md` as a section of the manual page: the little Markdown that it is written in.
use clap_mangen::roff::{Inline, Roff, bold, roman};

/// The page as it stands in the repository; a test prints what it shows.
const PAGE: &str = include_str!("../../../docs/reading.md");

/// Appends the page.
pub(super) fn section(roff: &mut Roff) {
    let mut lines = PAGE.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(heading) = line.strip_prefix("# ") {
            roff.control("SH", [heading.to_uppercase().as_str()]);
        } else if let Some(heading) = line.strip_prefix("## ") {
            let heading = heading.replace('`', "");
            roff.control("SS", [heading.as_str()]);
        } else if line.starts_with("```") {
            roff.control("PP", []).control("nf", []);
            for shown in lines.by_ref().take_while(|line| !line.starts_with("```")) {
                roff.text([roman(shown)]);
            }
            roff.control("fi", []);
        } else if let Some((term, text)) = row(line) {
            roff.control("TP", []).text([bold(term.replace('`', ""))]).text(inline(text));
        } else if line.starts_with('|') {
            // The head of the table and the line below it.
        } else if let Some(item) = line.strip_prefix("* ") {
            let mut text = item.to_owned();
            while let Some(more) = lines.next_if(|line| line.starts_with("  ")) {
                text.push(' ');
                text.push_str(more.trim_start());
            }
            roff.control("IP", ["\\(bu", "2"]).text(inline(&text));
        } else if line.is_empty() {
            roff.control("PP", []);
        } else {
            roff.text(inline(line));
        }
    }
}

/// A row of a table: what is in its first cell, and in its second.
fn row(line: &str) -> Option<(&str, &str)> {
    let cells = line.strip_prefix("| ")?.strip_suffix(" |")?;
    let (term, text) = cells.split_once(" | ")?;
    (term.starts_with('`')).then_some((term, text))
}

/// Text in which what stands in backticks is bold.
fn inline(text: &str) -> Vec<Inline> {
    let parts = text.split('`').enumerate();
    parts.map(|(n, part)| if n % 2 == 1 { bold(part) } else { roman(part) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_the_page_is_in_the_manual() {
        let mut roff = Roff::new();
        section(&mut roff);
        let page = roff.render();
        for part in [".SH \"HOW TO READ A LINE\"", ".SS \"The words of explain\"", ".nf", ".TP", "IP \\(bu 2"]
        {
            assert!(page.contains(part), "no {part}:\n{page}");
        }
        assert!(!page.contains('`') && !page.contains("| "), "{page}");
        // Every word of it, whatever stands around it.
        let plain = |text: &str| text.replace(['\\', '`', '|'], "").replace("fB", "").replace("fR", "");
        let page = plain(&page);
        let words = PAGE.lines().filter(|line| *line != "| part | is |").flat_map(str::split_whitespace);
        for word in words.filter(|word| word.chars().all(char::is_alphabetic)) {
            assert!(page.to_lowercase().contains(&word.to_lowercase()), "{word}");
        }
    }
}
