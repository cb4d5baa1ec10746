//! Names for what is printed: the system's files at once, the resolver through a helper process
//! and never for long.
use std::borrow::Cow;
use std::collections::HashMap;
use std::fs;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use synack::etc::EtcNames;
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
    files: EtcNames,
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

/// The names in the system's files, read once before files can no longer be opened.
pub(crate) fn of_files() -> EtcNames {
    EtcNames::new().services(&text("/etc/services")).hosts(&text("/etc/hosts")).ethers(&text("/etc/ethers"))
}

/// The text of a file; one that is missing holds no names.
pub(super) fn text(path: &str) -> String {
    fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}

impl SystemNames {
    /// Names out of `files`, of interfaces, and of a resolver if there is one. `live`: whether
    /// packets keep coming while a name is waited for.
    pub(crate) fn new(
        files: EtcNames,
        interfaces: Interfaces,
        resolver: Option<helper::Names>,
        live: bool,
    ) -> Self {
        Self {
            files,
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
        if let Some(name) = print::Names::host(&self.files, address) {
            return Some(name);
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
        self.files.tcp_port(port)
    }

    fn udp_port(&self, port: u16) -> Option<Cow<'_, str>> {
        self.files.udp_port(port)
    }

    fn mac(&self, mac: MacAddr) -> Option<Cow<'_, str>> {
        self.files.mac(mac)
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
        if let Some(name) = capture::LogCapture::name_of(index) {
            return Some(name);
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use print::Names as _;

    #[test]
    fn names_come_from_files_and_interfaces() {
        let interfaces = Interfaces::default();
        interfaces
            .known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(3, (Some("eth3".into()), None));
        let files = EtcNames::new()
            .services("http 80/tcp\nntp 123/udp\n")
            .hosts("::1 ip6-localhost\n")
            .ethers("00:16:3e:0:1:2 box\n");
        let names = SystemNames::new(files, interfaces, None, true);
        assert_eq!(names.tcp_port(80).as_deref(), Some("http"));
        assert_eq!(names.udp_port(123).as_deref(), Some("ntp"));
        assert_eq!(names.host("::1".parse().unwrap()).as_deref(), Some("ip6-localhost"));
        assert_eq!(names.host("::2".parse().unwrap()), None);
        assert_eq!(names.mac(MacAddr([0, 0x16, 0x3e, 0, 1, 2])).as_deref(), Some("box"));
        assert_eq!(names.interface(3).as_deref(), Some("eth3"));
    }
}
