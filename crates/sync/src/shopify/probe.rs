//! Whether all that is needed of a shop is there and allowed, in the merchant's words.

use serde_json::{Value, json};

use super::{Shopify, customer::Personal, query::Query};
use crate::connector::{Fault, Tested};

/// What an app may do there, what for, and whether anything works without it.
const SCOPES: [(&str, &str); 5] = [
    ("read_customers", "to read customers"),
    ("read_orders", "to read orders"),
    ("read_all_orders", "to read orders older than 60 days"),
    ("read_customer_merge", "to be told which customers were merged"),
    ("write_customers", "to show points in the shop"),
];

impl Shopify {
    /// Asks who answers, what is allowed, and what is shown of people.
    pub(super) fn probe(&mut self) -> Result<Tested, Fault> {
        let mut tested = Tested::default();
        let reply = self.api.ask_plainly(Query::Shop, &json!({}))?;
        let said = |path| reply.data.pointer(path).and_then(Value::as_str);
        tested.account = said("/shop/name").map(str::to_owned);
        match said("/shop/myshopifyDomain") {
            Some(shop) if shop.eq_ignore_ascii_case(&self.shop) => {
                tested.fine.push("The shop answers and accepts the login.".to_owned());
            }
            Some(shop) => tested.wrong.push(format!(
                "The login belongs to the shop {shop}: enter that address, or the login of {}.",
                self.shop
            )),
            None => {}
        }
        let asked = self.api.version.to_string();
        if let Some(answered) = reply.version.filter(|answered| *answered != asked) {
            tested.wrong.push(format!(
                "Shopify answers in version {answered}, since {asked} is not there any more (or not yet): enter {answered} as the version."
            ));
        }
        let scopes = reply.data.pointer("/currentAppInstallation/accessScopes");
        let scopes: Vec<&str> = scopes
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|scope| scope.get("handle").and_then(Value::as_str))
            .collect();
        let mut needed = SCOPES.to_vec();
        if self.wanted.locations {
            needed.push(("read_locations", "to tell the tills of several places apart"));
        }
        if self.wanted.products {
            needed.push(("read_products", "to read which products were bought"));
        }
        // Who may write may read.
        let has = |scope: &str| {
            let write = scope.replacen("read_", "write_", 1);
            scopes.iter().any(|have| *have == scope || *have == write)
        };
        for (scope, what_for) in needed {
            if has(scope) {
                tested.fine.push(format!("The app may do {scope} ({what_for})."));
            } else {
                tested.wrong.push(format!(
                    "The app lacks the scope {scope}, {what_for}: add it in the Dev Dashboard, and install the app anew."
                ));
            }
        }
        if has("read_customers") {
            self.probe_sight(&mut tested)?;
        }
        Ok(tested)
    }

    fn probe_sight(&mut self, tested: &mut Tested) -> Result<(), Fault> {
        let mut reply = self.api.ask_plainly(Query::CustomersSight, &json!({}))?;
        let nodes = reply.data.pointer_mut("/customers/nodes").map(Value::take);
        let Some(Value::Array(nodes)) = nodes else {
            return Err(Fault::Schema("Shopify's answer has no customers in it.".to_owned()));
        };
        if nodes.is_empty() {
            tested.fine.push("The shop has no customers yet.".to_owned());
            return Ok(());
        }
        self.sight.note(&nodes);
        let (seen, unseen): (Vec<Personal>, Vec<Personal>) =
            Personal::ALL.into_iter().partition(|kind| self.sight.seen.contains(kind));
        let words = |kinds: &[Personal]| {
            let words: Vec<_> = kinds.iter().map(|kind| kind.words()).collect();
            words.join(", ")
        };
        if !seen.is_empty() {
            tested.fine.push(format!("Shopify shows us your customers' {}.", words(&seen)));
        }
        if !unseen.is_empty() {
            tested.wrong.push(format!(
                "Shopify shows us none of your customers' {}. If they have some, ask for access to protected customer data in the Dev Dashboard (API access); until then what we hold of them stays as it is.",
                words(&unseen)
            ));
        }
        Ok(())
    }
}
