//! Addresses, networks, ports and ranges that are written as elsewhere, or without a qualifier.
use super::{Fix, Place, Placed};
use crate::filter::advice::display::{network, ports};
use crate::filter::token::WORDS;
use std::net::{Ipv4Addr, Ipv6Addr};

/// `port 80-90`, and what else looks like a range.
pub(super) fn ranges(place: &Place<'_>, fixes: &mut Vec<Fix>) {
    const WHY: &str = "a range of ports is a 'portrange'";
    let bounds = |text: &str| -> Option<(u16, u16)> {
        let (first, last) = text.split_once("..").or_else(|| text.split_once(['-', ':', '/']))?;
        let (first, last) = (first.parse().ok()?, last.parse().ok()?);
        Some((first, last))
    };
    let mut whole = place.with_qualifiers(&["port", "portrange"]);
    if let Some((first, last)) = bounds(place.word.text) {
        let (low, high) = (first.min(last), first.max(last));
        fixes.push(place.fix(whole.clone(), format!("portrange {low}-{high}"), WHY));
        return;
    }
    // In words of its own: `port 80 - 90`, `port 80 to 90`, `portrange 80 90`.
    let around = (place.previous(), place.after);
    let between = place.word.text.trim_matches(['-', ':', '.']);
    if let (Some(first), Some(last)) = around
        && (between.is_empty() || place.word.is(&["to", "till", "until", "through"]))
        && let (Ok(low), Ok(high)) = (first.text.parse::<u16>(), last.text.trim_matches('-').parse::<u16>())
        && place.text[first.end()..last.start]
            .chars()
            .all(|c| c == ' ' || c == '-' || c == ':' || c.is_ascii_alphabetic())
    {
        whole = first.start..last.end();
        if let Some(word) = place.before.iter().rev().nth(1).filter(|word| word.is(&["port", "portrange"])) {
            whole.start = word.start;
        }
        fixes.push(place.fix(whole.clone(), format!("portrange {low}-{high}"), WHY));
    } else if let (Some(first), Ok(high)) = (place.previous(), place.word.text.parse::<u16>())
        && let Ok(low) = first.text.parse::<u16>()
        && place.before.iter().rev().nth(1).is_some_and(|word| word.is(&["portrange"]))
    {
        fixes.push(place.fix(
            first.start..place.word.end(),
            format!("{low}-{high}"),
            "a range is written FIRST-LAST",
        ));
    }
    if let (Ok(port), true) = (place.word.text.parse::<u16>(), place.follows(&["portrange"])) {
        fixes.push(place.fix(whole, format!("port {port}"), "one port is no range"));
    }
}

/// `port = 80`, `port > 1024`, `host != 10.0.0.1`.
pub(super) fn comparisons(place: &Place<'_>, fixes: &mut Vec<Fix>) {
    let rest = &place.text[place.at..];
    let operator =
        ["==", "!=", ">=", "<=", "=", ">", "<", ":"].into_iter().find(|operator| rest.starts_with(operator));
    let (Some(operator), Some(value), Some(qualifier)) = (operator, place.after, place.previous()) else {
        return;
    };
    let qualifiers = [
        "host",
        "net",
        "port",
        "portrange",
        "proto",
        "src",
        "dst",
        "vlan",
        "ip",
        "ip6",
        "ether",
        "tcp",
        "udp",
    ];
    if !qualifier.is(&qualifiers) || qualifier.end() > place.at {
        return;
    }
    const WHY: &str = "a qualifier stands directly before its value";
    let operator_range = place.at..place.at + operator.len();
    if let (Ok(port), true) = (value.text.parse::<u16>(), qualifier.is(&["port"]))
        && let Some(range) = ports(operator, port)
    {
        fixes.push(place.fix(qualifier.start..value.end(), range, WHY));
    }
    if operator == "!=" {
        let start = {
            let mut start = qualifier.start;
            for word in place.before.iter().rev().skip(1) {
                if !word.is(&qualifiers) || !place.text[word.end()..start].trim().is_empty() {
                    break;
                }
                start = word.start;
            }
            start
        };
        let kept = &place.text[start..qualifier.end()];
        // `tcp port != 80` is not of UDP either.
        let with = match kept.split_once(' ') {
            Some((proto @ ("tcp" | "udp" | "ip" | "ip6"), rest)) => format!("{proto} and not {rest} "),
            _ => format!("not {kept} "),
        };
        fixes.push(place.fix(start..operator_range.end, with, "'not' stands before a test"));
    } else {
        let with = if place.text[..place.at].ends_with(' ') { "" } else { " " };
        fixes.push(place.fix(operator_range, with, WHY));
    }
}

/// Networks: with a length, with a mask, with stars.
pub(super) fn networks(place: &Place<'_>, fixes: &mut Vec<Fix>) {
    // A value and its mask may be several words of the text, the fault in any of them.
    let candidates = [Some(place.word), place.previous()];
    for word in candidates.into_iter().flatten().filter(|word| word.text.contains('/')) {
        let Some(net) = network(word.text) else { continue };
        let before = place.before.iter().rfind(|other| other.end() <= word.start);
        let host = before.filter(|other| other.is(&["host", "net", "ip", "ip6"]));
        let start = host.map_or(word.start, |host| host.start);
        let why = if net == word.text {
            "an address with a length is a 'net'"
        } else {
            "a network has no bits behind its length"
        };
        fixes.push(place.fix(start..word.end(), format!("net {net}"), why));
        if let (Some(host), Some((address, _))) = (host, word.text.split_once('/')) {
            fixes.push(place.fix(
                host.start..word.end(),
                format!("host {address}"),
                "one address is a 'host'",
            ));
        }
    }
    if let Some(star) = place.text[place.at..].find('*').map(|len| place.at + len)
        && place.text[place.word.start..star].chars().all(|c| c.is_ascii_digit() || c == '.')
    {
        let start = if place.word.text.is_empty() {
            place.previous().map_or(star, |word| word.start)
        } else {
            place.word.start
        };
        let known = place.text[start..star].trim_end_matches('.');
        let len = place.text[star..].find(|c| c != '*' && c != '.').unwrap_or(place.text.len() - star);
        let mut range = start..star + len;
        if let Some(word) = place.before.iter().rfind(|word| word.end() <= start && word.is(&["host", "net"]))
        {
            range.start = word.start;
        }
        if known.split('.').all(|part| part.parse::<u8>().is_ok()) {
            fixes.push(place.fix(range, format!("net {known}"), "part of an address is a 'net'"));
        }
    }
}

/// An address with its port behind: `10.0.0.1:80`, `10.0.0.1.80`, `[fe80::1]:80`.
pub(super) fn endpoints(place: &Place<'_>, fixes: &mut Vec<Fix>) {
    const WHY: &str = "address and port are two tests";
    let parts = |text: &str| -> Option<(String, u16)> {
        let (address, port) = match text.rsplit_once("]:").or_else(|| text.rsplit_once(':')) {
            Some((address, port)) => (address.trim_matches(['[', ']']), port),
            None => text.rsplit_once('.').filter(|(address, _)| address.parse::<Ipv4Addr>().is_ok())?,
        };
        let port = port.parse().ok()?;
        let named = address.contains('.') && address.starts_with(|c: char| c.is_ascii_alphanumeric());
        (named || address.parse::<Ipv6Addr>().is_ok()).then(|| (address.to_owned(), port))
    };
    let bracketed =
        place.text[..place.at.min(place.text.len())].rfind('[').filter(|_| place.text.contains("]:"));
    let whole = match bracketed.or_else(|| place.text[place.at..].starts_with('[').then_some(place.at)) {
        Some(start) => {
            let rest = &place.text[start..];
            let len = rest.find([' ', ')', '\t']).unwrap_or(rest.len());
            Placed { text: &rest[..len], start }
        }
        None => place.word,
    };
    // The colon and the number behind it may be what was not understood.
    let whole = match (parts(whole.text), place.previous()) {
        (Some(_), _) => whole,
        (None, Some(word)) if parts(word.text).is_some() => word,
        _ => return,
    };
    let Some((address, port)) = parts(whole.text) else { return };
    let before: Vec<Placed<'_>> =
        place.before.iter().copied().filter(|word| word.end() <= whole.start).collect();
    let mut start = whole.start;
    let mut way = "";
    for word in before.iter().rev() {
        match () {
            () if word.is(&["host", "ip", "ip6"]) => {}
            () if word.is(&["src"]) => way = "src ",
            () if word.is(&["dst"]) => way = "dst ",
            () => break,
        }
        start = word.start;
    }
    fixes.push(place.fix(start..whole.end(), format!("{way}host {address} and {way}port {port}"), WHY));
}

/// Addresses and numbers without a qualifier that the message does not offer already.
pub(super) fn unqualified(place: &Place<'_>, fixes: &mut Vec<Fix>) {
    let word = place.word.text;
    let why = |what: &str, qualifier: &str| format!("{what} needs '{qualifier}' in front");
    let v4 = word.parse::<Ipv4Addr>().is_ok()
        || word.split('.').count() > 1 && word.split('.').all(|part| part.parse::<u8>().is_ok());
    let v6 = word.parse::<Ipv6Addr>().is_ok();
    let mac = word.split([':', '-']).count() == 6
        && word.split([':', '-']).all(|part| part.len() <= 2 && u8::from_str_radix(part, 16).is_ok());
    let whole = |any: &[&str]| place.with_qualifiers(any);
    if mac {
        for qualified in ["ether host", "and ether host"] {
            fixes.push(place.fix(
                whole(&["host", "ether", "link"]),
                format!("{qualified} {word}"),
                why("a MAC address", "ether host"),
            ));
        }
        if place.follows(&["src", "dst"]) {
            let way = place.previous().map_or("src", |word| word.text);
            fixes.push(place.fix(
                whole(&["src", "dst", "host"]),
                format!("ether {way} {word}"),
                why("a MAC address", "ether"),
            ));
        }
    } else if v4 || v6 {
        for qualified in ["host", "and host"] {
            let mut fix = place.instead(format!("{qualified} {word}"), why("an address", "host"));
            fix.is_spelling = qualified == "host" && place.previous().is_none();
            fixes.push(fix);
        }
        // `port 10.0.0.1`, `proto 10.0.0.1`.
        fixes.push(place.fix(
            whole(&["port", "proto", "portrange", "vlan"]),
            format!("host {word}"),
            "that is an address",
        ));
    } else if word.parse::<u16>().is_ok() {
        for qualified in ["port", "or", "or port", "and port"] {
            fixes.push(place.instead(format!("{qualified} {word}"), why("a port", "port")));
        }
        fixes.push(place.fix(
            whole(&["host", "net"]),
            format!("port {word}"),
            "that is a number, not an address",
        ));
    }
}

/// `port80`, `host10.0.0.1`, `vlan5`, `80/tcp`.
pub(super) fn glued(place: &Place<'_>, fixes: &mut Vec<Fix>) {
    let placed = if place.word.text.is_empty() { place.previous().unwrap_or(place.word) } else { place.word };
    let word = placed.text;
    // `80/tcp`, as in /etc/services, and the other way round.
    if let Some((one, other)) = word.split_once(['/', ':']) {
        let (port, transport) = if one.parse::<u16>().is_ok() { (one, other) } else { (other, one) };
        if port.parse::<u16>().is_ok() {
            let before =
                place.before.iter().rfind(|before| before.end() < placed.start && before.is(&["port"]));
            let start = before.map_or(placed.start, |before| before.start);
            fixes.push(place.fix(
                start..placed.end(),
                format!("{transport} port {port}"),
                "the protocol stands before the port",
            ));
        }
    }
    let Some(digits) = word.find(|c: char| c.is_ascii_digit()) else { return };
    let (name, value) = word.split_at(digits);
    const WHY: &str = "a blank separates a word and its value";
    if ["port", "host", "net", "vlan", "proto", "portrange", "src", "dst", "less", "greater", "mpls"]
        .contains(&name)
    {
        fixes.push(place.instead(format!("{name} {value}"), WHY));
    }
    if ["tcp", "udp", "sctp"].contains(&name) {
        fixes.push(place.instead(format!("{name} port {value}"), WHY));
    }
    let colon = word
        .split_once([':', '/'])
        .filter(|(name, value)| WORDS.iter().any(|row| row.0 == *name) && !value.is_empty());
    if let Some((name, value)) = colon {
        fixes.push(place.instead(format!("{name} {value}"), WHY));
    }
}
