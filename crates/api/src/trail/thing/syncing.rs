//! What somebody is about to change of the systems that a merchant has connected.

use regulars_auth::audit::{Field, Image};
use regulars_kernel::{ConnectionId, MerchantId, StoreError, SyncReviewId, SyncRunId};
use regulars_persistence::Tx;
use regulars_source::{SourceStore as _, review::decision::CONFIRMED_SWEEP};
use serde_json::Value;

use super::text;

/// Without its secrets, which are no setting.
pub(super) fn connection(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    id: ConnectionId,
) -> Result<Option<Image>, StoreError> {
    let found = tx.lock_connections(&[id])?;
    let own = found.into_iter().find(|row| row.merchant == merchant);
    Ok(own.map(|mut row| {
        row.settings.remove(CONFIRMED_SWEEP);
        Image::of_fields([
            (Field::Name, text(Some(&row.name))),
            (Field::EntitySource, text(Some(row.source.name()))),
            (Field::State, text(Some(row.state.name()))),
            (Field::Settings, text(Some(Value::Object(row.settings)))),
        ])
    }))
}

pub(super) fn run(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    id: SyncRunId,
) -> Result<Option<Image>, StoreError> {
    let found = tx.runs_by_id(&[id])?;
    let own = found.iter().find(|row| row.merchant == merchant);
    Ok(own.map(|row| Image::of_fields([(Field::State, text(Some(row.state.name())))])))
}

pub(super) fn review(
    tx: &mut Tx<'_>,
    merchant: MerchantId,
    id: SyncReviewId,
) -> Result<Option<Image>, StoreError> {
    let found = tx.lock_review(merchant, id)?;
    Ok(found.map(|row| Image::of_fields([(Field::State, text(Some(row.state.name())))])))
}
