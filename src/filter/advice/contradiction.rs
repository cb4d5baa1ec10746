//! Why an expression matches nothing: which of its parts exclude each other.
use super::super::{Ast, NodeId, NodeKind, Primitive};
use super::{Advice, Judge};
use crate::filter::ErrorKind;
use crate::wire::LinkType;

/// More parts than this are not compared with each other.
const MAX_PARTS: usize = 12;

/// The parts of a refused expression that exclude each other.
pub(super) fn explain(text: &str, judge: Judge<'_>) -> Option<Advice> {
    let ast: Ast = text.parse().ok()?;
    let reader = Reader { ast: &ast, text, judge };
    // Each alternative matches nothing: the first is as good as any.
    let mut parts = Vec::new();
    reader.conjuncts(reader.first_alternative(ast.root()?), &mut parts);
    if parts.len() > MAX_PARTS {
        return None;
    }
    if let Some(alone) = parts.iter().find(|part| reader.rejects(&[**part])) {
        return Some(reader.alone(*alone));
    }
    for (n, late) in parts.iter().enumerate() {
        for early in &parts[..n] {
            if reader.rejects(&[*early, *late]) {
                return Some(reader.pair(*early, *late));
            }
        }
    }
    Some(reader.several(parts))
}

struct Reader<'a> {
    ast: &'a Ast,
    text: &'a str,
    judge: Judge<'a>,
}

impl Reader<'_> {
    /// What `or` joins first, as far down as it joins.
    fn first_alternative(&self, mut id: NodeId) -> NodeId {
        while let NodeKind::Or(lhs, _) = self.ast.node(id).kind {
            id = lhs;
        }
        id
    }

    /// What `and` joins, in the order of the text.
    fn conjuncts(&self, root: NodeId, parts: &mut Vec<NodeId>) {
        let mut open = vec![root];
        while let Some(id) = open.pop() {
            match self.ast.node(id).kind {
                NodeKind::And(lhs, rhs) => open.extend([rhs, lhs]),
                _ => parts.push(id),
            }
        }
    }

    /// A part with all its qualifiers, to be compiled alone or with others.
    fn spelt(&self, id: NodeId) -> String {
        format!("({})", self.ast.display_from(id))
    }

    /// A part as it was typed; with all its qualifiers, where they may stand elsewhere.
    fn typed(&self, id: NodeId) -> String {
        let node = self.ast.node(id);
        match node.kind {
            NodeKind::Primitive(Primitive::Id(..)) => self.plain(&self.ast.display_from(id).to_string()),
            _ => self.text.get(node.span.range()).map_or_else(String::new, |text| text.trim().to_owned()),
        }
    }

    /// An expression without backslashes where it does not need them.
    fn plain(&self, text: &str) -> String {
        let plain = text.replace('\\', "");
        if self.judge.accepts(&plain) { plain } else { text.to_owned() }
    }

    fn rejects(&self, parts: &[NodeId]) -> bool {
        let texts: Vec<String> = parts.iter().map(|part| self.spelt(*part)).collect();
        let refused = self.judge.compile(&texts.join(" and "));
        refused.is_err_and(|error| error.kind() == ErrorKind::RejectsAll)
    }

    /// One part that can't match by itself.
    fn alone(&self, part: NodeId) -> Advice {
        let link = self.judge.link;
        let elsewhere = Judge { link: LinkType::ETHERNET, ..self.judge };
        let typed = self.typed(part);
        let why = if link != LinkType::ETHERNET && elsewhere.accepts(&self.spelt(part)) {
            format!("'{typed}' is in no packet of link type {link}")
        } else {
            format!("'{typed}' can't be true of any packet")
        };
        Advice { why, suggestion: None }
    }

    /// Two parts that exclude each other.
    fn pair(&self, early: NodeId, late: NodeId) -> Advice {
        let (a, b) = (self.typed(early), self.typed(late));
        let excluded = format!("'{a}' and '{b}' exclude each other");
        if let Some(word) = self.encapsulation(late)
            && let Some(suggestion) = self.reordered(late)
        {
            let why = format!(
                "{excluded}: what stands before '{word}' looks at the packet outside of it, what follows at the one inside"
            );
            return Advice { why, suggestion: Some(suggestion) };
        }
        for (bytes, family) in [(late, early), (early, late)] {
            if let Some(advice) = self.over_ipv6(bytes, family, &excluded) {
                return advice;
            }
        }
        let suggestion = self.either(&[early, late]);
        let why = if suggestion.is_some() { format!("{excluded}; if either will do") } else { excluded };
        Advice { why, suggestion }
    }

    /// The parts joined by `or`, where they are the whole expression.
    fn either(&self, parts: &[NodeId]) -> Option<String> {
        let simple = |id: &NodeId| matches!(self.ast.node(*id).kind, NodeKind::Primitive(_));
        if self.ast.nodes().len() != 2 * parts.len() - 1 || !parts.iter().all(simple) {
            return None;
        }
        let texts: Vec<String> = parts.iter().map(|part| self.ast.display_from(*part).to_string()).collect();
        let either = self.plain(&texts.join(" or "));
        self.judge.accepts(&either).then_some(either)
    }

    /// The word of an encapsulation within a part.
    fn encapsulation(&self, part: NodeId) -> Option<&'static str> {
        let span = self.ast.node(part).span;
        self.ast
            .nodes()
            .iter()
            .filter(|node| node.span.start >= span.start && node.span.end <= span.end)
            .find_map(|node| match node.kind {
                NodeKind::Primitive(Primitive::Vlan(_)) => Some("vlan"),
                NodeKind::Primitive(Primitive::Mpls(_)) => Some("mpls"),
                NodeKind::Primitive(Primitive::Pppoes(_)) => Some("pppoes"),
                NodeKind::Primitive(Primitive::Geneve(_)) => Some("geneve"),
                _ => None,
            })
    }

    /// The expression with one part in front of all others.
    fn reordered(&self, front: NodeId) -> Option<String> {
        let root = self.ast.root()?;
        let mut parts = Vec::new();
        self.conjuncts(root, &mut parts);
        if !parts.contains(&front) {
            return None;
        }
        parts.retain(|part| *part != front);
        parts.insert(0, front);
        let text =
            self.plain(&parts.iter().map(|part| self.operand(*part)).collect::<Vec<_>>().join(" and "));
        self.judge.accepts(&text).then_some(text)
    }

    /// A part, in parentheses where it needs them.
    fn operand(&self, part: NodeId) -> String {
        match self.ast.node(part).kind {
            NodeKind::Or(..) | NodeKind::And(..) => self.spelt(part),
            _ => self.ast.display_from(part).to_string(),
        }
    }

    /// `tcp[…]` looks at IPv4 only: the same bytes behind an IPv6 header without extensions.
    fn over_ipv6(&self, bytes: NodeId, family: NodeId, excluded: &str) -> Option<Advice> {
        let typed = self.typed(bytes);
        let proto = ["tcp", "udp", "sctp"].into_iter().find(|proto| typed.contains(&format!("{proto}[")))?;
        if self.ast.display_from(family).to_string() != "ip6" {
            return None;
        }
        let span = self.ast.node(bytes).span;
        let number = match proto {
            "tcp" => 6,
            "udp" => 17,
            _ => 132,
        };
        let moved = typed.replace(&format!("{proto}["), "ip6[40 + ");
        let mut whole = self.text.to_owned();
        whole.replace_range(span.range(), &format!("(ip6 proto {number} and {moved})"));
        let why = format!(
            "{excluded}: {proto}[...] reads IPv4 packets only; behind an IPv6 header without extensions"
        );
        let suggestion = Some(whole).filter(|whole| self.judge.accepts(whole));
        Some(Advice { why, suggestion })
    }

    /// Parts that exclude each other only together: those that can't be left out.
    fn several(&self, mut parts: Vec<NodeId>) -> Advice {
        let mut n = 0;
        while n < parts.len() {
            let mut fewer = parts.clone();
            fewer.remove(n);
            if self.rejects(&fewer) { parts = fewer } else { n += 1 }
        }
        let typed: Vec<String> = parts.iter().map(|part| format!("'{}'", self.typed(*part))).collect();
        let suggestion = self.either(&parts);
        let end = if suggestion.is_some() { "; if any will do" } else { "" };
        Advice { why: format!("no packet is all of {} at once{end}", typed.join(", ")), suggestion }
    }
}
