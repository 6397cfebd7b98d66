//! `/healthz`: the process answers. `/readyz`: it can serve.

use std::{sync::Arc, time::Duration};

use actix_web::{HttpResponse, http::StatusCode, rt::time::timeout, web};
use serde::Serialize;

use super::admission::Gate;

/// Says whether the server can serve (the database answers, migrations are done), or in one sentence why not. Called on a
/// thread that may block, at each question.
pub type Readiness = Arc<dyn Fn() -> Result<(), String> + Send + Sync>;

/// How long the readiness check may take.
const PATIENCE: Duration = Duration::from_secs(2);

#[derive(Serialize)]
struct Health<'a> {
    status: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

fn answer(status: StatusCode, health: &Health<'_>) -> HttpResponse {
    HttpResponse::build(status).insert_header(("Cache-Control", "no-store")).json(health)
}

pub(super) async fn live() -> HttpResponse {
    answer(StatusCode::OK, &Health { status: "live", reason: None })
}

pub(super) async fn ready(gate: &Gate, readiness: Readiness) -> HttpResponse {
    let verdict = if gate.is_stopping() {
        Err("the server is stopping".to_owned())
    } else {
        match timeout(PATIENCE, web::block(move || readiness())).await {
            Ok(Ok(verdict)) => verdict,
            Ok(Err(_)) => Err("the check failed".to_owned()),
            Err(_) => Err("the check took too long".to_owned()),
        }
    };
    match verdict {
        Ok(()) => answer(StatusCode::OK, &Health { status: "ready", reason: None }),
        Err(reason) => answer(
            StatusCode::SERVICE_UNAVAILABLE,
            &Health { status: "unavailable", reason: Some(&reason) },
        ),
    }
}
