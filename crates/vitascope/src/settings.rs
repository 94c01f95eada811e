//! Where settings come from: `vitascope.toml`, then `VITASCOPE_*`, then flags; the later wins.

use anyhow::Context as _;
use clap::Args;
use figment2::Figment;
use figment2::providers::{Env, Format as _, Serialized, Toml};
use server::Config;
use std::net::SocketAddr;
use std::path::PathBuf;

/// The flags of `serve` and `doctor`. Each is a key of `vitascope.toml` and a `VITASCOPE_…` variable too.
#[derive(Debug, Default, Args, serde::Serialize)]
pub(crate) struct ServeFlags {
    /// Address and port to listen on; port 0 picks a free one [default: 127.0.0.1:8080]
    #[arg(long)]
    #[serde(skip_serializing_if = "Option::is_none")]
    listen: Option<SocketAddr>,
    /// Folder of the database and the videos [default: data]
    #[arg(long)]
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<PathBuf>,
    /// The address people use, when a reverse proxy stands in front
    #[arg(long)]
    #[serde(skip_serializing_if = "Option::is_none")]
    public_url: Option<String>,
    /// Certificate chain (PEM); with --tls-key the server speaks https and HTTP/2 itself
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    #[serde(skip_serializing_if = "Option::is_none")]
    tls_cert: Option<PathBuf>,
    /// Private key of the certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    #[serde(skip_serializing_if = "Option::is_none")]
    tls_key: Option<PathBuf>,
    /// Serve https for this name on port 443, with a certificate from Let's Encrypt
    #[arg(long, value_name = "NAME", conflicts_with = "tls_cert")]
    #[serde(skip_serializing_if = "Option::is_none")]
    domain: Option<String>,
    /// Address and port where plain http is redirected to https [default: none; port 80 with --domain]
    #[arg(long, value_name = "ADDRESS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    http_listen: Option<SocketAddr>,
    /// Address and port where encoders send broadcasts by RTMP; port 0 picks a free one [default: none; usual: port 1935]
    #[arg(long, value_name = "ADDRESS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    rtmp: Option<SocketAddr>,
    /// Settings file; without this flag, ./vitascope.toml is read if there is one
    #[arg(long, env = "VITASCOPE_CONFIG")]
    #[serde(skip)]
    config: Option<PathBuf>,
}

/// The flags of words that only need to know where the data is.
#[derive(Debug, Default, Args)]
pub(crate) struct DataFlags {
    /// Folder of the database and the videos [default: data]
    #[arg(long)]
    data: Option<PathBuf>,
    /// Settings file; without this flag, ./vitascope.toml is read if there is one
    #[arg(long, env = "VITASCOPE_CONFIG")]
    config: Option<PathBuf>,
}

impl DataFlags {
    /// The data folder.
    pub(crate) fn folder(&self) -> anyhow::Result<PathBuf> {
        let flags =
            ServeFlags { data: self.data.clone(), config: self.config.clone(), ..ServeFlags::default() };
        Ok(flags.config()?.data)
    }
}

impl ServeFlags {
    /// All sources together.
    pub(crate) fn config(&self) -> anyhow::Result<Config> {
        let file = match &self.config {
            Some(path) => Toml::file(path).search(false),
            None => Toml::file("vitascope.toml"),
        };
        // VITASCOPE_LADDER__PRESET reaches into a table; VITASCOPE_CONFIG and _LOG are no settings of the server.
        let env = Env::prefixed("VITASCOPE_").split("__").ignore(&["config", "log", "bin"]);
        let given = Figment::from(file).merge(env).merge(Serialized::defaults(self));
        let over = |defaults: Config| {
            Figment::from(Serialized::defaults(defaults))
                .merge(&given)
                .extract::<Config>()
                .context("the settings cannot be read")
        };
        let config = over(Config::default())?;
        match &config.domain {
            Some(name) => over(Config::for_domain(name)),
            None => Ok(config),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_win_over_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("v.toml");
        std::fs::write(&path, "listen = \"127.0.0.1:1\"\npart_size = 5\n").unwrap();
        let flags =
            ServeFlags { config: Some(path), listen: "127.0.0.1:2".parse().ok(), ..ServeFlags::default() };
        let config = flags.config().unwrap();
        assert_eq!((config.listen.port(), config.part_size), (2, 5));
    }

    #[test]
    fn a_domain_brings_its_ports_and_its_address_unless_told_otherwise() {
        let named = ServeFlags { domain: Some("v.example".to_owned()), ..ServeFlags::default() };
        let config = named.config().unwrap();
        assert_eq!((config.listen.port(), config.http_listen.map(|address| address.port())), (443, Some(80)));
        assert_eq!(config.public_url.as_deref(), Some("https://v.example"));
        let moved = ServeFlags { listen: "127.0.0.1:2".parse().ok(), ..named };
        assert_eq!(moved.config().unwrap().listen.port(), 2);
    }

    #[test]
    fn a_misspelt_key_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("v.toml");
        std::fs::write(&path, "lisen = \"127.0.0.1:1\"\n").unwrap();
        let error = ServeFlags { config: Some(path), ..ServeFlags::default() }.config().unwrap_err();
        assert!(format!("{error:#}").contains("lisen"), "{error:#}");
    }
}
