//! As much of JSON Schema 2020-12 as the schema of the lines uses. What it does not know fails the test.
use std::net::{Ipv4Addr, Ipv6Addr};

use serde_json::{Map, Value};

/// What a keyword says that only explains.
const REMARKS: [&str; 8] =
    ["$schema", "$id", "$defs", "title", "description", "contentEncoding", "default", "$comment"];

/// Why `value` is not what the schema wants; `root` has the definitions.
pub(crate) fn check(root: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    let Value::Object(keywords) = schema else {
        return if *schema == Value::Bool(true) { Ok(()) } else { Err(format!("{value} is forbidden")) };
    };
    // Most lines are not of the other types: that is said without a word on all their fields.
    if let (Some(kind), Some(is)) = (schema.pointer("/properties/type/const"), value.get("type"))
        && kind != is
    {
        return Err(format!("not of type {kind}"));
    }
    for (keyword, wanted) in keywords {
        keep(root, keywords, keyword, wanted, value).map_err(|why| format!("{keyword}: {why}"))?;
    }
    Ok(())
}

fn keep(
    root: &Value,
    all: &Map<String, Value>,
    keyword: &str,
    wanted: &Value,
    value: &Value,
) -> Result<(), String> {
    let fails = |fault: bool| if fault { Err(format!("{value} is not {wanted}")) } else { Ok(()) };
    let branches = || wanted.as_array().expect("a list of schemas").iter();
    match keyword {
        "$ref" => {
            let path = wanted.as_str().and_then(|path| path.strip_prefix('#')).expect("a local reference");
            check(root, root.pointer(path).unwrap_or_else(|| panic!("no {path}")), value)
        }
        "oneOf" | "anyOf" => {
            let results: Vec<_> = branches().map(|branch| check(root, branch, value)).collect();
            let fit = results.iter().filter(|result| result.is_ok()).count();
            let right = if keyword == "oneOf" { fit == 1 } else { fit > 0 };
            if right { Ok(()) } else { Err(format!("{fit} of {results:?}")) }
        }
        "allOf" => branches().try_for_each(|branch| check(root, branch, value)),
        "type" => fails(!match wanted {
            Value::Array(kinds) => kinds.iter().any(|kind| is_a(value, kind)),
            kind => is_a(value, kind),
        }),
        "const" => fails(value != wanted),
        "enum" => fails(!wanted.as_array().expect("a list").contains(value)),
        "minimum" => fails(value.as_f64().is_some_and(|value| value < number(wanted))),
        "maximum" => fails(value.as_f64().is_some_and(|value| value > number(wanted))),
        "properties" => properties(root, wanted, value),
        "required" => {
            let names = wanted.as_array().expect("names").iter().filter_map(Value::as_str);
            let lacks: Vec<_> = names.filter(|name| value.is_object() && value.get(name).is_none()).collect();
            if lacks.is_empty() { Ok(()) } else { Err(format!("{value} lacks {lacks:?}")) }
        }
        "dependentRequired" => {
            let rules = wanted.as_object().expect("rules").iter();
            let mut due = rules.filter(|(name, _)| value.get(name).is_some());
            due.try_for_each(|(_, names)| keep(root, all, "required", names, value))
        }
        "additionalProperties" => additional(root, all, wanted, value),
        "items" => value.as_array().into_iter().flatten().try_for_each(|item| check(root, wanted, item)),
        "minItems" => fails(value.as_array().is_some_and(|items| (items.len() as f64) < number(wanted))),
        "maxItems" => fails(value.as_array().is_some_and(|items| (items.len() as f64) > number(wanted))),
        "uniqueItems" => fails(value.as_array().is_some_and(|items| {
            items.iter().enumerate().any(|(at, item)| items.iter().skip(at + 1).any(|other| item == other))
        })),
        "pattern" | "format" => {
            fails(value.as_str().is_some_and(|text| !has_form(wanted.as_str().expect("text"), text)))
        }
        _ if REMARKS.contains(&keyword) => Ok(()),
        _ => panic!("the schema uses {keyword}, which the test does not know"),
    }
}

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

fn is_a(value: &Value, kind: &Value) -> bool {
    match kind.as_str().expect("the name of a type") {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        kind => panic!("no type is called {kind}"),
    }
}

fn properties(root: &Value, wanted: &Value, value: &Value) -> Result<(), String> {
    let Some(object) = value.as_object() else { return Ok(()) };
    object.iter().try_for_each(|(name, value)| match wanted.get(name) {
        Some(schema) => check(root, schema, value).map_err(|why| format!("{name}: {why}")),
        None => Ok(()),
    })
}

fn additional(root: &Value, all: &Map<String, Value>, wanted: &Value, value: &Value) -> Result<(), String> {
    let Some(object) = value.as_object() else { return Ok(()) };
    let known = |name: &str| all.get("properties").is_some_and(|properties| properties.get(name).is_some());
    let unknown = object.iter().filter(|(name, _)| !known(name));
    unknown.into_iter().try_for_each(|(name, value)| {
        check(root, wanted, value).map_err(|why| format!("{name} is not known: {why}"))
    })
}

/// The few forms that texts have.
fn has_form(form: &str, text: &str) -> bool {
    let digits = |text: &str, least: usize| text.len() >= least && text.bytes().all(|b| b.is_ascii_digit());
    let shaped = |shape: &str, text: &str| {
        shape.len() == text.len()
            && shape
                .bytes()
                .zip(text.bytes())
                .all(|(s, t)| if s == b'0' { t.is_ascii_digit() } else { s == t })
    };
    match form {
        "ipv4" => text.parse::<Ipv4Addr>().is_ok(),
        "ipv6" => text.parse::<Ipv6Addr>().is_ok(),
        r"^-?[0-9]{4,}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]\.[0-9]{9}Z$" => {
            let text = text.strip_prefix('-').unwrap_or(text);
            text.split_once('-').is_some_and(|(year, rest)| {
                digits(year, 4)
                    && shaped("00-00T00:00:00.000000000Z", rest)
                    && (rest.as_bytes()[0], rest.as_bytes()[3]) < (b'2', b'4')
            })
        }
        r"^-?[0-9]+\.[0-9]{9}$" => {
            let parts = text.strip_prefix('-').unwrap_or(text).split_once('.');
            parts.is_some_and(|(secs, nanos)| digits(secs, 1) && nanos.len() == 9 && digits(nanos, 9))
        }
        "^([0-9a-f]{2}:){5}[0-9a-f]{2}$" => {
            text.len() == 17
                && text.split(':').count() == 6
                && text.split(':').all(|pair| {
                    pair.len() == 2 && pair.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
                })
        }
        form => panic!("the test does not know the form {form}"),
    }
}
