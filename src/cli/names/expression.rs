//! Names in filter expressions, looked up with a time limit before anything is opened.
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use synack::etc::EtcNames;
use synack::filter::{Resolver, Service};

use super::printed::text;

/// How long a host name in an expression may take.
const LIMIT: Duration = Duration::from_secs(10);

/// The system's names: files read when first needed, hosts by the resolver.
#[derive(Default)]
pub(crate) struct SystemResolver {
    files: OnceCell<EtcNames>,
    /// Hosts looked up before: a filter is compiled again for each link type, and then nothing
    /// can be looked up any more.
    hosts: RefCell<HashMap<String, Vec<IpAddr>>>,
}

impl SystemResolver {
    fn files(&self) -> &EtcNames {
        self.files.get_or_init(|| {
            EtcNames::new()
                .services(&text("/etc/services"))
                .protocols(&text("/etc/protocols"))
                .networks(&text("/etc/networks"))
                .ethers(&text("/etc/ethers"))
        })
    }
}

impl Resolver for SystemResolver {
    fn host(&self, name: &str) -> Vec<IpAddr> {
        if let Some(known) = self.hosts.borrow().get(name) {
            return known.clone();
        }
        let (sender, receiver) = mpsc::channel();
        let key = name.to_owned();
        let name = name.to_owned();
        // A resolver that never answers keeps this thread, not the program.
        thread::spawn(move || sender.send(dns_lookup::lookup_host(&name).map(Iterator::collect)));
        let addresses = match receiver.recv_timeout(LIMIT) {
            Ok(Ok(addresses)) => without_repeats(addresses),
            Ok(Err(_)) | Err(_) => Vec::new(),
        };
        self.hosts.borrow_mut().insert(key, addresses.clone());
        addresses
    }

    fn service(&self, name: &str) -> Service {
        self.files().service(name)
    }

    fn protocol(&self, name: &str) -> Option<u32> {
        self.files().protocol(name)
    }

    fn network(&self, name: &str) -> Option<Ipv4Addr> {
        self.files().network(name)
    }

    fn ether(&self, name: &str) -> Option<[u8; 6]> {
        self.files().ether(name)
    }
}

/// The resolver gives each address once for each socket type.
fn without_repeats(addresses: Vec<IpAddr>) -> Vec<IpAddr> {
    let mut once = Vec::with_capacity(addresses.len());
    for address in addresses {
        if !once.contains(&address) {
            once.push(address);
        }
    }
    once
}
