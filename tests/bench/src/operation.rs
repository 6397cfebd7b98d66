//! What is measured: each operation as a client sends it, and as a question.

use serde_json::{Value, json};

use crate::{
    documents,
    options::Database,
    question::{Filter, Question},
    sample::Sample,
};

/// What an operation is like, which decides what is expected of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// About one customer.
    One,
    /// Fifty rows and more.
    List,
    /// What a filter finds.
    Search,
    /// Answers some rows, and nothing is promised of its share.
    Other,
}

impl Kind {
    /// The least share of the yardstick's requests for each processor-second.
    pub(crate) const fn expected_share(self, database: Database) -> Option<f64> {
        match (self, database) {
            (Self::One | Self::List, Database::Postgres) => Some(0.85),
            (Self::One, Database::Sqlite) => Some(0.9),
            (Self::List, Database::Sqlite) => Some(0.75),
            (Self::Search | Self::Other, _) => None,
        }
    }
}

/// A reading operation.
pub(crate) struct Operation {
    /// What people call it.
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// The requests of a client, sent in turn.
    pub(crate) bodies: Vec<String>,
    /// The same, without GraphQL.
    pub(crate) questions: Vec<Question>,
}

impl Operation {
    fn new(name: impl Into<String>, kind: Kind) -> Self {
        Self { name: name.into(), kind, bodies: Vec::new(), questions: Vec::new() }
    }

    fn asked(mut self, document: &str, variables: &Value, question: Question) -> Self {
        let mut body = json!({ "query": document });
        if let (Some(body), false) = (body.as_object_mut(), variables.is_null()) {
            body.insert("variables".to_owned(), variables.clone());
        }
        self.bodies.push(body.to_string());
        self.questions.push(question);
        self
    }

    fn asked_of<T>(self, all: &[T], ask: impl Fn(Self, &T) -> Self) -> Self {
        all.iter().fold(self, ask)
    }
}

/// Rows on the page of a search.
const FOUND: i32 = 50;
/// Orders in what a till shows.
const SHOWN_ORDERS: i32 = 10;
/// Orders of each customer of a list.
const NEWEST_ORDERS: i32 = 3;

/// Every reading operation.
pub(crate) fn all(sample: &Sample) -> Vec<Operation> {
    let mut all = reading(sample);
    all.extend(searches(sample));
    all
}

fn reading(sample: &Sample) -> Vec<Operation> {
    let list = |first, orders| Question::Customers { first, orders, filter: None, order: None };
    vec![
        Operation::new("list as printed: 100 customers × 13 fields", Kind::List).asked(
            documents::LIST,
            &Value::Null,
            list(100, None),
        ),
        Operation::new("list of 50 customers × 13 fields", Kind::List).asked(
            documents::LIST_OF,
            &json!({ "first": 50 }),
            list(50, None),
        ),
        Operation::new("list of 100 with the newest 3 orders of each", Kind::List).asked(
            documents::LIST_WITH_ORDERS,
            &json!({ "first": 100, "orders": NEWEST_ORDERS }),
            list(100, Some(NEWEST_ORDERS)),
        ),
        Operation::new("one customer, three lists of redemptions", Kind::One).asked_of(
            &sample.ids,
            |operation, id| {
                let question = Question::Customer { id: id.clone() };
                operation.asked(documents::CUSTOMER, &json!({ "id": id }), question)
            },
        ),
        Operation::new("the same, another document each time", Kind::Other).asked_of(
            &sample.ids_in_text,
            |operation, id| {
                let question = Question::Customer { id: id.clone() };
                operation.asked(&documents::customer_in_text(id), &Value::Null, question)
            },
        ),
        Operation::new("one customer and their newest 10 orders", Kind::One).asked_of(
            &sample.ids,
            |operation, id| {
                let variables = json!({ "id": id, "orders": SHOWN_ORDERS });
                let question =
                    Question::CustomerAndHistory { id: id.clone(), orders: SHOWN_ORDERS };
                operation.asked(documents::CUSTOMER_AND_HISTORY, &variables, question)
            },
        ),
        Operation::new("purchase history", Kind::One).asked_of(&sample.ids, |operation, id| {
            let question = Question::History { id: id.clone() };
            operation.asked(documents::HISTORY, &json!({ "id": id }), question)
        }),
        Operation::new("available promotions", Kind::Other).asked_of(
            &sample.loyalty_ids,
            |operation, loyalty_id| {
                let question = Question::Promotions { loyalty_id: loyalty_id.clone() };
                let variables = json!({ "consumerLoyaltyId": loyalty_id });
                operation.asked(documents::PROMOTIONS, &variables, question)
            },
        ),
    ]
}

/// Terms that few, many or none have, in the default order and in others. Towns are in every tenth row, mail's own words
/// in every second one: a search that looks through one text of all columns finds them where they do not count.
fn searches(sample: &Sample) -> Vec<Operation> {
    let (email, phone) = (sample.rare_email.as_str(), sample.rare_phone.as_str());
    let number = sample.rare_loyalty_id.as_str();
    let cases = [
        ("one customer", Filter::Search, email, None),
        ("many", Filter::Search, "müller", None),
        ("two words", Filter::Search, "müller anna", None),
        ("nobody", Filter::Search, "john.smith", None),
        ("one customer", Filter::Email, email, None),
        ("few", Filter::PhoneNumber, phone, None),
        ("few", Filter::LoyaltyId, number, None),
        ("many", Filter::Lastname, "müll", None),
        ("many", Filter::City, "münch", None),
        ("frequent in cities", Filter::Firstname, "berlin", None),
        ("frequent in e-mails", Filter::Lastname, "example", None),
        ("frequent in last names", Filter::City, "müller", None),
        ("one customer, another order", Filter::Search, email, Some("lastname")),
        ("many, another order", Filter::Lastname, "müll", Some("-createdAt")),
        ("very many, another order", Filter::City, "berlin", Some("-updatedAt")),
    ];
    let operation = |(what, filter, term, order): (&str, Filter, &str, Option<&str>)| {
        let by = order.map(|order| format!(" by {order}")).unwrap_or_default();
        let name = format!("{} “{term}”{by}: {what}", filter.argument());
        let question = Question::Customers {
            first: FOUND,
            orders: None,
            filter: Some((filter, term.to_owned())),
            order: order.map(str::to_owned),
        };
        let variables = json!({ "term": term, "order": order, "first": FOUND });
        let document = documents::found_by(filter.argument());
        Operation::new(name, Kind::Search).asked(&document, &variables, question)
    };
    cases.into_iter().map(operation).collect()
}

/// A mutation that is not compared with anything: hashing the password is nearly all of it.
pub(crate) struct Account {
    pub(crate) name: &'static str,
    pub(crate) bodies: Vec<String>,
}

/// Logging in and signing up. `run` tells this run's addresses from those of others.
pub(crate) fn accounts(run: i64) -> [Account; 2] {
    let login = json!({ "email": crate::world::OWNER, "password": crate::world::PASSWORD });
    let signup = |number: u32| {
        let variables = json!({
            "email": format!("bench-{run}-{number}@example.net"),
            "password": crate::world::PASSWORD,
            "firstname": "Bench", "lastname": "Mark", "userType": "CONSUMER",
        });
        json!({ "query": documents::SIGN_UP, "variables": variables }).to_string()
    };
    let login = json!({ "query": documents::LOG_IN, "variables": login }).to_string();
    [
        Account { name: "obtainToken", bodies: vec![login] },
        Account { name: "register", bodies: (0..5_000).map(signup).collect() },
    ]
}
