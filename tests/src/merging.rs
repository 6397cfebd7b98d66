//! Merging two records of one customer through HTTP, undoing it, and claiming one's own (rules 4, 27 and 28).

use std::thread;

use regulars_testkit::Client;
use serde_json::{Value, json};

use crate::{
    audit::{act, changes, log},
    consumer_fields::create,
    redeeming::shop::{Shop, code, fault},
    world::{PASSWORD, World, on_both},
};

const MERGED: &str =
    "mergeId consumer { id pk pointsEarned mergedInto consumerCards } other { id }";

/// A merchant with a card that pays a point for each unit of currency, and two customers whom it keeps.
struct Two<'a> {
    shop: Shop<'a>,
    card: Value,
    goes: Value,
    stays: Value,
}

impl<'a> Two<'a> {
    fn open(world: &'a World) -> Self {
        let shop = Shop::open(world);
        let card = json!({
            "name": "Points", "loyaltyType": "POINTS", "pointsLoyaltyType": "FLAT", "dollarWorth": 1, "pointsNeeded": 20,
            "incrementalPoints": 10, "pointWorth": "0.05", "status": "ACTIVE",
        });
        let card = act(&shop.owner, "createLoyaltyCard", &card, "loyaltyCard { id }");
        assert_eq!(card["success"], true, "{card}");
        let card = card["loyaltyCard"]["id"].clone();
        let email = unique("goes");
        let goes = create(
            &shop.owner,
            &json!({ "firstname": "Ada", "email": email, "cards": ["AB-1"], "entitySource": "POS",
                     "entitySourceId": unique("source") }),
        );
        let stays = create(&shop.owner, &json!({ "firstname": "Ada L.", "city": "Bonn" }));
        Self { shop, card, goes, stays }
    }

    fn visit(&self, who: &Value, amount: &str) -> Value {
        let input = json!({
            "consumerLoyaltyId": who, "amountSpent": amount, "storeId": self.shop.store,
            "idempotencyKey": unique("visit"),
        });
        let made = act(&self.shop.owner, "createVisit", &input, "visit { id pk }");
        assert_eq!(made["success"], true, "{made}");
        made["visit"].clone()
    }

    fn merge(&self) -> Value {
        let both = json!({ "consumerId": self.goes["id"], "intoConsumerId": self.stays["id"] });
        act(&self.shop.owner, "mergeConsumers", &both, MERGED)
    }

    fn undo(&self) -> Value {
        act(&self.shop.owner, "unmergeConsumers", &json!({ "consumerId": self.goes["id"] }), MERGED)
    }

    fn look(&self, id: &Value) -> Value {
        look(&self.shop.owner, id)
    }
}

fn unique(what: &str) -> String {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    format!("{what}{}@merging.example", NEXT.fetch_add(1, Ordering::Relaxed))
}

fn look(client: &Client, id: &Value) -> Value {
    let document = "query ($id: ID!) { consumer(id: $id) {
        id firstname email city archived mergedInto consumerCards loyaltyId pointsEarned
        points { available pending held debt lifetime }
        orders { count } visits { count edges { node { id } } } redemptions { count }
    } }";
    client.query(document, json!({ "id": id })).succeeded().data("consumer").clone()
}

#[test]
fn rule_27_what_one_owns_is_the_others_and_everything_that_names_the_one_means_the_other() {
    on_both(|world| {
        let two = Two::open(world);
        let owner = &two.shop.owner;
        two.visit(&two.goes["loyaltyId"], "30");
        two.visit(&two.stays["loyaltyId"], "12");
        let before = [two.look(&two.goes["id"]), two.look(&two.stays["id"])];
        let ask =
            "query ($a: ID!, $b: ID!) { mergeConsumersPreview(consumerId: $a, intoConsumerId: $b) {
            blockers { code } fields { field value fromOther } moves { kind count }
            loyaltyCards { points held debt welcome }
        } }";
        let both = json!({ "a": two.goes["id"], "b": two.stays["id"] });
        let shown = owner.query(ask, both).succeeded().data("mergeConsumersPreview").clone();
        let moves = json!([{ "kind": "visits", "count": 1 }, { "kind": "cards", "count": 1 }]);
        assert_eq!((&shown["blockers"], &shown["moves"]), (&json!([]), &moves), "{shown}");
        let card = json!([{ "points": "30", "held": "0", "debt": "0", "welcome": "0" }]);
        assert_eq!(shown["loyaltyCards"], card, "{shown}");
        let email = json!({ "field": "EMAIL", "value": two.goes["email"], "fromOther": true });
        assert!(shown["fields"].as_array().expect("fields").contains(&email), "{shown}");
        assert_eq!(two.look(&two.goes["id"]), before[0], "a preview changes nothing");

        let done = two.merge();
        assert_eq!(done["success"], true, "{done}");
        assert_eq!(done["consumer"]["pointsEarned"], 42, "{done}");
        assert_eq!(done["other"]["id"], two.stays["id"], "the one means the other");
        assert_eq!(two.merge(), done, "again it answers the first");
        let now = two.look(&two.goes["id"]);
        assert_eq!(now, two.look(&two.stays["id"]));
        assert_eq!(
            (&now["id"], &now["email"], &now["city"], &now["consumerCards"]),
            (&two.stays["id"], &two.goes["email"], &json!("Bonn"), &json!(["AB-1"]))
        );
        assert_eq!(
            (&now["visits"]["count"], &now["points"]["available"]),
            (&json!(2), &json!("42"))
        );
        // A till reads the number, the card or the source's id of the one.
        for number in [two.goes["loyaltyId"].clone(), json!("ab1")] {
            let open = json!({ "storeId": two.shop.store, "consumerLoyaltyId": number });
            let open = act(owner, "createOrder", &open, "order { consumer { id } }");
            assert_eq!(open["order"]["consumer"]["id"], two.stays["id"], "{open}");
        }
        let record = json!({ "entitySource": "POS", "entitySourceId": two.goes["entitySourceId"], "zipCode": "53111" });
        let saved = act(owner, "upsertConsumer", &record, "consumer { id zipCode }");
        assert_eq!(saved["consumer"], json!({ "id": two.stays["id"], "zipCode": "53111" }));
        // Lists show the one among the archived alone, with whom it means.
        let list = |archived: &str| {
            let document = format!(
                "{{ consumers({archived}) {{ edges {{ node {{ id mergedInto archived }} }} }} }}"
            );
            let answer = owner.query(&document, Value::Null).succeeded();
            answer.data("consumers.edges").as_array().expect("edges").clone()
        };
        let node = |edges: &[Value]| {
            edges.iter().map(|edge| edge["node"].clone()).find(|node| node["id"] == two.goes["id"])
        };
        assert_eq!(node(&list("first: 100")), None);
        let merged =
            json!({ "id": two.goes["id"], "mergedInto": two.stays["id"], "archived": true });
        assert_eq!(node(&list("includeArchived: true, orderBy: \"-updatedAt\"")), Some(merged));
        // The log says so of both.
        let entries = log(owner, "mergeConsumers");
        let of =
            |id: &Value| entries.iter().rev().find(|entry| entry["targetId"] == *id).map(changes);
        let gone = of(&two.goes["id"]).expect("an entry");
        assert_eq!(gone["mergedInto"].1, two.stays["pk"].to_string(), "{gone:?}");
        let kept = of(&two.stays["id"]).expect("an entry");
        assert_eq!(kept["email"].1, two.goes["email"], "{kept:?}");
        two.shop.books_add_up();
    });
}

#[test]
fn rule_28_an_undo_gives_everything_back_and_what_came_since_follows_its_name() {
    on_both(|world| {
        let two = Two::open(world);
        two.visit(&two.goes["loyaltyId"], "30");
        two.visit(&two.stays["loyaltyId"], "12");
        let held = json!({ "loyaltyCardId": two.card, "pointsToRedeem": 20,
            "consumerLoyaltyId": two.goes["loyaltyId"], "storeId": two.shop.store });
        let promise = act(
            &two.shop.owner,
            "createPointsRedemptionIntent",
            &held,
            "redemptionIntent { id code }",
        );
        assert_eq!(promise["success"], true, "{promise}");
        let before = [two.look(&two.goes["id"]), two.look(&two.stays["id"])];
        assert_eq!(two.merge()["success"], true);
        assert_eq!(two.look(&two.stays["id"])["points"]["held"], "20");
        let undone = two.undo();
        assert_eq!(undone["success"], true, "{undone}");
        assert_eq!(undone["other"]["id"], two.goes["id"], "{undone}");
        assert_eq!([two.look(&two.goes["id"]), two.look(&two.stays["id"])], before);
        two.shop.books_add_up();
        // Once more, and now something happens meanwhile.
        assert_eq!(two.merge()["success"], true);
        let kept = json!({ "code": code(&promise), "storeId": two.shop.store });
        let kept =
            act(&two.shop.owner, "confirmPointsRedemption", &kept, "pointsRedemption { id }");
        assert_eq!(kept["success"], true, "{kept}");
        let visit = two.visit(&two.goes["loyaltyId"], "5");
        two.visit(&two.stays["loyaltyId"], "3");
        assert_eq!(two.look(&two.stays["id"])["points"]["available"], "30");
        let ask = "query ($id: ID!) { unmergeConsumersPreview(consumerId: $id) {
            blockers { code } moves { kind count } loyaltyCards { points spent owed debt }
        } }";
        let shown = two.shop.owner.query(ask, json!({ "id": two.goes["id"] })).succeeded();
        let card = json!([{ "points": "15", "spent": "0", "owed": "0", "debt": "0" }]);
        assert_eq!(shown.data("unmergeConsumersPreview.loyaltyCards"), &card, "{}", shown.text);
        assert_eq!(two.undo()["success"], true);
        let (goes, stays) = (two.look(&two.goes["id"]), two.look(&two.stays["id"]));
        assert_eq!(
            (&goes["points"]["available"], &stays["points"]["available"]),
            (&json!("15"), &json!("15"))
        );
        assert_eq!((&goes["pointsEarned"], &stays["pointsEarned"]), (&json!(35), &json!(15)));
        let edges = goes["visits"]["edges"].as_array().expect("edges");
        assert!(edges.iter().any(|edge| edge["node"]["id"] == visit["id"]), "{goes}");
        assert_eq!((&goes["visits"]["count"], &stays["visits"]["count"]), (&json!(2), &json!(2)));
        two.shop.books_add_up();
        let again = two.undo();
        assert_eq!(again["errors"]["consumerId"][0]["code"], "does_not_exist", "{again}");
    });
}

#[test]
fn rule_27_who_cannot_be_merged_is_told_why_and_chains_lead_to_the_end() {
    on_both(|world| {
        let two = Two::open(world);
        let owner = &two.shop.owner;
        let (_, guest) = two.shop.guest();
        let (_, second) = two.shop.guest();
        let both = |one: &Value, into: &Value| json!({ "consumerId": one["id"], "intoConsumerId": into["id"] });
        for (one, into, argument, words) in [
            (&guest, &second, "consumerId", "Both have an account"),
            (&guest, &two.stays, "consumerId", "merge the other way round"),
            (&two.goes, &two.goes, "consumerId", "the same customer"),
        ] {
            let refused = act(owner, "mergeConsumers", &both(one, into), "");
            assert!(fault(&refused, argument).contains(words), "{refused}");
        }
        let other = Two::open(world);
        let refused = act(owner, "mergeConsumers", &both(&two.goes, &other.goes), "");
        assert_eq!(refused["errors"]["intoConsumerId"][0]["code"], "does_not_exist", "{refused}");
        // A into B, B into somebody with an account.
        two.visit(&two.goes["loyaltyId"], "30");
        assert_eq!(two.merge()["success"], true);
        let done = act(owner, "mergeConsumers", &both(&two.stays, &guest), MERGED);
        assert_eq!(done["consumer"]["pointsEarned"], 30, "{done}");
        assert_eq!(two.look(&two.goes["id"])["id"], guest["id"]);
        let twice = act(owner, "mergeConsumers", &both(&two.goes, &second), "");
        assert!(fault(&twice, "consumerId").contains("was merged into"), "{twice}");
        let inner = two.undo();
        assert!(fault(&inner, "consumerId").contains("undo that merge first"), "{inner}");
        let outer = act(owner, "unmergeConsumers", &json!({ "mergeId": done["mergeId"] }), MERGED);
        assert_eq!(outer["success"], true, "{outer}");
        assert_eq!(two.look(&two.goes["id"])["id"], two.stays["id"]);
        assert_eq!(two.undo()["success"], true);
        assert_eq!(two.look(&two.goes["id"])["pointsEarned"], 30);
        two.shop.books_add_up();
    });
}

#[test]
fn rule_4_a_person_claims_what_is_kept_under_their_proved_address_points_included() {
    on_both(|world| {
        let two = Two::open(world);
        two.visit(&two.goes["loyaltyId"], "30");
        let email = two.goes["email"].as_str().expect("an address");
        let sign_up = "mutation ($email: String!, $password: String!) { register(email: $email, password1: $password,
            password2: $password, firstname: \"Ada\", lastname: \"Own\", userType: \"CONSUMER\") { errors token } }";
        let made =
            world.anonymous().query(sign_up, json!({ "email": email, "password": PASSWORD }));
        let me = world.anonymous().bearer(made.succeeded().string("register.token"));
        let claim = |client: &Client| {
            act(
                client,
                "claimProfile",
                &json!({ "id": two.goes["id"] }),
                "consumer { id pointsEarned }",
            )
        };
        let early = claim(&me);
        assert_eq!(
            early["errors"]["id"][0]["code"], "does_not_exist",
            "the address is not proved: {early}"
        );
        let verify = "mutation ($token: String!) { verifyAccount(token: $token) { success } }";
        let token = world.token(email, 1);
        assert_eq!(
            world
                .anonymous()
                .query(verify, json!({ "token": token }))
                .succeeded()
                .data("verifyAccount.success"),
            &json!(true)
        );
        let stranger = claim(&world.consumer());
        assert_eq!(stranger["errors"]["id"][0]["code"], "does_not_exist", "{stranger}");
        assert_eq!(
            claim(&two.shop.owner)["errors"]["nonFieldErrors"][0]["code"],
            "permission_denied"
        );
        let done = claim(&me);
        assert_eq!(
            (&done["success"], &done["consumer"]["pointsEarned"]),
            (&json!(true), &json!(30)),
            "{done}"
        );
        let offered = me.query("{ claimableProfiles { count } }", Value::Null).succeeded();
        assert_eq!(offered.data("claimableProfiles.count"), &json!(0));
        let now = two.look(&two.goes["id"]);
        assert_eq!(
            (&now["id"], &now["points"]["available"]),
            (&done["consumer"]["id"], &json!("30"))
        );
        let mut outcomes: Vec<_> = log(&two.shop.owner, "claimProfile")
            .iter()
            .map(|entry| entry["outcome"].clone())
            .collect();
        outcomes.reverse();
        assert_eq!(outcomes, ["REFUSED", "DONE"], "the merchant's log has it");
        two.shop.books_add_up();
    });
}

#[test]
fn rule_30_erasing_who_stayed_erases_who_went_and_ends_the_undo() {
    on_both(|world| {
        let two = Two::open(world);
        two.visit(&two.goes["loyaltyId"], "30");
        assert_eq!(two.merge()["success"], true);
        let export =
            act(&two.shop.owner, "exportConsumer", &json!({ "id": two.stays["id"] }), "export");
        let document = export["export"].as_str().expect("a document");
        for known in [&two.goes["email"], &two.goes["entitySourceId"], &two.goes["loyaltyId"]] {
            assert!(document.contains(known.as_str().expect("a text")), "{known} of {document}");
        }
        let refused = act(
            &two.shop.owner,
            "eraseConsumer",
            &json!({ "id": two.goes["id"], "reason": "REQUEST" }),
            "",
        );
        assert!(fault(&refused, "id").contains("was merged into"), "{refused}");
        let done = act(
            &two.shop.owner,
            "eraseConsumer",
            &json!({ "id": two.stays["id"], "reason": "REQUEST" }),
            "",
        );
        assert_eq!(done["success"], true, "{done}");
        let heap = world.database.dump().join("\n");
        for known in [&two.goes["email"], &two.goes["loyaltyId"], &two.goes["entitySourceId"]] {
            assert!(!heap.contains(known.as_str().expect("a text")), "{known} is still there");
        }
        let undone = two.undo();
        assert_eq!(undone["success"], false, "{undone}");
        two.shop.books_add_up();
    });
}

#[test]
fn rule_27_at_once_with_spending_and_with_the_other_way_round_it_happens_once_and_nothing_is_lost()
{
    on_both(|world| {
        let two = Two::open(world);
        two.visit(&two.goes["loyaltyId"], "100");
        two.visit(&two.stays["loyaltyId"], "100");
        let merge = |one: &Value, into: &Value| {
            let both = json!({ "consumerId": one["id"], "intoConsumerId": into["id"] });
            act(&two.shop.owner, "mergeConsumers", &both, "")
        };
        let spend = |who: &Value| {
            let held = json!({ "loyaltyCardId": two.card, "pointsToRedeem": 20,
                "consumerLoyaltyId": who["loyaltyId"], "storeId": two.shop.store });
            let made = act(
                &two.shop.owner,
                "createPointsRedemptionIntent",
                &held,
                "redemptionIntent { code }",
            );
            if made["success"] != true {
                return 0;
            }
            let kept = json!({ "code": code(&made), "storeId": two.shop.store });
            let kept =
                act(&two.shop.owner, "confirmPointsRedemption", &kept, "pointsRedemption { id }");
            i64::from(kept["success"] == true)
        };
        let (merged, spent) = thread::scope(|scope| {
            let (merge, spend) = (&merge, &spend);
            let merging: Vec<_> = (0..8)
                .map(|nth| {
                    let (one, into) = if nth % 2 == 0 {
                        (&two.goes, &two.stays)
                    } else {
                        (&two.stays, &two.goes)
                    };
                    scope.spawn(move || merge(one, into))
                })
                .collect();
            let spending: Vec<_> = (0..16)
                .map(|nth| {
                    let who = if nth % 2 == 0 { &two.goes } else { &two.stays };
                    scope.spawn(move || spend(who))
                })
                .collect();
            let merged: Vec<Value> =
                merging.into_iter().map(|one| one.join().expect("an answer")).collect();
            let spent: i64 = spending.into_iter().map(|one| one.join().expect("an answer")).sum();
            (merged, spent)
        });
        let done = merged.iter().filter(|answer| answer["success"] == true).count();
        assert!((1..=4).contains(&done), "one way alone: {merged:?}");
        let merchant = &two.shop.me["pk"];
        let left = world.database.rows(&format!(
            "SELECT CAST(SUM(balance - debt) AS TEXT) AS row FROM account WHERE merchant_id = {merchant}"
        ));
        assert_eq!(left, [(200 - 20 * spent).to_string()], "{:?}", world.engine);
        let open = world.database.rows(&format!(
            "SELECT CAST(COUNT(*) AS TEXT) AS row FROM merge WHERE undone_at IS NULL AND merchant_id = {merchant}"
        ));
        assert_eq!(open, ["1"]);
        two.shop.books_add_up();
    });
}
