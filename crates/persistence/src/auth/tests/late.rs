//! Entries of the log that are written long after somebody was erased, on both databases.

use regulars_auth::{
    ErasureStore as _,
    erasure::{self, Erasure, ErasureId, Reason},
};

use super::{
    erasing::{furnish, run, texts},
    *,
};

/// A late entry of somebody: about them with an address, and by them from somewhere, in a log.
fn late_entry(log: i64) -> String {
    format!(
        "INSERT INTO audit_entry (merchant_id, created_at, actor_kind, person_id, action, target_kind, target_id, request_id, \
         personal, peer) VALUES ({log}, 0, 'consumer', 2, 'obtainToken', 'person', 2, 'late', \
         '[[\"email\",null,\"zzz\"]]', '192.0.2.7')"
    )
}

#[test]
fn rule_30_what_is_written_long_after_an_erasure_is_cleared_in_every_log() {
    // Of a customer whom the merchant kept, of a registered one whom it erased for itself, and of an account.
    for (managed, merchant, others) in
        [(true, Some(1), ""), (false, Some(1), "0 3"), (false, None, "")]
    {
        each_house(Duration::ZERO, |house| {
            furnish(house);
            let (over, late) =
                (NOW.minus(Duration::from_mins(5)), NOW.plus(Duration::from_mins(5)));
            let erased: Result<Erasure, AuthError> = house.write(move |tx, authority| {
                let managed = if managed { "TRUE" } else { "FALSE" };
                run(tx, &format!("UPDATE membership SET managed = {managed} WHERE person_id = 2"))?;
                let (marker, person) = (authority.marker(), PersonId::new(2));
                match merchant.map(MerchantId::new) {
                    Some(merchant) => {
                        erasure::erase_member(tx, marker, merchant, person, Reason::Request, NOW)
                    }
                    None => erasure::erase_account(tx, marker, person, Reason::Request, NOW),
                }
            });
            let erased = erased.unwrap();
            let all = || {
                let all = move |tx: &mut Tx<'_>| tx.late_erasures(ErasureId::new(0), 9);
                house.db.read::<_, StoreError>(Scope::Platform, all).unwrap()
            };
            assert_eq!(all(), std::slice::from_ref(&erased), "what is read is what was answered");
            let cleaned = |at: &str| {
                let sql = format!("SELECT 'so' FROM erasure WHERE {at} IS NOT NULL");
                texts(house, sql) == ["so"]
            };
            let round = |over: Timestamp| {
                let late = all();
                let done: Result<(), StoreError> =
                    house.write(move |tx, _| erasure::clear_again(tx, &late, over, NOW));
                done.unwrap();
            };
            let id = erased.id;
            let settled: Result<(), StoreError> =
                house.write(move |tx, _| tx.settle_erasures(&[id], NOW));
            settled.unwrap();
            // Nothing was written late: all stays as it is, and is looked at again.
            round(over);
            assert!(cleaned("cleaned_at") && !cleaned("logs_settled_at"));
            let written: Result<(), StoreError> = house
                .write(|tx, _| [0, 1, 3].iter().try_for_each(|log| run(tx, &late_entry(*log))));
            written.unwrap();
            round(over);
            let left = "SELECT CAST(merchant_id AS TEXT) FROM audit_entry WHERE request_id = 'late' \
                        AND (personal IS NOT NULL OR peer IS NOT NULL) ORDER BY merchant_id";
            assert_eq!(texts(house, left.to_owned()).join(" "), others);
            assert!(!cleaned("cleaned_at"), "free places of the file are to be emptied once more");
            assert!(!cleaned("logs_settled_at"), "more may come");
            round(late);
            assert!(cleaned("logs_settled_at"));
            assert_eq!(all(), []);
        });
    }
}
