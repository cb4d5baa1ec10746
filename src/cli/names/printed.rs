//! Names for what is printed: the system's files at once, the resolver through a helper process
//! and never for long.
use std::borrow::Cow;
use std::collections::HashMap;
use std::fs;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use synack::wire::MacAddr;
use synack::{capture, print};

use crate::cli::helper;

/// How long one name may take when packets come out of files. While they come from an interface a
/// name is not waited for at all: it is asked for, and used when it is there.
const LIMIT: Duration = Duration::from_secs(1);

/// How much waiting a resolver that does not answer may cost altogether.
const BUDGET: Duration = Duration::from_secs(3);

/// How many addresses are remembered. More than that is a scan; then the memory starts anew.
const REMEMBERED: usize = 65_536;

/// Names from `/etc` and from the resolver.
pub(crate) struct SystemNames {
    tcp: HashMap<u16, String>,
    udp: HashMap<u16, String>,
    ethers: HashMap<[u8; 6], String>,
    hosts: HashMap<IpAddr, String>,
    interfaces: Interfaces,
    resolver: Option<helper::Names>,
    limit: Duration,
    state: Mutex<State>,
}

/// What the resolver has said, and how it behaves.
#[derive(Default)]
struct State {
    known: HashMap<IpAddr, Option<String>>,
    /// Time spent waiting in vain since it last answered.
    wasted: Duration,
    /// Questions without an answer yet.
    pending: usize,
}

/// The system's files, read once before files can no longer be opened.
#[derive(Debug, Default)]
pub(crate) struct Files {
    pub(crate) services: String,
    pub(crate) hosts: String,
    pub(crate) ethers: String,
}

impl Files {
    pub(crate) fn read() -> Self {
        // A file that is missing holds no names.
        let text =
            |path| fs::read(path).map(|b| String::from_utf8_lossy(&b).into_owned()).unwrap_or_default();
        Self { services: text("/etc/services"), hosts: text("/etc/hosts"), ethers: text("/etc/ethers") }
    }
}

impl SystemNames {
    /// Names out of `files`, of interfaces, and of a resolver if there is one. `live`: whether
    /// packets keep coming while a name is waited for.
    pub(crate) fn new(
        files: &Files,
        interfaces: Interfaces,
        resolver: Option<helper::Names>,
        live: bool,
    ) -> Self {
        let (tcp, udp) = services(&files.services);
        Self {
            tcp,
            udp,
            ethers: ethers(&files.ethers),
            hosts: hosts(&files.hosts),
            interfaces,
            resolver,
            limit: if live { Duration::ZERO } else { LIMIT },
            state: Mutex::default(),
        }
    }
}

impl State {
    fn learn(&mut self, address: IpAddr, name: Option<String>) {
        if self.known.len() >= REMEMBERED {
            self.known.clear();
        }
        self.known.insert(address, name);
        self.pending = self.pending.saturating_sub(1);
        self.wasted = Duration::ZERO;
    }

    /// Asks for a name and waits so long for it.
    fn ask(&mut self, resolver: &helper::Names, address: IpAddr, limit: Duration) {
        while self.pending > 0
            && let Ok(Some((answered, name))) = resolver.answer(Duration::ZERO)
        {
            self.learn(answered, name);
        }
        if self.known.contains_key(&address) {
            return;
        }
        if resolver.ask(address).is_err() {
            return;
        }
        // Unknown until the answer comes; asked only once.
        self.known.insert(address, None);
        self.pending += 1;
        if limit.is_zero() {
            return;
        }
        let deadline = Instant::now() + limit.min(BUDGET.saturating_sub(self.wasted));
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match resolver.answer(left) {
                Ok(Some((answered, name))) => {
                    self.learn(answered, name);
                    if answered == address {
                        return;
                    }
                }
                Ok(None) if left.is_zero() => {
                    self.wasted += limit;
                    return;
                }
                Ok(None) => {}
                Err(_) => return,
            }
        }
    }
}

impl print::Names for SystemNames {
    fn host(&self, address: IpAddr) -> Option<Cow<'_, str>> {
        if let Some(name) = self.hosts.get(&address) {
            return Some(Cow::Borrowed(name));
        }
        let resolver = self.resolver.as_ref()?;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let known = state.known.get(&address);
        if known.is_none() || (state.pending > 0 && known.is_some_and(Option::is_none)) {
            state.ask(resolver, address, self.limit);
        }
        state.known.get(&address).cloned().flatten().map(Cow::Owned)
    }

    fn tcp_port(&self, port: u16) -> Option<Cow<'_, str>> {
        self.tcp.get(&port).map(|name| Cow::Borrowed(name.as_str()))
    }

    fn udp_port(&self, port: u16) -> Option<Cow<'_, str>> {
        self.udp.get(&port).map(|name| Cow::Borrowed(name.as_str()))
    }

    fn mac(&self, mac: MacAddr) -> Option<Cow<'_, str>> {
        self.ethers.get(&mac.0).map(|name| Cow::Borrowed(name.as_str()))
    }

    fn interface(&self, index: u32) -> Option<Cow<'_, str>> {
        self.interfaces.name(index).map(Cow::Owned)
    }
}

/// How long the name of an interface is believed: it can be renamed while packets come.
const BELIEVED: Duration = Duration::from_secs(1);

/// The name an interface has or had, and when to ask again.
type Known = (Option<String>, Option<Instant>);

/// The names of interfaces by number: what is printed even with `-n`.
#[derive(Default)]
pub(crate) struct Interfaces {
    /// Names, and when to ask again. One that is gone keeps its last name: its packets may still
    /// be on their way.
    known: Mutex<HashMap<u32, Known>>,
    /// Whom to ask while interfaces come and go.
    directory: Option<Mutex<capture::Directory>>,
}

impl Interfaces {
    /// The interfaces there are. `live`: others may come.
    pub(crate) fn read(live: bool) -> Self {
        let directory = live.then(capture::Directory::open).and_then(Result::ok);
        let list = capture::interfaces().unwrap_or_default();
        let again = directory.is_some().then(|| Instant::now() + BELIEVED);
        let known = list.into_iter().map(|i| (i.index, (Some(i.name), again))).collect();
        Self { known: Mutex::new(known), directory: directory.map(Mutex::new) }
    }

    fn name(&self, index: u32) -> Option<String> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(directory) = &self.directory {
            let (name, again) = known.entry(index).or_insert((None, Some(Instant::now())));
            let now = Instant::now();
            if again.is_some_and(|again| now >= again) {
                if let Some(fresh) = directory.lock().unwrap_or_else(PoisonError::into_inner).name(index) {
                    *name = Some(fresh);
                }
                *again = Some(now + BELIEVED);
            }
        }
        known.get(&index)?.0.clone()
    }
}

impl print::Names for Interfaces {
    fn interface(&self, index: u32) -> Option<Cow<'_, str>> {
        self.name(index).map(Cow::Owned)
    }
}

/// The words of each line, without comments.
fn lines(text: &str) -> impl Iterator<Item = std::str::SplitAsciiWhitespace<'_>> {
    text.lines().map(|line| line.split('#').next().unwrap_or_default().split_ascii_whitespace())
}

/// The first name of each TCP and each UDP port in a services(5) file.
fn services(text: &str) -> (HashMap<u16, String>, HashMap<u16, String>) {
    let (mut tcp, mut udp) = (HashMap::new(), HashMap::new());
    for mut words in lines(text) {
        let (Some(name), Some(port)) = (words.next(), words.next()) else { continue };
        let Some((port, protocol)) = port.split_once('/') else { continue };
        let Ok(port) = port.parse::<u16>() else { continue };
        let table = match protocol {
            "tcp" => &mut tcp,
            "udp" => &mut udp,
            _ => continue,
        };
        table.entry(port).or_insert_with(|| name.to_owned());
    }
    (tcp, udp)
}

/// The first name of each address in a hosts(5) file.
fn hosts(text: &str) -> HashMap<IpAddr, String> {
    let mut table = HashMap::new();
    for mut words in lines(text) {
        if let (Some(Ok(address)), Some(name)) = (words.next().map(str::parse), words.next())
            && helper::is_host_name(name)
        {
            table.entry(address).or_insert_with(|| name.to_owned());
        }
    }
    table
}

/// The first name of each hardware address in an ethers(5) file.
fn ethers(text: &str) -> HashMap<[u8; 6], String> {
    let mut table = HashMap::new();
    for mut words in lines(text) {
        let (Some(address), Some(name)) = (words.next(), words.next()) else { continue };
        let octets: Vec<u8> =
            address.split([':', '-', '.']).map_while(|octet| u8::from_str_radix(octet, 16).ok()).collect();
        if let Ok(address) = <[u8; 6]>::try_from(octets) {
            table.entry(address).or_insert_with(|| name.to_owned());
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use print::Names as _;

    fn names() -> SystemNames {
        let files = Files {
            services:
                "http 80/tcp www\nhttp 80/udp\nodd 81/tcp # comment\nagain 80/tcp\nsctp 9/sctp\nbad x/tcp"
                    .into(),
            hosts: "127.0.0.1 localhost me\n::1 ip6-localhost\n10.0.0.1 evil\u{1b}[31m\n".into(),
            ethers: "00:16:3e:0:1:2 box\n0:1 short\n".into(),
        };
        let interfaces = Interfaces::default();
        interfaces
            .known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(3, (Some("eth3".into()), None));
        SystemNames::new(&files, interfaces, None, true)
    }

    #[test]
    fn files_give_the_first_name_of_each_number() {
        let names = names();
        assert_eq!(names.tcp_port(80).as_deref(), Some("http"));
        assert_eq!(names.udp_port(80).as_deref(), Some("http"));
        assert_eq!((names.tcp_port(81).as_deref(), names.udp_port(81)), (Some("odd"), None));
        assert_eq!(names.host("127.0.0.1".parse().unwrap()).as_deref(), Some("localhost"));
        assert_eq!(names.host("::1".parse().unwrap()).as_deref(), Some("ip6-localhost"));
        assert_eq!(names.mac(MacAddr([0, 0x16, 0x3e, 0, 1, 2])).as_deref(), Some("box"));
        assert_eq!(names.interface(3).as_deref(), Some("eth3"));
    }

    #[test]
    fn a_host_that_no_host_can_be_called_has_no_name() {
        assert_eq!(names().host("10.0.0.1".parse().unwrap()), None);
        assert_eq!(names().host("10.0.0.2".parse().unwrap()), None);
    }
}
