//! Whole compilations: text to program.
use super::*;

fn listing(text: &str, link: LinkType) -> String {
    Filter::compile(text, link).unwrap().program().listing().to_string()
}

#[test]
fn the_empty_expression_accepts_everything() {
    assert_eq!(listing("", LinkType::ETHERNET), "(000) ret      #262144\n");
    assert_eq!(listing("", LinkType(105)), "(000) ret      #262144\n");
}

#[test]
fn unknown_link_types_have_no_filters() {
    let error = Filter::compile("tcp", LinkType(105)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LinkType);
}
