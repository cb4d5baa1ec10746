//! A strict reader of HTML, which shares nothing with what writes it: every element is closed in its
//! order, every value is quoted, and no tag begins where text should be.

/// Elements without an end (HTML Living Standard §13.1.2).
const VOID: [&str; 6] = ["br", "hr", "img", "input", "link", "meta"];

/// An element as it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) attributes: Vec<(String, String)>,
    /// Text directly in it, references resolved.
    pub(super) text: String,
}

impl Element {
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Every element of a document, in the order in which they begin.
pub(super) fn read(document: &str) -> Result<Vec<Element>, String> {
    let mut rest = document.strip_prefix("<!DOCTYPE html>").ok_or("no doctype")?;
    let mut all: Vec<Element> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    while let Some(at) = rest.find('<') {
        let text = resolve(&rest[..at])?;
        match open.last() {
            Some(inside) => all[*inside].text.push_str(&text),
            None if text.trim().is_empty() => {}
            None => return Err(format!("text outside of everything: {text:?}")),
        }
        rest = &rest[at + 1..];
        if let Some(end) = rest.strip_prefix('/') {
            let (name, after) = end.split_once('>').ok_or("an end tag without end")?;
            let last = open.pop().ok_or_else(|| format!("</{name}> closes nothing"))?;
            if all[last].name != name {
                return Err(format!("</{name}> closes <{}>", all[last].name));
            }
            rest = after;
            continue;
        }
        let (element, empty, after) = tag(rest)?;
        let name = element.name.clone();
        all.push(element);
        rest = after;
        if matches!(&*name, "script" | "style") {
            let end = format!("</{name}>");
            let (text, after) = rest.split_once(&end).ok_or_else(|| format!("no {end}"))?;
            if text.to_ascii_lowercase().contains(&end[..end.len() - 1]) || text.contains("<!--") {
                return Err(format!("{name} ends elsewhere for a browser"));
            }
            text.clone_into(&mut all.last_mut().expect("pushed").text);
            rest = after;
        } else if !empty && !VOID.contains(&name.as_str()) {
            open.push(all.len() - 1);
        }
    }
    if !open.is_empty() || !rest.trim().is_empty() {
        return Err(format!("{} elements are open at the end", open.len()));
    }
    Ok(all)
}

/// A start tag from its name on; whether it is empty, and what follows.
fn tag(mut rest: &str) -> Result<(Element, bool, &str), String> {
    let word = |text: &str| {
        text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | ':'))).unwrap_or(text.len())
    };
    let end = word(rest);
    if end == 0 {
        return Err(format!("a < in text before {:?}", &rest[..rest.len().min(20)]));
    }
    let mut element = Element { name: rest[..end].to_owned(), attributes: Vec::new(), text: String::new() };
    rest = &rest[end..];
    loop {
        if let Some(after) = rest.strip_prefix('>') {
            return Ok((element, false, after));
        }
        if let Some(after) = rest.strip_prefix("/>") {
            return Ok((element, true, after));
        }
        rest = rest.strip_prefix(' ').ok_or_else(|| format!("no space in <{}", element.name))?;
        let end = word(rest);
        let name = rest[..end].to_owned();
        rest = rest[end..].strip_prefix("=\"").ok_or_else(|| format!("{name} has no quoted value"))?;
        let (value, after) = rest.split_once('"').ok_or("a value without end")?;
        if value.contains('<') {
            return Err(format!("a < in the value of {name}"));
        }
        if element.attribute(&name).is_some() {
            return Err(format!("{name} stands twice in <{}", element.name));
        }
        element.attributes.push((name, resolve(value)?));
        rest = after;
    }
}

/// Text with its references resolved.
fn resolve(text: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut parts = text.split('&');
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let (name, after) = part.split_once(';').ok_or_else(|| format!("a & in {text:?}"))?;
        out.push_str(match name {
            "amp" => "&",
            "lt" => "<",
            "gt" => ">",
            "quot" => "\"",
            "#39" => "'",
            other => return Err(format!("an unknown reference {other}")),
        });
        out.push_str(after);
    }
    Ok(out)
}

#[test]
fn what_is_not_well_formed_is_refused() {
    for (wrong, why) in [
        ("<p>a</p>", "no doctype"),
        ("<!DOCTYPE html><p><b>a</p></b>", "</p> closes <b>"),
        ("<!DOCTYPE html><p>", "open at the end"),
        ("<!DOCTYPE html><p>1 < 2</p>", "a < in text"),
        ("<!DOCTYPE html><p a=b></p>", "no quoted value"),
        ("<!DOCTYPE html><p a=\"1\" a=\"2\"></p>", "twice"),
        ("<!DOCTYPE html><p>a & b</p>", "a & in"),
        ("<!DOCTYPE html><script><!-- <script></script>", "ends elsewhere"),
        ("<!DOCTYPE html><p></p>x", "at the end"),
    ] {
        let error = read(wrong).expect_err(wrong);
        assert!(error.contains(why), "{wrong}: {error}");
    }
    let right = "<!DOCTYPE html><p id=\"a&amp;b\">1 &lt; 2<br>3<i/></p>";
    let all = read(right).expect("well-formed");
    assert_eq!((all[0].text.as_str(), all[0].attribute("id")), ("1 < 23", Some("a&b")));
}
