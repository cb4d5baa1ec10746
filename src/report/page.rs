//! The document: landmarks, headings, the table, and the data that the script opens on demand.
use std::io;

use super::json::Json;
use super::row::{COLUMNS, Row};
use super::{Report, digest, sentences};
use crate::markup::Markup;
use crate::{ladder, plot};

const SCRIPT: &str = include_str!("page.js");
const OWN_STYLE: &str = include_str!("page.css");

/// Rows that stand in the document itself; the script shows others when they are asked for.
const FIRST_ROWS: usize = 100;

/// Writes the page.
pub(super) fn write(report: &Report, rows: &[Row], out: &mut dyn io::Write) -> io::Result<()> {
    let style = [OWN_STYLE, ladder::STYLE, plot::STYLE].concat();
    let mut markup = Markup::new();
    head(&mut markup, report, &style);
    markup.open("body", &[]);
    markup.element("a", &[("class", &"skip"), ("href", &"#connections")], "Skip to the connections");
    markup.open("header", &[]);
    markup.element("h1", &[], format_args!("TCP in {}", report.title));
    markup.close();
    markup.newline();
    markup.open("main", &[("id", &"main")]);
    summary(&mut markup, report, rows);
    table(&mut markup, rows);
    // What the script shows of the connection that was chosen.
    markup.open(
        "section",
        &[("id", &"connection"), ("aria-labelledby", &"connection-heading"), ("hidden", &"")],
    );
    markup.element("h2", &[("id", &"connection-heading"), ("tabindex", &"-1")], "Connection");
    markup.close();
    markup.newline();
    noscript(&mut markup);
    markup.close();
    markup.open("footer", &[]);
    markup.element(
        "p",
        &[],
        concat!(
            "Made by synack ",
            env!("CARGO_PKG_VERSION"),
            ". This page needs no network and no other file."
        ),
    );
    markup.close();
    markup.newline();
    // The rest is written piece by piece: it may be long.
    let rest = markup.finish();
    let body = rest.strip_suffix("</body></html>").unwrap_or(&rest);
    out.write_all(body.as_bytes())?;
    data(report, rows, out)?;
    out.write_all(b"<script>")?;
    out.write_all(SCRIPT.as_bytes())?;
    out.write_all(b"</script>\n</body></html>\n")
}

fn head(markup: &mut Markup, report: &Report, style: &str) {
    markup.raw("<!DOCTYPE html>\n");
    markup.open("html", &[("lang", &"en")]);
    markup.open("head", &[]);
    markup.void("meta", &[("charset", &"utf-8")]);
    let policy = format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        digest::sha256(SCRIPT),
        digest::sha256(style)
    );
    markup.void("meta", &[("http-equiv", &"Content-Security-Policy"), ("content", &policy)]);
    markup.void("meta", &[("name", &"viewport"), ("content", &"width=device-width, initial-scale=1")]);
    markup.void("meta", &[("name", &"color-scheme"), ("content", &"light dark")]);
    markup.void("meta", &[("name", &"referrer"), ("content", &"no-referrer")]);
    markup.element("title", &[], format_args!("{} – synack report", report.title));
    markup.open("style", &[]);
    markup.raw(style);
    markup.close();
    markup.close();
    markup.newline();
}

fn summary(markup: &mut Markup, report: &Report, rows: &[Row]) {
    markup.open("section", &[("aria-labelledby", &"summary-heading")]);
    markup.element("h2", &[("id", &"summary-heading")], "What happened");
    for line in sentences::summary(report) {
        markup.element("p", &[], line);
    }
    let account = sentences::account(report, rows);
    let mut attributes: Vec<crate::markup::Attribute<'_>> = vec![("class", &"account")];
    if account.len() > 2 {
        // Something is folded or left out: nobody should have to look for that.
        attributes.push(("open", &""));
    }
    markup.open("details", &attributes);
    markup.element("summary", &[], "What is on this page, and what is not");
    for line in account {
        markup.element("p", &[], line);
    }
    markup.close();
    markup.close();
    markup.newline();
}

fn table(markup: &mut Markup, rows: &[Row]) {
    markup.open("section", &[("id", &"connections"), ("aria-labelledby", &"connections-heading")]);
    markup.element("h2", &[("id", &"connections-heading")], "Connections");
    // The script fills it: without one nothing could be searched.
    markup.open("div", &[("id", &"tools"), ("class", &"tools")]);
    markup.close();
    let scrolls: [crate::markup::Attribute<'_>; 4] = [
        ("class", &"scroll"),
        ("role", &"region"),
        ("aria-label", &"Table of connections"),
        ("tabindex", &"0"),
    ];
    markup.open("div", &scrolls);
    markup.open("table", &[("id", &"table")]);
    let shown = rows.len().min(FIRST_ROWS);
    let caption = match rows.len() {
        0 => "No connection".to_owned(),
        1 => "1 connection".to_owned(),
        all if all == shown => format!("{all} connections"),
        all => format!("The first {shown} of {all} connections"),
    };
    markup.element("caption", &[("id", &"caption")], caption);
    markup.open("thead", &[]);
    markup.open("tr", &[]);
    for column in &COLUMNS {
        let class = if column.is_number { "n" } else { "w" };
        let attributes: [crate::markup::Attribute<'_>; 3] =
            [("scope", &"col"), ("class", &class), ("title", &column.meaning)];
        markup.element("th", &attributes, column.heading);
    }
    markup.close();
    markup.close();
    markup.newline();
    markup.open("tbody", &[]);
    for row in rows.iter().take(FIRST_ROWS) {
        row.draw(markup);
    }
    markup.close();
    markup.close();
    markup.close();
    markup.close();
    markup.newline();
}

fn noscript(markup: &mut Markup) {
    markup.open("noscript", &[]);
    markup.element(
        "p",
        &[],
        "Ladders, graphs and segments are opened by the script of this page, which does not run here. \
         synack explain and synack ladder print them.",
    );
    markup.close();
}

/// What the script opens: a block for each connection, so that nothing is read before it is looked at.
fn data(report: &Report, rows: &[Row], out: &mut dyn io::Write) -> io::Result<()> {
    let mut block = |id: &str, json: &str| {
        out.write_all(format!("<script type=\"application/json\" id=\"{id}\">").as_bytes())?;
        out.write_all(json.as_bytes())?;
        out.write_all(b"</script>\n")
    };
    let drawn = report.drawn();
    for (id, kept) in &report.connections {
        block(&format!("data-{id}"), &kept.json(drawn.contains(id)))?;
    }
    let mut json = Json::new();
    json.begin('{');
    json.key("names");
    json.begin('[');
    report.names.iter().for_each(|name| json.text(name));
    json.end(']');
    json.key("rows");
    json.begin('[');
    rows.iter().for_each(|row| row.push(&mut json));
    json.end(']');
    json.end('}');
    block("data", &json.into_string())
}
