//! The numbers inside the values of options: whose bytes change places with the byte order.
use super::option::Value;
use crate::savefile::byte_order::ByteOrder;

/// How a value is made of numbers.
pub(super) enum Shape {
    Bytes,
    /// One or more numbers of 32 bits.
    Words,
    Long,
    /// A number of 32 bits, then bytes.
    Custom,
    /// A byte that tells what follows: a number of 64 bits, unless it is 0.
    Verdict,
}

pub(super) fn packet_shape(code: u16) -> Shape {
    match code {
        2 | 6 | 8 => Shape::Words,
        4 | 5 => Shape::Long,
        7 => Shape::Verdict,
        _ => common_shape(code),
    }
}

pub(super) fn statistics_shape(code: u16) -> Shape {
    match code {
        4..=8 => Shape::Long,
        _ => common_shape(code),
    }
}

fn interface_shape(code: u16) -> Shape {
    match code {
        8 | 16 | 17 => Shape::Long,
        10 => Shape::Words,
        _ => common_shape(code),
    }
}

/// The value of an option of an interface in this machine's order.
pub(super) fn interface_value(option: Value<'_>, order: ByteOrder) -> Box<[u8]> {
    value(option.bytes, order, interface_shape(option.code)).into()
}

/// The value of an option of a section in this machine's order.
pub(super) fn section_value(option: Value<'_>, order: ByteOrder) -> Box<[u8]> {
    value(option.bytes, order, common_shape(option.code)).into()
}

/// Custom options begin with the number of an enterprise.
pub(super) fn common_shape(code: u16) -> Shape {
    if matches!(code, 2988 | 2989 | 19372 | 19373) { Shape::Custom } else { Shape::Bytes }
}

pub(super) fn value(bytes: &[u8], order: ByteOrder, shape: Shape) -> Vec<u8> {
    let mut value = bytes.to_vec();
    if order != ByteOrder::NATIVE {
        match shape {
            Shape::Bytes => {}
            Shape::Words => value.chunks_exact_mut(4).for_each(<[u8]>::reverse),
            Shape::Long => value.chunks_exact_mut(8).for_each(<[u8]>::reverse),
            Shape::Custom => {
                if let Some(number) = value.get_mut(..4) {
                    number.reverse();
                }
            }
            Shape::Verdict => {
                if let Some((1.., number)) = value.split_first_mut() {
                    number.chunks_exact_mut(8).for_each(<[u8]>::reverse);
                }
            }
        }
    }
    value
}
