//! The form of `--quiz`: a flat object of JSON from the number of a blank to its answer, and reading it
//! back however it was filled in: as text or number.
use std::collections::BTreeMap;

/// Longest form that is read.
pub(crate) const LONGEST: u64 = 4 << 20;

/// Answers by the number of their blank.
pub(crate) type Answers = BTreeMap<u32, String>;

/// The form for blanks with these answers; empty ones are to be filled in.
pub(crate) fn form<'a>(answers: impl Iterator<Item = (u32, &'a str)>) -> String {
    let mut text = String::from("{");
    for (at, (blank, answer)) in answers.enumerate() {
        text.push_str(if at > 0 { ",\n  " } else { "\n  " });
        // Answers of ours are digits, letters and signs: nothing of them needs an escape.
        text.push_str(&format!("\"{blank}\": \"{answer}\""));
    }
    text.push_str("\n}\n");
    text
}

/// Reads a form.
///
/// # Errors
/// What is wrong, and in which line.
pub(crate) fn parse(text: &str) -> Result<Answers, String> {
    let mut reader = Reader { text, at: 0 };
    let all = reader.object().map_err(|what| {
        let line = text.get(..reader.at).unwrap_or(text).lines().count().max(1);
        format!("line {line}: {what}")
    })?;
    Ok(all)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    /// Takes a character, if it is next.
    fn take(&mut self, c: char) -> bool {
        self.skip();
        let is_next = self.rest().starts_with(c);
        self.at += if is_next { c.len_utf8() } else { 0 };
        is_next
    }

    fn object(&mut self) -> Result<Answers, &'static str> {
        let mut all = Answers::new();
        if !self.take('{') {
            return Err("a form begins with {");
        }
        if self.take('}') {
            return self.end(all);
        }
        loop {
            let key = self.string()?;
            if !self.take(':') {
                return Err("a : stands between a blank and its answer");
            }
            let value = self.value()?;
            let blank = key.trim().parse().map_err(|_| "a blank is named by its number")?;
            if all.insert(blank, value).is_some() {
                return Err("a blank has two answers");
            }
            if self.take('}') {
                return self.end(all);
            }
            if !self.take(',') {
                return Err("a , stands between two answers");
            }
        }
    }

    fn end(&mut self, all: Answers) -> Result<Answers, &'static str> {
        self.skip();
        if self.rest().is_empty() { Ok(all) } else { Err("something follows the form") }
    }

    /// Text, a number or null, as text.
    fn value(&mut self) -> Result<String, &'static str> {
        self.skip();
        if self.rest().starts_with('"') {
            return self.string();
        }
        let len = self.rest().find([',', '}', '\n']).unwrap_or(self.rest().len());
        let word = self.rest().get(..len).unwrap_or_default().trim().to_owned();
        self.at += len;
        match word.as_str() {
            "null" => Ok(String::new()),
            number if number.parse::<i64>().is_ok() => Ok(word),
            _ => Err("an answer is text, a number or null"),
        }
    }

    fn string(&mut self) -> Result<String, &'static str> {
        if !self.take('"') {
            return Err("a \" is missing");
        }
        let Some(len) = self.rest().find('"') else { return Err("a text has no end") };
        let text = self.rest().get(..len).unwrap_or_default().to_owned();
        self.at += len + 1;
        if text.contains('\\') { Err("an answer has no \\") } else { Ok(text) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_comes_back() {
        let answers = [(1, ""), (2, "X+10"), (12, "4294967295")];
        let text = form(answers.into_iter());
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["2"], "X+10");
        let back = parse(&text).unwrap();
        assert_eq!(back.into_iter().collect::<Vec<_>>(), answers.map(|(n, text)| (n, text.to_owned())));
        assert_eq!(parse(" { } ").unwrap(), Answers::new());
        assert_eq!(parse("{\"3\": 7, \"4\": null}").unwrap()[&3], "7");
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        for (text, error) in [
            ("", "line 1: a form begins with {"),
            ("{\n\"1\" \"2\"}", "line 2: a : stands between a blank and its answer"),
            ("{\"x\": \"2\"}", "line 1: a blank is named by its number"),
            ("{\"1\": true}", "line 1: an answer is text, a number or null"),
            ("{\"1\": 1 \"2\": 2}", "line 1: an answer is text, a number or null"),
            ("{\"1\": 1, \"1\": 2}", "line 1: a blank has two answers"),
            ("{\"1\": \"", "line 1: a text has no end"),
            ("{} x", "line 1: something follows the form"),
        ] {
            assert_eq!(parse(text).unwrap_err(), error, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn nothing_makes_it_panic(text in ".{0,60}") {
            let _ = parse(&text);
            let _ = parse(&format!("{{\"1\": {text}"));
        }
    }
}
