//! Options: the list of code, length and value at the end of a block.
use crate::savefile::byte_order::ByteOrder;

/// End of the list.
pub(crate) const END: u16 = 0;
/// A comment, in any block.
pub(crate) const COMMENT: u16 = 1;
/// `epb_flags`: two bits of direction among others.
pub(super) const FLAGS: u16 = 2;
/// `epb_dropcount`: packets lost between this one and the one before.
pub(super) const DROP_COUNT: u16 = 4;

/// One option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Value<'a> {
    /// What it is; the meaning depends on the block, 1 is a comment everywhere.
    pub code: u16,
    /// Its value without padding.
    pub bytes: &'a [u8],
}

/// The options of a block: ends silently where the list ends or is cut.
///
/// Reading is lax: the value of an option cut by the end of its block is not given.
#[derive(Debug, Clone, Copy)]
pub struct BlockOptions<'a> {
    rest: &'a [u8],
    order: ByteOrder,
}

impl<'a> BlockOptions<'a> {
    pub(crate) fn new(rest: &'a [u8], order: ByteOrder) -> Self {
        Self { rest, order }
    }

    /// The next option, or what is wrong with the list. `opt_endofopt` is given too.
    pub(crate) fn strict(&mut self) -> Option<Result<Value<'a>, Cut>> {
        if self.rest.is_empty() {
            return None;
        }
        let Some((header, rest)) = self.rest.split_first_chunk::<4>() else {
            self.rest = &[];
            return Some(Err(Cut));
        };
        let [c0, c1, l0, l1] = *header;
        let length = usize::from(self.order.u16([l0, l1]));
        let (Some(bytes), Some(after)) = (rest.get(..length), rest.get(length.next_multiple_of(4)..)) else {
            self.rest = &[];
            return Some(Err(Cut));
        };
        self.rest = after;
        Some(Ok(Value { code: self.order.u16([c0, c1]), bytes }))
    }

    /// Whether the list goes well up to its end.
    pub(crate) fn is_sound(mut self) -> bool {
        loop {
            match self.strict() {
                None => return true,
                Some(Ok(option)) if option.code == END => return option.bytes.is_empty(),
                Some(Ok(_)) => {}
                Some(Err(_)) => return false,
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The first option of this code.
    pub(crate) fn find(mut self, code: u16) -> Option<&'a [u8]> {
        self.find_map(|option| (option.code == code).then_some(option.bytes))
    }
}

/// The list does not fit into its block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cut;

impl<'a> Iterator for BlockOptions<'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        let option = self.strict()?.ok().filter(|option| option.code != END);
        if option.is_none() {
            self.rest = &[];
        }
        option
    }
}

/// Adds an option to `out`, padded. What does not fit into 65,535 bytes is cut.
pub(crate) fn put(out: &mut Vec<u8>, code: u16, value: &[u8]) {
    let length = u16::try_from(value.len()).unwrap_or(u16::MAX);
    out.extend(code.to_ne_bytes());
    out.extend(length.to_ne_bytes());
    out.extend(value.iter().take(usize::from(length)));
    out.resize(out.len().next_multiple_of(4), 0);
}

/// Adds a text, if there is one; cut at the end of a character.
pub(crate) fn put_text(out: &mut Vec<u8>, code: u16, text: Option<&str>) {
    if let Some(text) = text.filter(|text| !text.is_empty()) {
        let mut end = text.len().min(usize::from(u16::MAX));
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        put(out, code, text.get(..end).unwrap_or_default().as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_what_was_put() {
        let mut list = Vec::new();
        put_text(&mut list, COMMENT, Some("hello"));
        put(&mut list, 9, &[6]);
        put(&mut list, END, &[]);
        list.extend(b"beyond the end");
        let seen: Vec<_> = BlockOptions::new(&list, ByteOrder::NATIVE).map(|o| (o.code, o.bytes)).collect();
        assert_eq!(seen, [(1, &b"hello"[..]), (9, &[6])]);
    }

    #[test]
    fn cut_at_every_byte_it_gives_the_whole_options() {
        let mut list = Vec::new();
        put(&mut list, 1, b"abc");
        put(&mut list, 2, b"defgh");
        for cut in 0..list.len() {
            let whole = if cut < 8 { 0 } else { 1 };
            assert_eq!(BlockOptions::new(&list[..cut], ByteOrder::NATIVE).count(), whole, "cut at {cut}");
        }
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let mut list = Vec::new();
        put_text(&mut list, COMMENT, Some(&"é".repeat(40_000)));
        let comment = BlockOptions::new(&list, ByteOrder::NATIVE).next().unwrap();
        assert_eq!(std::str::from_utf8(comment.bytes).unwrap().chars().count(), 32_767);
    }
}
