use crate::VITASCOPE;
use reqwest::{StatusCode, Version};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::Value;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use testkit::tls::{Authority, Line, http};
use testkit::{Client, Options, Server, UploadOptions, eventually};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

pub(crate) struct Place {
    pub(crate) authority: Authority,
    folder: tempfile::TempDir,
    pub(crate) server: Server,
    pub(crate) address: SocketAddr,
}

/// A server with a certificate of our own authority.
pub(crate) fn place(more: &[(&str, &str)]) -> Place {
    let (authority, folder) = (Authority::default(), tempfile::tempdir().unwrap());
    let (certificate, key) = authority.issue_into(folder.path());
    let mut options = Options::default()
        .env("VITASCOPE_TLS_CERT", certificate.to_str().unwrap())
        .env("VITASCOPE_TLS_KEY", key.to_str().unwrap());
    for (name, value) in more {
        options = options.env(name, value);
    }
    let server = Server::start(VITASCOPE, options);
    let address = server.base.strip_prefix("https://").expect("https").parse().unwrap();
    Place { authority, folder, server, address }
}

#[tokio::test]
async fn https_speaks_both_versions_and_keeps_cookies_to_itself() {
    let place = place(&[]);
    let url = format!("{}/api/instance", place.server.base);
    for (version, client) in [
        (Version::HTTP_2, http(place.authority.roots(), &["h2", "http/1.1"])),
        (Version::HTTP_11, http(place.authority.roots(), &["http/1.1"])),
    ] {
        let response = client.build().unwrap().get(&url).send().await.unwrap();
        assert_eq!((response.version(), response.status()), (version, StatusCode::OK));
        assert_eq!(response.headers()["strict-transport-security"], "max-age=31536000");
        assert_eq!(response.json::<Value>().await.unwrap()["secure"], true);
    }
    let stranger = http(RootCertStore::empty(), &["h2"]).build().unwrap();
    assert!(stranger.get(&url).send().await.is_err(), "only who knows the authority believes it");

    let ada = Client::trusting(&place.server.base, place.authority.roots()).registered("ada").await;
    let cookie = ada.cookie.clone().unwrap();
    assert!(cookie.starts_with("__Host-"), "{cookie}");
    let id = ada.upload(&[7; 100_000], &UploadOptions::default()).await;
    assert_eq!(ada.video(&id).await["id"], id.as_str());
}

#[tokio::test]
async fn a_replaced_certificate_is_shown_without_ending_connections() {
    let place = place(&[]);
    let open = async || Line::open(place.address, "localhost", place.authority.roots()).await.unwrap();
    let mut early = open().await;
    early.ask().await.unwrap();
    let (certificate, key) = place.authority.issue();
    // As a tool does that writes one file after the other: between them nothing breaks.
    std::fs::write(place.folder.path().join("cert.pem"), certificate).unwrap();
    eventually("the half is refused", Duration::from_secs(20), async || {
        place.server.log().contains("does not belong to the certificate").then_some(())
    })
    .await;
    assert_eq!(open().await.certificate(), early.certificate());
    std::fs::write(place.folder.path().join("key.pem"), key).unwrap();
    let mut late = eventually("the new certificate", Duration::from_secs(20), async || {
        let line = open().await;
        (line.certificate() != early.certificate()).then_some(line)
    })
    .await;
    assert!(early.ask().await.is_ok() && late.ask().await.is_ok());
}

#[tokio::test]
async fn plain_http_is_sent_to_https() {
    let place = place(&[("VITASCOPE_HTTP_LISTEN", "127.0.0.1:0")]);
    let line =
        place.server.printed.iter().find_map(|line| line.strip_prefix("Plain http is redirected from "));
    let plain = Client::anonymous(line.unwrap());
    let response = plain.get("/w/x?t=5").await;
    assert_eq!(response.status(), StatusCode::PERMANENT_REDIRECT);
    let target = response.headers()["location"].to_str().unwrap();
    assert_eq!(target, format!("https://127.0.0.1:{}/w/x?t=5", place.address.port()));
}

#[tokio::test]
async fn a_thousand_silent_handshakes_stop_nobody_and_are_ended() {
    let place = place(&[]);
    let mut silent = Vec::new();
    for _ in 0..1000 {
        silent.push(TcpStream::connect(place.address).await.unwrap());
    }
    let asked = async { Line::open(place.address, "localhost", place.authority.roots()).await?.ask().await };
    tokio::time::timeout(Duration::from_secs(5), asked).await.expect("served beside them").unwrap();
    let ended = async {
        for stream in &mut silent {
            assert!(matches!(stream.read(&mut [0; 1]).await, Ok(0) | Err(_)));
        }
    };
    tokio::time::timeout(Duration::from_secs(25), ended).await.expect("the server ends them");
}

#[test]
fn files_that_cannot_be_used_are_told_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = Authority::default().issue_into(folder.path());
    let other = folder.path().join("other.pem");
    std::fs::write(&other, Authority::default().issue().1).unwrap();
    let empty = folder.path().join("empty.pem");
    std::fs::write(&empty, "").unwrap();
    let missing = folder.path().join("missing.pem");
    let check = |arguments: &[(&str, &Path)], expected: &str| {
        let mut command = Command::new(VITASCOPE);
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(folder.path().join("data"));
        for (flag, value) in arguments {
            command.arg(flag).arg(value);
        }
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains(expected), "wanted {expected:?}: {said}");
    };
    check(&[("--tls-cert", &certificate), ("--tls-key", &missing)], "cannot read the private key");
    check(&[("--tls-cert", &empty), ("--tls-key", &key)], "holds no certificate");
    check(&[("--tls-cert", &certificate), ("--tls-key", &empty)], "holds no private key");
    check(&[("--tls-cert", &certificate), ("--tls-key", &other)], "does not belong to the certificate");
    check(&[("--http-listen", Path::new("127.0.0.1:0"))], "http_listen redirects to https");
    check(&[("--domain", Path::new("https://v.example"))], "domain must be a name");
}

/// A child that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _status = self.0.wait();
    }
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Pebble, the ACME authority that Let's Encrypt tests with, and a server that gets its certificate from it.
struct Domain {
    server: Server,
    address: SocketAddr,
    /// Pebble makes a new root with every start and tells it to who asks.
    roots: RootCertStore,
    _children: [Running; 2],
    _folder: tempfile::TempDir,
}

const NAME: &str = "video.example";

impl Domain {
    /// Certificates live for `life` seconds.
    async fn start(life: u32) -> Self {
        let (authority, folder) = (Authority::default(), tempfile::tempdir().unwrap());
        let port = free_port();
        let ([directory, management, steering], children) = pebble(folder.path(), &authority, port, life);
        for port in [directory, steering] {
            eventually("pebble answers", Duration::from_secs(20), async || {
                TcpStream::connect(("127.0.0.1", port)).await.ok()
            })
            .await;
        }
        let root = folder.path().join("root.pem");
        std::fs::write(&root, authority.pem()).unwrap();
        let mut options = Options::default()
            .env("VITASCOPE_DOMAIN", NAME)
            .env("VITASCOPE_HTTP_LISTEN", "127.0.0.1:0")
            .env("VITASCOPE_ACME_DIRECTORY", &format!("https://127.0.0.1:{directory}/dir"))
            .env("VITASCOPE_ACME_CONTACT", "ada@video.example")
            .env("SSL_CERT_FILE", root.to_str().unwrap());
        options.listen = Some(format!("127.0.0.1:{port}"));
        let server = Server::start(VITASCOPE, options);
        let asking = http(authority.roots(), &["http/1.1"]).build().unwrap();
        let root = asking.get(format!("https://127.0.0.1:{management}/roots/0")).send().await.unwrap();
        let root = CertificateDer::from_pem_slice(&root.bytes().await.unwrap()).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(root).unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let domain = Self { server, address, roots, _children: children, _folder: folder };
        eventually("a certificate", Duration::from_secs(60), async || (domain.issued() > 0).then_some(()))
            .await;
        domain
    }

    /// Certificates that the server got so far.
    fn issued(&self) -> usize {
        self.server.log().matches("new certificate for video.example").count()
    }

    /// A connection of a client that knows what time it is and believes only this authority.
    async fn open(&self) -> Line {
        Line::open(self.address, NAME, self.roots.clone()).await.unwrap()
    }
}

/// Pebble, and a name server that answers 127.0.0.1 to everything.
fn pebble(folder: &Path, authority: &Authority, tls_port: u16, life: u32) -> ([u16; 3], [Running; 2]) {
    let (certificate, key) = authority.issue_into(folder);
    let [directory, management, dns, steering] = [(); 4].map(|()| free_port());
    let config = serde_json::json!({"pebble": {
        "listenAddress": format!("127.0.0.1:{directory}"), "managementListenAddress": format!("127.0.0.1:{management}"),
        "certificate": certificate, "privateKey": key, "httpPort": 1, "tlsPort": tls_port,
        "certificateValidityPeriod": life,
    }});
    let path = folder.join("pebble.json");
    std::fs::write(&path, config.to_string()).unwrap();
    let quiet = |command: &mut Command| {
        Running(
            command
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("Debian's package pebble is installed"),
        )
    };
    let names = quiet(
        Command::new("pebble-challtestsrv")
            .args(["-defaultIPv6", "", "-http01", "", "-https01", "", "-tlsalpn01", ""])
            .args(["-dns01", &format!("127.0.0.1:{dns}"), "-management", &format!("127.0.0.1:{steering}")]),
    );
    let pebble = quiet(
        Command::new("pebble")
            .args(["-dnsserver", &format!("127.0.0.1:{dns}"), "-config"])
            .arg(path)
            .env("PEBBLE_VA_NOSLEEP", "1")
            .env("PEBBLE_WFE_NONCEREJECT", "5")
            // The name is proven anew for every certificate, as after weeks.
            .env("PEBBLE_AUTHZREUSE", "0"),
    );
    ([directory, management, steering], [names, pebble])
}

#[tokio::test]
async fn a_domain_gets_its_certificate_from_an_acme_authority() {
    let mut domain = Domain::start(90 * 86_400).await;
    let mut line = domain.open().await;
    line.ask().await.unwrap();

    // The next start shows the kept certificate at once, without asking again.
    domain.server.crash_and_restart();
    assert_eq!(domain.open().await.certificate(), line.certificate());
    assert_eq!(domain.issued(), 1);
}

#[tokio::test]
async fn a_certificate_is_renewed_before_it_ends_and_nobody_notices() {
    let domain = Domain::start(15).await;
    let mut early = domain.open().await;
    eventually("the next certificate", Duration::from_secs(60), async || {
        // At every moment there is one that holds: the client refuses what has ended.
        let mut line = domain.open().await;
        line.ask().await.unwrap();
        (line.certificate() != early.certificate()).then_some(())
    })
    .await;
    early.ask().await.expect("a connection outlives the certificate that it began with");
}
