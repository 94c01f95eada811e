//! A certificate authority of our own, and clients that believe it.

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// An authority whose certificates nobody else believes.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    root: rcgen::Certificate,
}

impl Default for Authority {
    fn default() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let root = params.self_signed(&key).unwrap();
        Self { issuer: Issuer::new(params, key), root }
    }
}

impl Authority {
    /// A fresh certificate for loopback, and its key, as PEM.
    pub fn issue(&self) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        (certificate.pem(), key.serialize_pem())
    }

    /// Writes a fresh `cert.pem` and `key.pem` into `folder`.
    pub fn issue_into(&self, folder: &Path) -> (PathBuf, PathBuf) {
        let (certificate, key) = self.issue();
        let paths = (folder.join("cert.pem"), folder.join("key.pem"));
        std::fs::write(&paths.0, certificate).unwrap();
        std::fs::write(&paths.1, key).unwrap();
        paths
    }

    /// The authority's own certificate as PEM.
    pub fn pem(&self) -> String {
        self.root.pem()
    }

    /// What a client needs to believe this authority.
    pub fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(self.root.der().clone()).unwrap();
        roots
    }
}

/// A TLS client that offers these protocols (ALPN).
pub fn client(roots: RootCertStore, protocols: &[&str]) -> ClientConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    config
}

/// A client that believes `roots` and offers these protocols (ALPN).
pub fn http(roots: RootCertStore, protocols: &[&str]) -> reqwest::ClientBuilder {
    reqwest::Client::builder().tls_backend_preconfigured(client(roots, protocols))
}

/// One TLS connection, in our own hands.
#[derive(Debug)]
pub struct Line(pub TlsStream<TcpStream>);

impl Line {
    /// Connects to a server on loopback to speak HTTP/1.1.
    pub async fn open(address: SocketAddr, name: &str, roots: RootCertStore) -> std::io::Result<Self> {
        Self::speaking("http/1.1", address, name, roots).await
    }

    /// Connects to a server on loopback to speak `protocol` (ALPN).
    pub async fn speaking(
        protocol: &str,
        address: SocketAddr,
        name: &str,
        roots: RootCertStore,
    ) -> std::io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let config = client(roots, &[protocol]);
        Ok(Self(TlsConnector::from(Arc::new(config)).connect(name, stream).await?))
    }

    /// The certificate that the server showed.
    pub fn certificate(&self) -> Vec<u8> {
        self.0.get_ref().1.peer_certificates().unwrap()[0].to_vec()
    }

    /// Asks for `/healthz` on this connection and keeps it open.
    pub async fn ask(&mut self) -> std::io::Result<String> {
        self.0.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await?;
        let mut answer = String::new();
        while !answer.ends_with("ok\n") {
            let mut bytes = [0; 1024];
            let length = self.0.read(&mut bytes).await?;
            if length == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            answer.push_str(&String::from_utf8_lossy(&bytes[..length]));
        }
        Ok(answer)
    }
}
