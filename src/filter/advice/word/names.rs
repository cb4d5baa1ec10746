//! Words that stand for protocols, flags, fields and qualifiers elsewhere.
use super::{Fix, Place, words};
use crate::filter::advice::table::{self, INDICES, Traffic};
use crate::filter::error::nearest;
use crate::filter::token::{WORDS, vocabulary};
use crate::filter::{ErrorKind, Service};

/// Keywords in capitals.
pub(super) fn upper_case(place: &Place<'_>, fixes: &mut Vec<Fix>) {
    let lower = place.word.text.to_ascii_lowercase();
    let known = |word: &str| vocabulary().any(|known| known == word);
    if lower != place.word.text && known(&lower) {
        fixes.push(place.instead(lower.clone(), "words of the filter language are lower case"));
    }
    // All of them at once, where every one is in capitals.
    let mut whole = place.text.to_owned();
    for word in words(place.text) {
        let lower = word.text.to_ascii_lowercase();
        if known(&lower) {
            whole.replace_range(word.start..word.end(), &lower);
        }
    }
    if whole != place.text {
        let why = "words of the filter language are lower case";
        fixes.push(Fix { is_whole: true, ..place.fix(0..place.text.len(), whole, why) });
    }
}

/// A field named inside of brackets.
pub(super) fn index(place: &Place<'_>, fixes: &mut Vec<Fix>) {
    let Some(proto) = place.previous().filter(|_| place.character_before() == Some('[')) else { return };
    let row = INDICES.iter().find(|row| proto.is(&[row.0]) && place.word.is(&[row.1]));
    if let Some((proto, name, index)) = row {
        let why = format!("in brackets stands an index, and that of the {name} in {proto} is {index}");
        fixes.push(place.instead(*index, why));
    }
}

/// A field named beside its protocol: `icmp type 8`, `ip ttl < 5`, `arp request`.
pub(super) fn fields(place: &Place<'_>, fixes: &mut Vec<Fix>) {
    let Some(proto) =
        place.previous().filter(|proto| place.text[proto.end()..place.word.start].trim().is_empty())
    else {
        return;
    };
    if let Some((_, name, test)) =
        table::KINDS.iter().find(|row| proto.is(&[row.0]) && place.word.is(&[row.1]))
    {
        let why = format!("'{name}' is one value of a field of {}", proto.text);
        fixes.push(place.fix(proto.start..place.word.end(), *test, why));
    }
    let row = INDICES.iter().find(|row| proto.is(&[row.0]) && place.word.is(&[row.1]));
    let (Some((proto_name, name, index)), Some(value)) = (row, place.after) else { return };
    let between = place.text[place.word.end()..value.start].trim();
    let operator = match between {
        "" => "=",
        "=" | "==" | "!=" | "<" | ">" | "<=" | ">=" => between,
        _ => return,
    };
    let why = format!("a field is read by its index, and that of the {name} in {proto_name} is {index}");
    let named = INDICES.iter().find(|row| value.is(&[row.1])).is_some();
    if !named {
        let test = format!("{proto_name}[{index}] {operator} {}", value.text);
        fixes.push(place.fix(proto.start..value.end(), test, why));
    }
}

/// Words such as `syn`: a constant in arithmetic, a test elsewhere.
pub(super) fn flags(place: &Place<'_>, fixes: &mut Vec<Fix>) {
    // The flag behind `tcp flags` counts, not that word.
    let named = place.after.filter(|_| place.word.is(&["flags", "flag"]) && place.follows(&["tcp"]));
    let word = named.unwrap_or(place.word);
    let Some(bits) = table::flag(word.text) else { return };
    if matches!(place.character_before(), Some('[' | '=' | '&' | '|' | '<' | '>' | '+' | '-')) {
        fixes.push(place.instead(bits, "the flags' names are tcp-syn, tcp-ack and so on"));
    }
    let test = table::flag_test(bits);
    let why = format!("'{}' is a flag, a bit of tcp[tcpflags]", word.text);
    let range = place.with_qualifiers(&["tcp", "flags", "flag"]).start..word.end();
    let mut fix = place.fix(range, test.clone(), why);
    fix.alone = Some(test);
    fixes.push(fix);
}

/// A keyword that is meant as a name: `ip proto tcp`.
pub(super) fn escaped(place: &Place<'_>, fixes: &mut Vec<Fix>) {
    let word = place.word.text;
    let reserved = WORDS.iter().any(|row| row.0 == word);
    if reserved && place.follows(&["proto", "protochain", "host", "port", "net", "src", "dst"]) {
        let why = format!("as a name '{word}' needs a backslash (and the whole quotes, for the shell)");
        fixes.push(place.instead(format!("\\{word}"), why));
        if let Some(number) = ip_protocol(word) {
            fixes.push(place.instead(
                number.to_string(),
                format!("'{word}' is a word of the language too, not only the name of protocol {number}"),
            ));
        }
    }
    if !reserved && place.follows(&["proto", "protochain"]) {
        if let Some(Traffic::IpProto(number)) = table::nickname(word) {
            fixes.push(place.instead(number.to_string(), format!("{word} is protocol {number}")));
        }
        if let Some(Traffic::EtherType(number)) = table::nickname(word) {
            fixes.push(
                place.instead(format!("{number:#06x}"), format!("{word} is Ethernet type {number:#06x}")),
            );
        }
    }
}

/// The numbers behind the words for IP protocols.
fn ip_protocol(word: &str) -> Option<u8> {
    const NUMBERS: [(&str, u8); 11] = [
        ("icmp", 1),
        ("igmp", 2),
        ("tcp", 6),
        ("udp", 17),
        ("igrp", 9),
        ("esp", 50),
        ("ah", 51),
        ("icmp6", 58),
        ("pim", 103),
        ("vrrp", 112),
        ("sctp", 132),
    ];
    NUMBERS.iter().find(|row| row.0 == word).map(|row| row.1)
}

/// A service that is not known by that name.
pub(super) fn port_names(place: &Place<'_>, fixes: &mut Vec<Fix>) {
    if !place.follows(&["port", "portrange", "src", "dst"]) {
        return;
    }
    let word = place.word.text;
    if let Some(Traffic::Port(_, port)) = table::nickname(word) {
        let why = if place.has_resolver {
            format!("no service has the name '{word}'; its port is {port}")
        } else {
            "no resolver was given that knows the names of services (FilterBuilder::resolver)".to_owned()
        };
        fixes.push(place.instead(port.to_string(), why));
    }
    let lower = word.to_ascii_lowercase();
    if lower != word && place.resolver.service(&lower) != Service::default() {
        fixes.push(place.instead(lower, "the names of services are lower case"));
    }
    let known = table::NICKNAMES.iter().filter(|row| matches!(row.1, Traffic::Port(..))).map(|row| row.0);
    if let Some(near) = nearest(word, known) {
        let why = format!("did you mean '{near}'?");
        if place.resolver.service(near) != Service::default() {
            fixes.push(place.instead(near, why));
        } else if let Some(Traffic::Port(_, port)) = table::nickname(near) {
            fixes.push(place.instead(port.to_string(), why));
        }
    }
}

/// A protocol that has no word of its own.
pub(super) fn nicknames(place: &Place<'_>, fixes: &mut Vec<Fix>) {
    let qualified = place.follows(&["host", "net", "port", "portrange", "proto", "protochain", "src", "dst"]);
    let carried_over = place.kind == ErrorKind::UnknownName && !qualified;
    if !carried_over && !matches!(place.kind, ErrorKind::Syntax | ErrorKind::Unsupported) {
        return;
    }
    let word = place.word.text;
    let traffic = table::nickname(word);
    let is_service = traffic.is_none_or(|traffic| matches!(traffic, Traffic::Port(..)));
    let lower = word.to_ascii_lowercase();
    if is_service && place.resolver.service(&lower) != Service::default() {
        let why = format!("the language has no word '{word}'; it is a port");
        let mut fix = place.instead(format!("port {lower}"), why);
        fix.alone = Some(format!("port {lower}"));
        fixes.push(fix);
    }
    let Some(traffic) = traffic else { return };
    let expression = traffic.expression();
    let why = match traffic {
        Traffic::Expression(text) if !text.contains(' ') => format!("'{word}' is '{text}' here"),
        _ => format!("the language has no word '{word}'"),
    };
    let lonely = place.word.text == place.text.trim();
    let with = if lonely
        || !expression.contains(' ')
        || !(expression.contains(" or ") || expression.contains(" and "))
    {
        expression.clone()
    } else {
        format!("({expression})")
    };
    // `tcp http` and `udp dns` say the protocol already; `dns port 53` says the port.
    let short =
        expression.strip_prefix("tcp ").or_else(|| expression.strip_prefix("udp ")).unwrap_or(&expression);
    if place.follows(&["tcp", "udp", "sctp"]) && short != with {
        fixes.push(place.instead(short, why.clone()));
    }
    let mut fix =
        place.fix(place.with_qualifiers(&["port", "proto", "ip", "ether"]), with.clone(), why.clone());
    fix.alone = Some(expression);
    fixes.push(Fix { range: place.word.start..place.word.end(), ..fix.clone() });
    if let Some(after) = place.after.filter(|after| after.is(&["port", "host", "net", "src", "dst"])) {
        let range = place.word.start..after.start;
        fixes.push(place.fix(range.clone(), format!("{with} and "), why.clone()));
        fixes.push(place.fix(range, "", why));
    }
    fixes.push(fix);
}

/// Words of other languages.
pub(super) fn synonyms(place: &Place<'_>, fixes: &mut Vec<Fix>) {
    let word = place.word;
    if word.is(&["ip", "ip6", "ipv4", "ipv6"]) && place.follows(&["src", "dst"]) {
        fixes.push(place.instead("host", "behind 'src' and 'dst' stands 'host', 'net' or 'port'"));
    }
    let Some(here) = table::synonym(word.text) else { return };
    let why = match here {
        "" => format!("'{}' says nothing here", word.text),
        here => format!("'{}' is '{here}' here", word.text),
    };
    fixes.push(place.instead(here, why.clone()));
    if let Some(rest) = here.strip_prefix("ether ") {
        let range = place.with_qualifiers(&["src", "dst"]);
        if let Some(way) = place.previous().filter(|_| range.start < word.start) {
            fixes.push(place.fix(range, format!("ether {} ", way.text), why.clone()));
        }
        fixes.push(place.instead(rest, why.clone()));
    }
    // `src ip 10.0.0.1`, `dst address x`: the type goes without saying.
    if place.follows(&["src", "dst"]) {
        fixes.push(place.instead("host", why.clone()));
    }
    fixes.push(place.instead(format!("and {here}"), why));
}

/// A letter too many, too few or wrong.
pub(super) fn misspelt(place: &Place<'_>, fixes: &mut Vec<Fix>) {
    let word = place.word.text;
    if word.len() < 2 || table::is_known(word) {
        return;
    }
    if let Some(near) = nearest(word, vocabulary()) {
        let mut fix = place.instead(near, format!("did you mean '{near}'?"));
        fix.is_spelling = true;
        fixes.push(fix);
    }
    let names = table::NICKNAMES.iter().map(|row| row.0).filter(|name| name.len() > 3);
    if let Some(near) = nearest(word, names)
        && let Some(traffic) = table::nickname(near)
    {
        fixes.push(place.instead(traffic.expression(), format!("did you mean {near}?")));
    }
}
