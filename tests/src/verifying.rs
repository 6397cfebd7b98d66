//! `ledger verify` finds any row that was changed past the program, says whose it is, and ends with a failure (rules 17 to 20).

use regulars_testkit::{
    Engine,
    server::{regulars, run},
};
use serde_json::json;

use crate::{audit::act, redeeming::shop::Shop, world::World};

/// What the command says of the merchant's books, and whether they add up.
fn verify(shop: &Shop<'_>) -> (bool, String) {
    let world = shop.world;
    let mut command = regulars();
    command.args(["ledger", "verify", "--merchant", &shop.me["pk"].to_string()]);
    command.arg("--data-dir").arg(world.data.path());
    command.args(["--database-url", world.database.url()]);
    command.arg("--config").arg(world.data.path().join("keys.toml"));
    let output = run(command, "");
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    (output.status.success(), said.into_owned())
}

/// Takes away what keeps the books from being changed.
fn disarm(world: &World) {
    for table in ["account", "entry", "lot", "lot_use", "hold", "earning_line", "seal", "seal_head"]
    {
        match world.engine {
            Engine::Postgres => {
                world.database.rows(&format!("ALTER TABLE {table} DISABLE TRIGGER USER"));
            }
            Engine::Sqlite => {
                let names = format!(
                    "SELECT name AS row FROM sqlite_master WHERE type = 'trigger' AND tbl_name = '{table}'"
                );
                for name in world.database.rows(&names) {
                    world.database.rows(&format!("DROP TRIGGER {name}"));
                }
            }
        }
    }
}

#[test]
fn rules_17_to_20_any_changed_row_is_found_and_told_whose_it_is() {
    for engine in Engine::ALL {
        let world = World::start_with(engine, &[]);
        let shop = Shop::open(&world);
        let (card, other) = (shop.flat_card(), shop.reward_card());
        let ((guest, ada), (_, bob), (_, cleo)) = (shop.guest(), shop.guest(), shop.guest());
        let gift =
            json!({ "consumerId": ada["id"], "loyaltyCardId": card, "amount": 70, "reason": "x" });
        assert_eq!(act(&shop.owner, "adjustPoints", &gift, "")["success"], true);
        let moves = json!({
            "fromConsumerId": ada["id"], "toConsumerId": bob["id"], "fromLoyaltyCardId": card, "points": 10,
            "reason": "x",
        });
        assert_eq!(act(&shop.owner, "transferPoints", &moves, "")["success"], true);
        let promise = json!({ "loyaltyCardId": card, "pointsToRedeem": 20 });
        let promised =
            act(&guest, "createPointsRedemptionIntent", &promise, "redemptionIntent { code }");
        let spent = json!({ "code": promised["redemptionIntent"]["code"], "storeId": shop.store });
        assert_eq!(act(&shop.owner, "confirmPointsRedemption", &spent, "")["success"], true);
        assert_eq!(act(&guest, "createPointsRedemptionIntent", &promise, "")["success"], true);
        let (sound, said) = verify(&shop);
        assert!(sound && said.contains("The books add up."), "{engine:?}: {said}");
        disarm(&world);
        let merchant = &shop.me["pk"];
        let whose = format!("consumer {}, loyalty card {card}", ada["pk"]);
        let mine = format!(
            "(SELECT a.id FROM account a WHERE a.merchant_id = {merchant} AND a.person_id = {})",
            ada["pk"]
        );
        let own = format!("merchant_id = {merchant} AND account_id = {mine}");
        let account = format!("merchant_id = {merchant} AND id = {mine}");
        let (hold, redemption) = ("the time of hold".to_owned(), "redemption".to_owned());
        let changed = "is not what it was when it was written".to_owned();
        let stranger = "(SELECT MAX(id) FROM person)";
        for (table, column, value, rows, named) in [
            ("account", "balance", "balance + 1".to_owned(), account.clone(), &whose),
            ("account", "person_id", cleo["pk"].to_string(), account.clone(), &changed),
            ("account", "loyalty_card_id", other.to_string(), account.clone(), &changed),
            ("entry", "amount", "amount + 1".to_owned(), format!("{own} AND seq = 1"), &whose),
            (
                "entry",
                "occurred_at",
                "occurred_at + 1".to_owned(),
                format!("{own} AND seq = 1"),
                &whose,
            ),
            ("entry", "actor_id", stranger.to_owned(), format!("{own} AND seq = 1"), &whose),
            ("lot", "active_from", "active_from - 1".to_owned(), own.clone(), &whose),
            ("lot", "remaining", "remaining - 1".to_owned(), own.clone(), &whose),
            ("lot", "revives", "id".to_owned(), own.clone(), &whose),
            ("lot", "moved_from", "id".to_owned(), own.clone(), &whose),
            (
                "hold",
                "amount",
                "amount + 1".to_owned(),
                format!("{own} AND state = 'OPEN'"),
                &whose,
            ),
            ("hold", "until", "until + 1".to_owned(), format!("{own} AND state = 'OPEN'"), &hold),
            (
                "redemption",
                "points",
                "points + 1".to_owned(),
                format!("merchant_id = {merchant}"),
                &redemption,
            ),
            (
                "redemption",
                "loyalty_card_id",
                other.to_string(),
                format!("merchant_id = {merchant}"),
                &redemption,
            ),
        ] {
            let read = format!(
                "SELECT CAST(id AS TEXT) || ' ' || COALESCE(CAST({column} AS TEXT), 'NULL') AS row FROM {table} WHERE {rows}"
            );
            let before = world.database.rows(&read);
            assert_eq!(before.len(), 1, "{engine:?} {table}.{column}: {before:?}");
            let (id, old) = before[0].split_once(' ').expect("an id and a value");
            let set = |value: &str| {
                world.database.rows(&format!(
                    "UPDATE {table} SET {column} = {value} WHERE merchant_id = {merchant} AND id = {id} RETURNING '' AS row"
                ));
            };
            set(&value);
            let (sound, said) = verify(&shop);
            assert!(!sound && said.contains("fault(s)"), "{engine:?} {table}.{column}: {said}");
            assert!(said.contains(named.as_str()), "{engine:?} {table}.{column}: {said}");
            set(old);
            let (sound, said) = verify(&shop);
            assert!(sound, "{engine:?} {table}.{column} as it was: {said}");
        }
    }
}
