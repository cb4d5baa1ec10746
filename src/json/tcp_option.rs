//! Options of TCP, each an object with its `kind`.
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};

use super::packet::Base64;
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
        let mut map = s.serialize_map(None)?;
        match self.0 {
            TcpOption::Eol => map.serialize_entry("kind", "eol")?,
            TcpOption::Nop => map.serialize_entry("kind", "nop")?,
            TcpOption::Mss(mss) => {
                map.serialize_entry("kind", "mss")?;
                map.serialize_entry("value", &mss)?;
            }
            TcpOption::WindowScale(shift) => {
                map.serialize_entry("kind", "window_scale")?;
                map.serialize_entry("shift", &shift)?;
            }
            TcpOption::SackPermitted => map.serialize_entry("kind", "sack_permitted")?,
            TcpOption::Sack(blocks) => {
                map.serialize_entry("kind", "sack")?;
                let edges: Vec<[u32; 2]> =
                    blocks.into_iter().map(|(left, right)| [left.0, right.0]).collect();
                map.serialize_entry("blocks", &edges)?;
            }
            TcpOption::Timestamps { value, echo_reply } => {
                map.serialize_entry("kind", "timestamps")?;
                map.serialize_entry("tsval", &value)?;
                map.serialize_entry("tsecr", &echo_reply)?;
            }
            TcpOption::Md5(digest) => {
                map.serialize_entry("kind", "md5")?;
                map.serialize_entry("digest", &Base64(digest))?;
            }
            TcpOption::UserTimeout { minutes, value } => {
                map.serialize_entry("kind", "user_timeout")?;
                let seconds = u32::from(value) * if minutes { 60 } else { 1 };
                map.serialize_entry("timeout_s", &seconds)?;
            }
            TcpOption::FastOpen(cookie) => {
                map.serialize_entry("kind", "fast_open")?;
                map.serialize_entry("cookie", &Base64(cookie))?;
            }
            TcpOption::Echo(value) => valued(&mut map, "echo", value)?,
            TcpOption::EchoReply(value) => valued(&mut map, "echo_reply", value)?,
            TcpOption::Cc(value) => valued(&mut map, "cc", value)?,
            TcpOption::CcNew(value) => valued(&mut map, "cc_new", value)?,
            TcpOption::CcEcho(value) => valued(&mut map, "cc_echo", value)?,
            TcpOption::Scps { capabilities, connection_id } => {
                map.serialize_entry("kind", "scps")?;
                map.serialize_entry("capabilities", &capabilities)?;
                map.serialize_entry("connection_id", &connection_id)?;
            }
            TcpOption::Authentication { key_id, next_key_id, mac } => {
                map.serialize_entry("kind", "authentication")?;
                map.serialize_entry("key_id", &key_id)?;
                map.serialize_entry("next_key_id", &next_key_id)?;
                map.serialize_entry("mac", &Base64(mac))?;
            }
            TcpOption::Mptcp(data) => {
                map.serialize_entry("kind", "mptcp")?;
                map.serialize_entry("subtype", &data.first().map_or(0, |byte| byte >> 4))?;
                map.serialize_entry("data", &Base64(data))?;
            }
            TcpOption::Experimental { kind, experiment, data } => {
                map.serialize_entry("kind", "experimental")?;
                map.serialize_entry("number", &kind.0)?;
                map.serialize_entry("experiment", &experiment)?;
                map.serialize_entry("data", &Base64(data))?;
            }
            TcpOption::Unknown { kind, data } => {
                map.serialize_entry("kind", "unknown")?;
                map.serialize_entry("number", &kind.0)?;
                map.serialize_entry("data", &Base64(data))?;
            }
        }
        map.end()
    }
}

fn valued<M: SerializeMap>(map: &mut M, kind: &str, value: u32) -> Result<(), M::Error> {
    map.serialize_entry("kind", kind)?;
    map.serialize_entry("value", &value)
}
