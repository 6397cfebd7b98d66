mod canonical;
mod limits;
mod merging;

use juniper::Variables;
use serde_json::{Value as Json, json};

use super::{Documents, Limits, Problem};
use crate::specimen::{Context, Specimen};

fn documents() -> Documents<Specimen> {
    Documents::new(Limits::default())
}

fn variables(json: &Json) -> Variables {
    serde_json::from_value(json.clone()).unwrap()
}

/// The canonical text.
fn canonical(document: &str, given: &Json) -> Result<String, Vec<Problem>> {
    documents().prepare(document, None, &variables(given)).map(|form| form.text().to_owned())
}

/// Data, errors, and what ran.
fn run(document: &str, given: &Json) -> (Json, Vec<String>, Vec<String>) {
    let (documents, context, given) = (documents(), Context::default(), variables(given));
    let form = documents.prepare(document, None, &given).unwrap();
    let (data, errors) = form.execute(&given, &context).unwrap();
    let data = crate::written::parsed(&data);
    let errors = errors.iter().map(|error| error.error().message().to_owned()).collect();
    (data, errors, context.log.into_inner())
}

/// What juniper makes of the document as it stands.
fn run_raw(document: &str, given: &Json) -> (Json, Vec<String>) {
    let (root, context) = (documents().root(), Context::default());
    let (data, _) =
        juniper::execute_sync(document, None, root, &variables(given), &context).unwrap();
    (crate::written::parsed(&data), context.log.into_inner())
}

fn refusal(document: &str, given: &Json) -> String {
    canonical(document, given).unwrap_err().remove(0).message
}

fn none() -> Json {
    json!({})
}
