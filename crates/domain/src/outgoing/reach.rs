use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether an address is a public unicast one: none of a private network, of this machine, of a group, or of a special purpose
/// (the IANA registries of RFC 6890 as of 2026). An IPv6 address that carries an IPv4 one is what that one is.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// First address and length of prefix.
const INNER_V4: &[([u8; 4], u32)] = &[
    ([0, 0, 0, 0], 8),       // this network
    ([10, 0, 0, 0], 8),      // private
    ([100, 64, 0, 0], 10),   // behind a carrier's NAT
    ([127, 0, 0, 0], 8),     // loopback
    ([169, 254, 0, 0], 16),  // link-local: the metadata of clouds
    ([172, 16, 0, 0], 12),   // private
    ([192, 0, 0, 0], 24),    // protocol assignments
    ([192, 0, 2, 0], 24),    // documentation
    ([192, 31, 196, 0], 24), // AS112
    ([192, 52, 193, 0], 24), // AMT
    ([192, 88, 99, 0], 24),  // 6to4 relays
    ([192, 168, 0, 0], 16),  // private
    ([192, 175, 48, 0], 24), // AS112
    ([198, 18, 0, 0], 15),   // benchmarks
    ([198, 51, 100, 0], 24), // documentation
    ([203, 0, 113, 0], 24),  // documentation
    ([224, 0, 0, 0], 3),     // groups, reserved, broadcast
];

/// Inside 2000::/3, outside of which nothing is a global unicast address.
const INNER_V6: &[([u16; 8], u32)] = &[
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 23),         // protocol assignments, Teredo
    ([0x2001, 0x0db8, 0, 0, 0, 0, 0, 0], 32),    // documentation
    ([0x2002, 0, 0, 0, 0, 0, 0, 0], 16),         // 6to4: an IPv4 address that we would reach through somebody
    ([0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0], 48), // AS112
    ([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20),         // documentation
];

fn is_public_v4(address: Ipv4Addr) -> bool {
    let bits = u32::from(address);
    !INNER_V4.iter().any(|(first, length)| {
        let ignored = 32_u32.saturating_sub(*length);
        bits.checked_shr(ignored) == u32::from(Ipv4Addr::from(*first)).checked_shr(ignored)
    })
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(mapped) = address.to_ipv4_mapped() {
        return is_public_v4(mapped);
    }
    let bits = u128::from(address);
    // NAT64 (RFC 6052 §2.1): the name servers of networks without IPv4 answer so for IPv4 hosts.
    const NAT64: u128 = 0x0064_ff9b << 96;
    if bits >> 32 == NAT64 >> 32 {
        let low = u32::try_from(bits & u128::from(u32::MAX)).unwrap_or(0);
        return is_public_v4(Ipv4Addr::from(low));
    }
    let starts_with = |first: [u16; 8], length: u32| {
        let ignored = 128_u32.saturating_sub(length);
        bits.checked_shr(ignored) == u128::from(Ipv6Addr::from(first)).checked_shr(ignored)
    };
    starts_with([0x2000, 0, 0, 0, 0, 0, 0, 0], 3)
        && !INNER_V6.iter().any(|(first, length)| starts_with(*first, *length))
}
