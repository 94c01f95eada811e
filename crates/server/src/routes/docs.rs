//! `/api/openapi.json` and `/api/docs`: the contract for programs and for people.

use crate::web::escape;
use axum::response::Html;
use bytes::Bytes;
use std::fmt::Write as _;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::{Content, OpenApi, RefOr};

/// A page that lists every call: no script, no style from elsewhere, readable in any browser.
pub(crate) fn page(api: &OpenApi) -> Html<Bytes> {
    let mut html = String::from(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>Vitascope API</title><link rel=\"stylesheet\" href=\"/api/docs.css\"></head><body><main><h1>Vitascope API</h1>\
         <p>The machine-readable document is <a href=\"/api/openapi.json\">openapi.json</a> (OpenAPI 3.1). Send \
         <code>Authorization: Bearer &lt;access_token&gt;</code>; errors are RFC 9457 problem documents.</p>",
    );
    for (path, item) in &api.paths.paths {
        for (method, operation) in operations(item) {
            write_operation(&mut html, path, method, operation);
        }
    }
    html += "<h2>Schemas</h2>";
    for (name, schema) in api.components.iter().flat_map(|components| &components.schemas) {
        let json = serde_json::to_string_pretty(schema).unwrap_or_default();
        let name = escape(name);
        let _infallible = write!(
            html,
            "<details id=\"{name}\"><summary>{name}</summary><pre>{}</pre></details>",
            escape(&json)
        );
    }
    html += "</main></body></html>";
    Html(html.into())
}

fn operations(item: &PathItem) -> impl Iterator<Item = (&'static str, &Operation)> {
    let all = [
        ("GET", &item.get),
        ("POST", &item.post),
        ("PUT", &item.put),
        ("PATCH", &item.patch),
        ("DELETE", &item.delete),
    ];
    all.into_iter().filter_map(|(method, operation)| operation.as_ref().map(|operation| (method, operation)))
}

fn write_operation(html: &mut String, path: &str, method: &str, operation: &Operation) {
    let summary = operation.summary.as_deref().unwrap_or_default();
    let detail = operation.description.as_deref().unwrap_or_default();
    let _infallible = write!(
        html,
        "<section><h2><code>{method} {}</code></h2><p>{} {}</p><ul>",
        escape(path),
        escape(summary),
        escape(detail)
    );
    if let Some(RefOr::T(body)) = &operation.request_body {
        let _infallible = write!(html, "<li>body: {}</li>", schema_links(&body.content));
    }
    for (status, response) in &operation.responses.responses {
        if let RefOr::T(response) = response {
            let links = schema_links(&response.content);
            let _infallible = write!(html, "<li>{status} {} {links}</li>", escape(&response.description));
        }
    }
    *html += "</ul></section>";
}

fn schema_links<'a>(contents: impl IntoIterator<Item = (&'a String, &'a RefOr<Content>)>) -> String {
    let schemas = contents.into_iter().filter_map(|(_, content)| match content {
        RefOr::T(content) => content.schema.as_ref(),
        RefOr::Ref(_) => None,
    });
    let references = schemas.filter_map(|schema| match schema {
        RefOr::Ref(reference) => reference.ref_location.rsplit('/').next(),
        RefOr::T(_) => None,
    });
    references.map(|name| format!("<a href=\"#{0}\">{0}</a>", escape(name))).collect()
}

/// The page's style.
pub(crate) const STYLE: &str = ":root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;margin:0}\
main{max-width:56rem;margin:0 auto;padding:2rem 1rem}section{border-top:1px solid #8884;padding-top:.5rem}\
h2{font-size:1.05rem}pre{overflow:auto;padding:1rem;background:#8881;border-radius:.5rem}code{font-family:ui-monospace,monospace}";
