pub(crate) mod complete;
pub(crate) mod delete;
pub(crate) mod download;
pub(crate) mod edit;
pub(crate) mod get;
pub(crate) mod init;
pub(crate) mod links;
pub(crate) mod list;
pub(crate) mod manifest;
pub(crate) mod parts;
pub(crate) mod patch;
pub(crate) mod playlist;
pub(crate) mod upload;

/// How much of a list is wanted.
#[derive(Debug, Default, serde::Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// At most this many, 1–100; 24 when absent.
    pub(crate) limit: Option<usize>,
    /// The `next_cursor` of the page before.
    pub(crate) cursor: Option<String>,
}

/// The wanted number of items within its bounds.
pub(crate) fn limit_of(wanted: Option<usize>) -> usize {
    wanted.unwrap_or(24).clamp(1, 100)
}
