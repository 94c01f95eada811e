//! What Prometheus is told: the recorder of this process, and what every request adds to it.

use anyhow::Context as _;
use axum::extract::{MatchedPath, Request};
use axum::http::{Method, StatusCode};
use metrics::{Counter, Histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

const REQUEST_SECONDS: &str = "vitascope_http_seconds";
/// Upper borders of the histogram of request times, in seconds.
const BORDERS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];
/// What was measured waits in memory until it is added up.
const ADD_UP_EVERY: Duration = Duration::from_secs(5);

/// Makes the recorder of this process. A second server in one process (tests) keeps the first one's.
pub(crate) fn recorder() -> anyhow::Result<PrometheusHandle> {
    let builder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Full(REQUEST_SECONDS.to_owned()), &BORDERS)
        .context("the borders of a histogram")?;
    let recorder = builder.build_recorder();
    let handle = recorder.handle();
    let _set_already = metrics::set_global_recorder(recorder);
    Ok(handle)
}

/// Adds up what was measured, also when nobody asks for it, until `stop`.
pub(crate) async fn add_up(handle: PrometheusHandle, stop: CancellationToken) {
    loop {
        tokio::select! { () = stop.cancelled() => return, () = tokio::time::sleep(ADD_UP_EVERY) => {} }
        handle.run_upkeep();
    }
}

/// The figures of one kind of answer.
#[derive(Clone)]
struct Answered {
    count: Counter,
    seconds: Histogram,
}

/// The figures of one route, by method and status.
type Kinds = HashMap<(&'static str, StatusCode), Answered>;

/// By route. Each of these is one of a few, whatever is asked.
#[derive(Default)]
pub(crate) struct Requests(RwLock<HashMap<String, Kinds>>);

impl Requests {
    /// Counts a request that was answered, and its time.
    pub(crate) fn count(&self, asked: &Asked, status: StatusCode) {
        let route = asked.route.as_ref().map_or("other", MatchedPath::as_str);
        let answered = self.answered(route, asked.method, status);
        answered.count.increment(1);
        answered.seconds.record(asked.began.elapsed().as_secs_f64());
    }

    fn answered(&self, route: &str, method: &'static str, status: StatusCode) -> Answered {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(answered) = known.get(route).and_then(|kinds| kinds.get(&(method, status))) {
            return answered.clone();
        }
        drop(known);
        let labels = [
            ("method", method.to_owned()),
            ("route", route.to_owned()),
            ("status", status.as_str().to_owned()),
        ];
        let answered = Answered {
            count: metrics::counter!("vitascope_http_requests_total", &labels),
            seconds: metrics::histogram!(REQUEST_SECONDS, &labels),
        };
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.entry(route.to_owned()).or_default().insert((method, status), answered.clone());
        answered
    }
}

/// A request that is being answered.
pub(crate) struct Asked {
    route: Option<MatchedPath>,
    method: &'static str,
    began: Instant,
}

impl Asked {
    pub(crate) fn of(request: &Request) -> Self {
        let route = request.extensions().get::<MatchedPath>().cloned();
        Self { route, method: name(request.method()), began: Instant::now() }
    }
}

/// The name of a method; those that clients invent are one, as each name is remembered.
fn name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_clients_invent_is_not_remembered() {
        let requests = Requests::default();
        for number in 0..1000 {
            let method = Method::from_bytes(format!("M{number}").as_bytes()).unwrap();
            requests.answered("/", name(&method), StatusCode::METHOD_NOT_ALLOWED);
        }
        assert_eq!(requests.0.read().unwrap()["/"].len(), 1);
    }
}
