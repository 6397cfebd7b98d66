//! Who was welcomed before (rule 15).

use std::sync::Arc;

use crate::context::Context;

/// Knows people by their marks.
pub(crate) struct Marks;

impl Marks {
    /// Under the keys in use.
    pub(crate) fn of(context: &Context) -> regulars_sync::recognise::Marks {
        regulars_sync::recognise::Marks::new(Arc::clone(context.authority()))
    }
}
