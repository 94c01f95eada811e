use super::*;

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn only_public_unicast_addresses_are_public() {
    for public in [
        "1.1.1.1",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "169.253.255.255",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.0",
        "192.167.255.255",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "2001:4860:4860::8888",
        "2606:4700:4700::1111",
        "2a00:1450:4001::1",
        "::ffff:8.8.8.8",
        "64:ff9b::8.8.8.8",
    ] {
        assert!(is_public(address(public)), "{public}");
    }
    for inner in [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.1",
        "192.168.255.255",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::8.8.8.8",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "::ffff:0:127.0.0.1",
        "64:ff9b::127.0.0.1",
        "64:ff9b::a00:1",
        "64:ff9b:1::8.8.8.8",
        "100::1",
        "1fff:ffff::1",
        "2001::1",
        "2001:1ff:ffff::1",
        "2001:db8::1",
        "2002:7f00:1::1",
        "2002:808:808::1",
        "3fff::1",
        "4000::1",
        "5f00::1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
    ] {
        assert!(!is_public(address(inner)), "{inner}");
    }
}

#[test]
fn a_url_that_two_readers_could_understand_differently_is_refused() {
    for (url, why) in [
        ("", Refused::NotAUrl),
        ("example.org", Refused::NotAUrl),
        ("ftp://example.org", Refused::NotAUrl),
        ("file:///etc/passwd", Refused::NotAUrl),
        ("gopher://example.org/", Refused::NotAUrl),
        ("http:/example.org", Refused::NotAUrl),
        ("http://", Refused::NotAUrl),
        ("http:///path", Refused::NotAUrl),
        ("http://example.org\\@127.0.0.1/", Refused::NotAUrl),
        ("http://example.org\r\nHost: inner/", Refused::NotAUrl),
        ("http://example .org/", Refused::NotAUrl),
        ("http://exämple.org/", Refused::NotAUrl),
        ("http://①②⑦.0.0.1/", Refused::NotAUrl),
        ("http://example..org/", Refused::NotAUrl),
        ("http://localhost/", Refused::NotAUrl),
        ("http://intranet:8080/", Refused::NotAUrl),
        ("http://%31%32%37.0.0.1/", Refused::NotAUrl),
        ("http://2130706433/", Refused::NotAUrl),
        ("http://0x7f000001/", Refused::NotAUrl),
        ("http://0x7f.1/", Refused::NotAUrl),
        ("http://127.1/", Refused::NotAUrl),
        ("http://0177.0.0.1/", Refused::NotAUrl),
        ("http://1.1.1.1.1/", Refused::NotAUrl),
        ("http://example.0x7f/", Refused::NotAUrl),
        ("http://[::1/", Refused::NotAUrl),
        ("http://[::1]x/", Refused::NotAUrl),
        ("http://[fe80::1%25eth0]/", Refused::NotAUrl),
        ("http://example.org:/", Refused::NotAUrl),
        ("http://example.org:0/", Refused::NotAUrl),
        ("http://example.org:65536/", Refused::NotAUrl),
        ("http://example.org:+80/", Refused::NotAUrl),
        ("http://example.org:80:80/", Refused::NotAUrl),
        ("http://user@example.org/", Refused::Credentials),
        ("http://user:word@example.org/", Refused::Credentials),
        ("http://example.org#@127.0.0.1:25/@", Refused::NotAUrl),
        ("http://example.org:22/", Refused::Port),
        ("https://example.org:25/", Refused::Port),
    ] {
        let parsed = Target::parse(url);
        if url.contains("#@") {
            // The part behind `#` is never sent, and never a host.
            assert_eq!(parsed.unwrap().host(), &Host::Name("example.org".to_owned()));
        } else {
            assert_eq!(parsed, Err(why), "{url:?}");
        }
    }
    let long = format!("http://example.org/{}", "a".repeat(LONGEST));
    assert_eq!(Target::parse(&long), Err(Refused::NotAUrl));
}

#[test]
fn a_plain_url_is_read_as_it_stands() {
    for (url, authority, path) in [
        ("http://Example.ORG", "example.org", "/"),
        ("https://example.org./a?b=c#d", "example.org", "/a?b=c"),
        ("https://example.org?q", "example.org", "/?q"),
        ("https://example.org:443/", "example.org", "/"),
        ("http://example.org:443/", "example.org:443", "/"),
        ("http://example.org:8080/a@b", "example.org:8080", "/a@b"),
        ("http://192.0.2.1/", "192.0.2.1", "/"),
        ("http://[2001:DB8::1]:8080/", "[2001:db8::1]:8080", "/"),
    ] {
        let target = Target::parse(url).unwrap();
        assert_eq!((target.authority().as_str(), target.path()), (authority, path), "{url}");
        assert_eq!(target.is_https(), url.starts_with("https:"));
    }
}

#[test]
fn what_a_name_leads_to_is_admitted_whole_or_not_at_all() {
    let target = Target::parse("https://video.example:8443/a").unwrap();
    let public = [address("1.1.1.1"), address("2606:4700:4700::1111")];
    let admitted = target.admit(public).unwrap();
    assert_eq!(admitted, public.map(|address| SocketAddr::new(address, 8443)));
    for inner in ["127.0.0.1", "::1", "::ffff:192.168.0.1", "169.254.169.254"] {
        assert_eq!(target.admit([public[0], address(inner)]), Err(Refused::Inner), "{inner}");
    }
    assert_eq!(target.admit([]), Err(Refused::Nowhere));
    // An address in the URL needs no name server, and none can speak for it.
    let literal = Target::parse("http://127.0.0.1/").unwrap();
    assert_eq!(literal.admit([public[0]]), Err(Refused::Inner));
    let mapped = Target::parse("http://[::ffff:10.0.0.1]/").unwrap();
    assert_eq!(mapped.admit([]), Err(Refused::Inner));
}

#[test]
fn a_redirect_is_looked_at_like_the_first_address() {
    let from = Target::parse("https://video.example/films/list?page=2").unwrap();
    for (location, authority, path) in [
        ("/x", "video.example", "/x"),
        ("next?a=http://b", "video.example", "/films/next?a=http://b"),
        ("//cdn.example/x", "cdn.example", "/x"),
        ("https://cdn.example:8443/x#y", "cdn.example:8443", "/x"),
    ] {
        let to = from.redirected(location).unwrap();
        assert_eq!((to.authority().as_str(), to.path()), (authority, path), "{location}");
    }
    for (location, why) in [
        ("http://video.example/x", Refused::Downgrade),
        ("file:///etc/passwd", Refused::NotAUrl),
        ("javascript:alert(1)", Refused::NotAUrl),
        ("//localhost/", Refused::NotAUrl),
        ("/\\127.0.0.1/", Refused::NotAUrl),
        ("https://a@127.0.0.1/", Refused::Credentials),
        ("https://cdn.example:6/", Refused::Port),
    ] {
        assert_eq!(from.redirected(location), Err(why), "{location}");
    }
    let inner = from.redirected("https://127.0.0.1/").unwrap();
    assert_eq!(inner.admit([]), Err(Refused::Inner), "public first, then inner");
    let mut target = from;
    for _ in 0..MOST_HOPS {
        target = target.redirected("/again").unwrap();
    }
    assert_eq!(target.redirected("/again"), Err(Refused::Endless));
}
