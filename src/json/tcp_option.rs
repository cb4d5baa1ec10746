//! Options of TCP, each an object with its `kind`.
use serde::ser::{SerializeSeq, SerializeStruct};
use serde::{Serialize, Serializer};

use super::bytes::Base64;
use super::{Plain, RECORD};
use crate::wire::{TcpOption, TcpOptions};

/// The options of a segment; where one is malformed, an object of kind `malformed` ends the list.
pub(super) struct Options<'a>(pub(super) TcpOptions<'a>);

impl Serialize for Options<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut list = s.serialize_seq(None)?;
        for option in self.0.clone() {
            match option {
                Ok(option) => list.serialize_element(&One(option))?,
                Err(_) => list.serialize_element(&Malformed { kind: "malformed" })?,
            }
        }
        list.end()
    }
}

#[derive(Serialize)]
struct Malformed {
    kind: &'static str,
}

struct One<'a>(TcpOption<'a>);

impl Serialize for One<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut map = s.serialize_struct(RECORD, 1)?;
        match self.0 {
            TcpOption::Eol => map.serialize_field("kind", &Plain("eol"))?,
            TcpOption::Nop => map.serialize_field("kind", &Plain("nop"))?,
            TcpOption::Mss(mss) => {
                map.serialize_field("kind", &Plain("mss"))?;
                map.serialize_field("value", &mss)?;
            }
            TcpOption::WindowScale(shift) => {
                map.serialize_field("kind", &Plain("window_scale"))?;
                map.serialize_field("shift", &shift)?;
            }
            TcpOption::SackPermitted => map.serialize_field("kind", &Plain("sack_permitted"))?,
            TcpOption::Sack(blocks) => {
                map.serialize_field("kind", &Plain("sack"))?;
                let edges: Vec<[u32; 2]> =
                    blocks.into_iter().map(|(left, right)| [left.0, right.0]).collect();
                map.serialize_field("blocks", &edges)?;
            }
            TcpOption::Timestamps { value, echo_reply } => {
                map.serialize_field("kind", &Plain("timestamps"))?;
                map.serialize_field("tsval", &value)?;
                map.serialize_field("tsecr", &echo_reply)?;
            }
            TcpOption::Md5(digest) => {
                map.serialize_field("kind", &Plain("md5"))?;
                map.serialize_field("digest", &Base64(digest))?;
            }
            TcpOption::UserTimeout { minutes, value } => {
                map.serialize_field("kind", &Plain("user_timeout"))?;
                let seconds = u32::from(value) * if minutes { 60 } else { 1 };
                map.serialize_field("timeout_s", &seconds)?;
            }
            TcpOption::FastOpen(cookie) => {
                map.serialize_field("kind", &Plain("fast_open"))?;
                map.serialize_field("cookie", &Base64(cookie))?;
            }
            TcpOption::Echo(value) => valued(&mut map, "echo", value)?,
            TcpOption::EchoReply(value) => valued(&mut map, "echo_reply", value)?,
            TcpOption::Cc(value) => valued(&mut map, "cc", value)?,
            TcpOption::CcNew(value) => valued(&mut map, "cc_new", value)?,
            TcpOption::CcEcho(value) => valued(&mut map, "cc_echo", value)?,
            TcpOption::Scps { capabilities, connection_id } => {
                map.serialize_field("kind", &Plain("scps"))?;
                map.serialize_field("capabilities", &capabilities)?;
                map.serialize_field("connection_id", &connection_id)?;
            }
            TcpOption::Authentication { key_id, next_key_id, mac } => {
                map.serialize_field("kind", &Plain("authentication"))?;
                map.serialize_field("key_id", &key_id)?;
                map.serialize_field("next_key_id", &next_key_id)?;
                map.serialize_field("mac", &Base64(mac))?;
            }
            TcpOption::Mptcp(data) => {
                map.serialize_field("kind", &Plain("mptcp"))?;
                map.serialize_field("subtype", &data.first().map_or(0, |byte| byte >> 4))?;
                map.serialize_field("data", &Base64(data))?;
            }
            TcpOption::Experimental { kind, experiment, data } => {
                map.serialize_field("kind", &Plain("experimental"))?;
                map.serialize_field("number", &kind.0)?;
                map.serialize_field("experiment", &experiment)?;
                map.serialize_field("data", &Base64(data))?;
            }
            TcpOption::Unknown { kind, data } => {
                map.serialize_field("kind", &Plain("unknown"))?;
                map.serialize_field("number", &kind.0)?;
                map.serialize_field("data", &Base64(data))?;
            }
        }
        map.end()
    }
}

fn valued<M: SerializeStruct>(map: &mut M, kind: &'static str, value: u32) -> Result<(), M::Error> {
    map.serialize_field("kind", &Plain(kind))?;
    map.serialize_field("value", &value)
}
