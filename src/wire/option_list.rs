//! The list that the options of TCP and IPv4 headers form.
use super::{Error, Layer};

/// An option before its kind is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RawOption<'a> {
    /// Kind 0: what follows is padding.
    Eol,
    /// Kind 1, a single byte.
    Nop,
    /// Any other kind, and what follows its length.
    Other(u8, &'a [u8]),
}

/// Options in order, up to end-of-list or one error.
#[derive(Debug, Clone)]
pub(super) struct OptionList<'a> {
    rest: &'a [u8],
    /// Bytes the header declares after `rest`, which were not captured.
    missing: usize,
}

impl<'a> OptionList<'a> {
    #[inline]
    pub(super) const fn new(bytes: &'a [u8], missing: usize) -> Self {
        Self { rest: bytes, missing }
    }

    /// The next option; an error is told of `layer`.
    #[inline]
    pub(super) fn next(&mut self, layer: Layer) -> Option<Result<RawOption<'a>, Error>> {
        let have = self.rest.len();
        let cut = |need| Error::Truncated { layer, need, have };
        match *self.rest {
            [] if self.missing > 0 => self.fail(cut(1)),
            [] => None,
            [0, ..] => {
                *self = Self::new(&[], 0);
                Some(Ok(RawOption::Eol))
            }
            [1, ref rest @ ..] => {
                self.rest = rest;
                Some(Ok(RawOption::Nop))
            }
            [_] if self.missing > 0 => self.fail(cut(2)),
            [_] => self.fail(Error::Invalid { layer, reason: "no room for an option's length" }),
            [_, 0 | 1, ..] => self.fail(Error::Invalid { layer, reason: "an option's length is below 2" }),
            [kind, len, ..] => {
                let len = usize::from(len);
                let Some((option, rest)) = self.rest.split_at_checked(len) else {
                    return if len.saturating_sub(have) <= self.missing {
                        self.fail(cut(len))
                    } else {
                        self.fail(Error::Invalid { layer, reason: "an option exceeds the header" })
                    };
                };
                self.rest = rest;
                Some(Ok(RawOption::Other(kind, option.get(2..).unwrap_or_default())))
            }
        }
    }

    fn fail(&mut self, error: Error) -> Option<Result<RawOption<'a>, Error>> {
        *self = Self::new(&[], 0);
        Some(Err(error))
    }
}
