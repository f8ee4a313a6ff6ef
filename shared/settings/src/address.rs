//! Which addresses are this machine's own. What is sent there crosses no network.

use url::{Host, Url};

/// Whether an address names this machine.
#[expect(clippy::disallowed_methods, reason = "this is the function that the lint recommends")]
pub fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_a_name_and_addresses() {
        let is_ours = |url: &str| is_this_machine(&Url::parse(url).unwrap());

        for ours in ["http://localhost:9200/a", "http://127.0.0.1", "http://127.1.2.3:1", "http://[::1]:80"] {
            assert!(is_ours(ours), "{ours}");
        }
        for other in ["http://10.0.0.1", "http://localhost.evil.example", "http://[::2]", "data:localhost"] {
            assert!(!is_ours(other), "{other}");
        }
    }
}
