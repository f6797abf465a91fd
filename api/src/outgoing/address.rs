//! Which addresses the server may connect to: those of the public internet, and what its operators allow besides.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use url::{Host, Url};

/// IPv4 addresses that are not on the public internet (IANA's special-purpose registry, RFC 6890), and its multicast
/// (RFC 5771).
const CLOSED_V4: [Ipv4Net; 17] = [
    v4([0, 0, 0, 0], 8),
    v4([10, 0, 0, 0], 8),
    v4([100, 64, 0, 0], 10),
    v4([127, 0, 0, 0], 8),
    // Public by its number, but what answers is the host of a virtual machine on Azure.
    v4([168, 63, 129, 16], 32),
    v4([169, 254, 0, 0], 16),
    v4([172, 16, 0, 0], 12),
    v4([192, 0, 0, 0], 24),
    v4([192, 0, 2, 0], 24),
    v4([192, 31, 196, 0], 24),
    v4([192, 88, 99, 0], 24),
    v4([192, 168, 0, 0], 16),
    v4([198, 18, 0, 0], 15),
    v4([198, 51, 100, 0], 24),
    v4([203, 0, 113, 0], 24),
    v4([224, 0, 0, 0], 4),
    v4([240, 0, 0, 0], 4),
];

/// The only IPv6 addresses that IANA gives out for the public internet (RFC 4291, 2.4). Loopback, link-local, unique
/// local, multicast, IPv4-mapped and NAT64 (`64:ff9b::/96`, `64:ff9b:1::/48`) are outside.
const OPEN_V6: Ipv6Net = v6([0x2000, 0, 0], 3);

/// What of these is not public, or holds an IPv4 address that a router would go on to: protocol assignments with Teredo
/// and ORCHID, documentation, 6to4.
const CLOSED_V6: [Ipv6Net; 4] = [
    v6([0x2001, 0, 0], 23),
    v6([0x2001, 0xdb8, 0], 32),
    v6([0x2002, 0, 0], 16),
    v6([0x3fff, 0, 0], 20),
];

const fn v4([a, b, c, d]: [u8; 4], length: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), length)
}

const fn v6([a, b, c]: [u16; 3], length: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0), length)
}

/// Tells where the server may connect to.
#[derive(Clone, Debug, Default)]
pub struct AddressFilter {
    allowed: Vec<IpNet>,
    is_inside_only: bool,
}

impl AddressFilter {
    /// Public addresses, and those in `allowed`. A block of IPv4 addresses says nothing of IPv6 addresses that hold one
    /// of them.
    pub fn new(allowed: &[IpNet]) -> Self {
        Self {
            allowed: allowed.to_vec(),
            is_inside_only: false,
        }
    }

    /// Those in `allowed` and no public ones: for what must not be read on its way.
    pub fn inside(allowed: &[IpNet]) -> Self {
        Self {
            allowed: allowed.to_vec(),
            is_inside_only: true,
        }
    }

    /// Whether an address that a URL spells out is permitted; a name is looked at when it is connected to.
    pub fn permits_literal(&self, url: &Url) -> bool {
        address_in(url).is_none_or(|address| self.permits(address))
    }

    pub fn permits(&self, address: IpAddr) -> bool {
        !self.is_inside_only && is_public(address)
            || self.allowed.iter().any(|block| block.contains(&address))
    }
}

fn address_in(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Ipv4(address) => Some(address.into()),
        Host::Ipv6(address) => Some(address.into()),
        Host::Domain(_) => None,
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !CLOSED_V4.iter().any(|block| block.contains(&address)),
        IpAddr::V6(address) => {
            OPEN_V6.contains(&address) && !CLOSED_V6.iter().any(|block| block.contains(&address))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ways to write an address inside, as they are found in reports of such attacks: each must be refused.
    const HOSTILE: [&str; 58] = [
        // Loopback, in every spelling that URLs know.
        "http://127.0.0.1/",
        "http://127.1/",
        "http://127.0.1/",
        "http://127.255.255.254/",
        "http://2130706433/",
        "http://017700000001/",
        "http://0x7f000001/",
        "http://0x7f.0.0.1/",
        "http://0177.0.0.1/",
        "http://127.0.0.1./",
        "http://①②⑦.⓪.⓪.①/",
        "http://127。0。0。1/",
        "http://%31%32%37.0.0.1/",
        "http://[::1]/",
        "http://[0:0:0:0:0:0:0:1]/",
        "http://[0000::0001]/",
        "http://user@127.0.0.1/",
        "http://example.org@127.0.0.1/",
        "http://127.0.0.1#@example.org/",
        "http://127.0.0.1:80\\@example.org/",
        // This host and network.
        "http://0/",
        "http://0.0.0.0/",
        "http://0.1.2.3/",
        "http://[::]/",
        // Private networks, shared address space.
        "http://10.0.0.1/",
        "http://10.255.255.255/",
        "http://172.16.0.1/",
        "http://172.31.255.255/",
        "http://192.168.0.1/",
        "http://100.64.0.1/",
        "http://100.127.255.255/",
        "http://[fc00::1]/",
        "http://[fd12:3456:789a::1]/",
        "http://[fec0::1]/",
        // Link-local: the metadata of clouds.
        "http://169.254.169.254/latest/meta-data/",
        "http://2852039166/",
        "http://0xa9fea9fe/",
        "http://0251.0376.0251.0376/",
        "http://[fe80::1]/",
        "http://[fd00:ec2::254]/",
        // IPv4 inside of IPv6: mapped, compatible, translated, NAT64, 6to4, Teredo.
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "http://[::ffff:169.254.169.254]/",
        "http://[::ffff:8.8.8.8]/",
        "http://[::127.0.0.1]/",
        "http://[::ffff:0:127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[64:ff9b::169.254.169.254]/",
        "http://[64:ff9b:1::10.0.0.1]/",
        "http://[2002:7f00:1::]/",
        "http://[2002:a9fe:a9fe::1]/",
        "http://[2001:0:4136:e378:8000:63bf:80ff:fffe]/",
        // Multicast, broadcast, reserved, documentation, benchmarks.
        "http://224.0.0.1/",
        "http://[ff02::1]/",
        "http://255.255.255.255/",
        "http://198.18.0.1/",
        "http://[2001:db8::1]/",
        "http://[100::1]/",
    ];

    fn address_of(url: &str) -> IpAddr {
        match Url::parse(url).unwrap().host().unwrap() {
            Host::Ipv4(address) => address.into(),
            Host::Ipv6(address) => address.into(),
            Host::Domain(name) => panic!("{url} names {name}, and no address"),
        }
    }

    #[test]
    fn no_spelling_of_an_address_inside_is_permitted() {
        let filter = AddressFilter::default();
        for url in HOSTILE {
            assert!(!filter.permits(address_of(url)), "{url}");
        }
    }

    #[test]
    fn public_addresses_are_permitted_up_to_the_edge_of_what_is_not() {
        let filter = AddressFilter::default();
        for address in [
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2001:4860:4860::8888",
            "2606:4700:4700::1111",
            "2a00:1450:4007::200e",
        ] {
            assert!(filter.permits(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn operators_allow_blocks_and_nothing_beside_them() {
        let allowed = ["10.1.0.0/16", "fd00:1::/32"].map(|block| block.parse().unwrap());
        let filter = AddressFilter::new(&allowed);
        for (address, is_permitted) in [
            ("10.1.2.3", true),
            ("10.2.0.1", false),
            ("fd00:1::5", true),
            ("fd00:2::5", false),
            ("::ffff:10.1.2.3", false),
            ("64:ff9b::a01:203", false),
            ("2002:a01:203::", false),
            ("127.0.0.1", false),
        ] {
            let address: IpAddr = address.parse().unwrap();
            assert_eq!(filter.permits(address), is_permitted, "{address}");
        }
        let inside = AddressFilter::inside(&allowed);
        assert!(inside.permits("10.1.2.3".parse().unwrap()));
        assert!(!inside.permits("8.8.8.8".parse().unwrap()));
    }
}
