//! `regulars consumer export`: everything that is known of a person, in a file (rule 30).

use std::{fs, io::Write as _, os::unix::fs::OpenOptionsExt as _, path::Path};

use regulars_auth::{
    AuditStore as _,
    export::{ACTION, Extent},
};
use regulars_customer::{CustomerStore as _, UserType};
use regulars_kernel::{
    Clock as _, MerchantId, PersonId, Scope, StoreError, SystemClock, Timestamp,
};
use regulars_persistence::{Db, Tx};

use super::ConsumerError;
use crate::{audit::by_command, cli::ConsumerExport, console::say};

/// Writes the file, and down that it was done.
pub(crate) fn write(db: &Db, wanted: &ConsumerExport) -> Result<(), ConsumerError> {
    let now = SystemClock.now();
    let of =
        Extent { person: PersonId::new(wanted.id), merchant: wanted.merchant.map(MerchantId::new) };
    let unwritten = |source| ConsumerError::File { path: wanted.out.clone(), source };
    // First: what cannot be written is not told to have been.
    let file = make(&wanted.out).map_err(unwritten)?;
    let done = document(db, of, now)
        .and_then(|text| (&file).write_all(text.as_bytes()).map_err(unwritten))
        .and_then(|()| file.sync_all().map_err(unwritten));
    if let Err(error) = done {
        // It is this command's own, and holds nothing whole.
        fs::remove_file(&wanted.out).ok();
        return Err(error);
    }
    let of_whom = match wanted.merchant {
        Some(merchant) => format!("Everything that merchant {merchant} has of consumer"),
        None => "Everything that is known of consumer".to_owned(),
    };
    say(&format!("{of_whom} {} is in {}.", wanted.id, wanted.out.display()));
    Ok(())
}

/// The document, once it is written down that it goes out.
fn document(db: &Db, of: Extent, now: Timestamp) -> Result<String, ConsumerError> {
    let document = db.read(Scope::Platform, |tx| {
        check(tx, of)?;
        Ok::<_, ConsumerError>(tx.export(of, now, None)?)
    })?;
    db.write(Scope::Platform, None, move |tx| {
        tx.append_audit(&[by_command(ACTION, of.merchant, of.person, Vec::new(), now)])?;
        Ok::<_, StoreError>(())
    })?;
    Ok(format!("{document:#}\n"))
}

fn check(tx: &mut Tx<'_>, of: Extent) -> Result<(), ConsumerError> {
    let person = of.person.get();
    let found = tx.people(&[of.person])?.pop();
    if found.is_none_or(|found| found.user_type != UserType::Consumer) {
        return Err(ConsumerError::Nobody(person));
    }
    match of.merchant {
        Some(merchant) if tx.find_membership(merchant, of.person)?.is_none() => {
            Err(ConsumerError::NoCustomer { merchant: merchant.get(), person })
        }
        _ => Ok(()),
    }
}

/// A new file for its owner's eyes.
fn make(path: &Path) -> std::io::Result<fs::File> {
    fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}
