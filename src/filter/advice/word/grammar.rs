//! Characters, operators and parentheses that are foreign, missing or too many; and remarks.
use super::{Fix, Place, words};
use crate::filter::advice::table;
use crate::filter::token::{WORDS, Word};
use crate::filter::{Error, ErrorKind};

/// Quotes, dashes and blanks of a word processor; commas and braces.
pub(super) fn characters(place: &Place<'_>, fixes: &mut Vec<Fix>) {
    let odd = |c: char| !c.is_ascii() || matches!(c, '"' | '\'' | '`');
    if place.text.contains(odd) {
        let plain: String = place
            .text
            .chars()
            .filter_map(|c| match c {
                '"'
                | '\''
                | '`'
                | '\u{2018}'..='\u{201f}'
                | '\u{ab}'
                | '\u{bb}'
                | '\u{200b}'
                | '\u{feff}' => None,
                '\u{2010}'..='\u{2015}' | '\u{2212}' => Some('-'),
                '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{3000}' => Some(' '),
                '\u{2260}' => Some('!'),
                c => Some(c),
            })
            .collect();
        let why = "quotes, dashes and blanks must be plain ones, and there are no strings";
        fixes.push(Fix { is_whole: true, ..place.fix(0..place.text.len(), plain, why) });
    }
    let here = place.text[place.at..].chars().next();
    let one = place.at..place.at + here.map_or(0, char::len_utf8);
    match here {
        Some(',' | ';') => {
            let why = "alternatives are joined by 'or'";
            fixes.push(place.fix(one.clone(), " or ", why));
            fixes.push(place.fix(one, " and ", why));
        }
        Some('{') => {
            let close = place.text[place.at..].find('}').map(|len| place.at + len);
            if let Some(close) = close {
                let inside = place.text[place.at + 1..close].replace(',', " or ");
                let inside = inside.split_whitespace().collect::<Vec<_>>().join(" ");
                let alternatives = if inside.contains(" or ") { inside } else { inside.replace(' ', " or ") };
                fixes.push(place.fix(
                    place.at..close + 1,
                    format!("({alternatives})"),
                    "alternatives stand in parentheses, with 'or' between",
                ));
            }
        }
        _ => {}
    }
}

/// Operators of other languages, and operators that are missing or too many.
pub(super) fn operators(place: &Place<'_>, fixes: &mut Vec<Fix>) {
    let rest = &place.text[place.at..];
    for (symbol, word, why) in [
        ("&", "and", "'&' is for numbers; tests are joined by 'and'"),
        ("|", "or", "'|' is for numbers; tests are joined by 'or'"),
        ("+", "and", "tests are joined by 'and'"),
    ] {
        if rest.starts_with(symbol) {
            fixes.push(place.fix(place.at..place.at + 1, format!(" {word} "), why));
        }
    }
    if place.word.text.is_empty() {
        return;
    }
    let starts_test =
        WORDS.iter().any(|row| row.0 == place.word.text && !matches!(row.1, Word::And | Word::Or));
    if starts_test && !place.before.is_empty() {
        for operator in ["and", "or"] {
            fixes.push(place.instead(
                format!("{operator} {}", place.word.text),
                "between two tests stands 'and' or 'or'",
            ));
        }
    }
    if place.word.is(&["and", "or"]) {
        fixes.push(place.fix(
            place.word.start..place.after.map_or(place.text.len(), |word| word.start),
            "",
            "an operator stands between two tests",
        ));
    }
    if place.follows(&["and", "or", "not"]) {
        let range = place.previous().map_or(place.word.start, |word| word.start)..place.word.start;
        fixes.push(place.fix(range, "", "an operator stands between two tests"));
    }
}

/// An expression that ends too early.
pub(super) fn unfinished(place: &Place<'_>, fixes: &mut Vec<Fix>) {
    let whole = place.text.trim_end().len();
    if place.at < whole && place.kind != ErrorKind::Syntax {
        return;
    }
    if place.at >= whole {
        if let Some(last) = place.previous().filter(|word| word.is(&["and", "or", "not"])) {
            fixes.push(place.fix(last.start..place.text.len(), "", "an operator stands between two tests"));
        }
        fixes.push(place.fix(whole..place.text.len(), " != 0", "a number is compared with something"));
    }
    let open = place.text.matches('(').count().saturating_sub(place.text.matches(')').count());
    if open > 0 {
        fixes.push(place.fix(whole..place.text.len(), ")".repeat(open), "each parenthesis is closed again"));
    }
    if place.text[place.at..].starts_with(')') {
        fixes.push(place.fix(place.at..place.at + 1, "", "this parenthesis was never opened"));
    }
}

/// What can be said where nothing can be suggested.
pub(in crate::filter::advice) fn remark(error: &Error, text: &str, has_resolver: bool) -> Option<String> {
    let word = error.span().and_then(|span| text.get(span.range())).unwrap_or_default();
    if let Some((_, remark)) = table::REMARKS.iter().find(|row| row.0.eq_ignore_ascii_case(word)) {
        return Some((*remark).to_owned());
    }
    match error.kind() {
        ErrorKind::UnknownName if !has_resolver => {
            Some("names are looked up by a resolver, and none was given (FilterBuilder::resolver); a number needs none".to_owned())
        }
        ErrorKind::UnknownName if error.message().starts_with("unknown host") => {
            Some("no address was found for this name; is it spelt right, or does the name server not answer? An address needs none".to_owned())
        }
        ErrorKind::UnknownName if error.message().starts_with("unknown port") => {
            Some("the names of services are those of /etc/services; a number needs none".to_owned())
        }
        ErrorKind::UnknownName if error.message().starts_with("unknown protocol") => {
            Some("the names of protocols are those of /etc/protocols; a number needs none".to_owned())
        }
        ErrorKind::Unsupported if word == "gateway" => {
            Some("instead: 'ether host' the gateway's MAC address 'and not host' its IP address".to_owned())
        }
        ErrorKind::Unsupported if word.starts_with('$') || text.contains('$') => {
            Some("if '$' begins a variable of the shell, the quotes around the expression must be double ones".to_owned())
        }
        ErrorKind::Syntax if error.span().is_some_and(|span| span.start >= text.trim_end().len()) => {
            let last = words(text).last().map(|word| word.text.to_owned()).unwrap_or_default();
            missing(&last).map(str::to_owned)
        }
        _ => None,
    }
}

/// What follows a word at the end.
fn missing(last: &str) -> Option<&'static str> {
    Some(match last {
        "port" => "the number or name of a port is missing, such as 'port 80'",
        "portrange" => "the ports are missing, such as 'portrange 80-90'",
        "host" => "the address or name is missing, such as 'host 10.0.0.1'",
        "net" => "the network is missing, such as 'net 10.0.0.0/8'",
        "src" | "dst" => {
            "what is missing is an address or a port, such as 'src host 10.0.0.1' or 'dst port 80'"
        }
        "proto" | "protochain" => "the number of the protocol is missing, such as 'ip proto 47'",
        "less" | "greater" => "the number of bytes is missing, such as 'greater 1000'",
        _ => return None,
    })
}
