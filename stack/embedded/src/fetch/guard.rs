//! Which addresses may be dialled. A server that fetches for others must not be a way into its own network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::Rules;

/// How far an address reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reach {
    /// Anyone's.
    Public,
    /// This machine's or its network's: only where a rule names the host.
    Internal,
    /// Link-local, where clouds keep their metadata: only where a rule names the address itself.
    Link,
}

/// How far `address` reaches.
pub(super) fn reach(address: IpAddr) -> Reach {
    match address {
        IpAddr::V4(address) => reach_v4(address),
        IpAddr::V6(address) => reach_v6(address),
    }
}

fn reach_v4(address: Ipv4Addr) -> Reach {
    let [first, second, third, _] = address.octets();
    let internal = address.is_private()
        || address.is_loopback()
        || address.is_unspecified()
        || address.is_broadcast()
        || address.is_documentation()
        || address.is_multicast()
        || first == 0
        || first >= 240
        || (first == 100 && (64..128).contains(&second))
        || (first == 192 && second == 0 && third == 0)
        || (first == 198 && (18..20).contains(&second));
    // 100.100.100.200 serves metadata at one provider.
    if address.is_link_local() || address.octets() == [100, 100, 100, 200] {
        Reach::Link
    } else if internal {
        Reach::Internal
    } else {
        Reach::Public
    }
}

fn reach_v6(address: Ipv6Addr) -> Reach {
    if let Some(inner) = embedded_v4(address) {
        return reach_v4(inner);
    }
    let segments = address.segments();
    let metadata = segments[0] == 0xfd00 && segments[1] == 0xec2;
    if metadata || (segments[0] & 0xffc0) == 0xfe80 {
        return Reach::Link;
    }
    // 2000::/3 is all that is given out; within it 2001:db8::/32 is for documentation.
    let public = (segments[0] & 0xe000) == 0x2000 && !(segments[0] == 0x2001 && segments[1] == 0xdb8);
    if public { Reach::Public } else { Reach::Internal }
}

/// The IPv4 address that an IPv6 address stands for: mapped, compatible, 6to4 or NAT64.
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let segments = address.segments();
    let join = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match segments {
        [0x2002, high, low, ..] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0, 0, 0, 0, 0, 0xffff, high, low] => Some(join(high, low)),
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => Some(join(high, low)),
        _ => None,
    }
}

/// Whether `address`, to which `host` leads, may be dialled.
pub(super) fn may_dial(rules: &Rules, host: &str, address: IpAddr) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let named = rules.name_host(host) || rules.name_host(&format!("[{host}]"));
    match reach(address) {
        Reach::Public => true,
        Reach::Internal => named,
        Reach::Link => named && host.parse::<IpAddr>().is_ok(),
    }
}

/// Resolves names and leaves out what may not be dialled, at the moment of dialling.
pub(super) struct GuardedResolver(pub(super) Rules);

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let rules = self.0.clone();
        Box::pin(async move {
            let host = name.as_str().to_owned();
            let found: Vec<SocketAddr> = tokio::net::lookup_host((host.as_str(), 0)).await?.collect();
            let allowed: Vec<SocketAddr> = found.into_iter().filter(|address| may_dial(&rules, &host, address.ip())).collect();
            if allowed.is_empty() {
                return Err(Forbidden(host).into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// A name leads only to addresses that may not be dialled.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` leads to an address that is not public")]
pub(super) struct Forbidden(pub(super) String);

#[cfg(test)]
mod tests {
    use super::{Reach, may_dial, reach};
    use crate::fetch::Rules;

    #[test]
    fn addresses_are_told_apart_by_reach() {
        let cases = [
            ("8.8.8.8", Reach::Public),
            ("2606:4700::1111", Reach::Public),
            ("127.0.0.1", Reach::Internal),
            ("127.9.9.9", Reach::Internal),
            ("0.0.0.0", Reach::Internal),
            ("10.0.0.1", Reach::Internal),
            ("172.16.0.1", Reach::Internal),
            ("172.32.0.1", Reach::Public),
            ("192.168.1.1", Reach::Internal),
            ("100.64.0.1", Reach::Internal),
            ("100.128.0.1", Reach::Public),
            ("198.18.0.1", Reach::Internal),
            ("224.0.0.1", Reach::Internal),
            ("255.255.255.255", Reach::Internal),
            ("169.254.169.254", Reach::Link),
            ("100.100.100.200", Reach::Link),
            ("::1", Reach::Internal),
            ("::", Reach::Internal),
            ("fc00::1", Reach::Internal),
            ("fd00:ec2::254", Reach::Link),
            ("fe80::1", Reach::Link),
            ("2001:db8::1", Reach::Internal),
            ("::ffff:127.0.0.1", Reach::Internal),
            ("::ffff:169.254.169.254", Reach::Link),
            ("64:ff9b::a9fe:a9fe", Reach::Link),
            ("2002:7f00:1::", Reach::Internal),
            ("::ffff:8.8.8.8", Reach::Public),
        ];
        for (address, expected) in cases {
            assert_eq!(reach(address.parse().unwrap()), expected, "{address}");
        }
    }

    #[test]
    fn only_a_rule_that_names_the_host_opens_what_is_internal() {
        let rules =
            Rules::new(&["http://intranet/".into(), "https://*.example.org/".into(), "http://169.254.1.1/".into(), "http://[::1]/".into()])
                .unwrap();
        let cases = [
            ("intranet", "10.0.0.1", true),
            ("intranet", "169.254.169.254", false),
            ("a.example.org", "10.0.0.1", false),
            ("a.example.org", "8.8.8.8", true),
            ("169.254.1.1", "169.254.1.1", true),
            ("[::1]", "::1", true),
        ];
        for (host, address, expected) in cases {
            assert_eq!(may_dial(&rules, host, address.parse().unwrap()), expected, "{host} {address}");
        }
    }
}
