//! Tables of cases for reading, and properties that hold for every segment and every customer.

use chrono::NaiveDate;
use proptest::prelude::*;
use regulars_kernel::{Currency, MerchantId, OfferId, PersonId, ProductId, StoreId, Timestamp};
use serde_json::{Value as Json, json};

use super::*;
use crate::{ExtraInfo, Standing};

/// Picks from a list that proptest makes (and shrinks); zeros when it is used up.
fn picks(entropy: Vec<u16>) -> impl FnMut() -> usize {
    let mut rest = entropy.into_iter();
    move || rest.next().unwrap_or_default().into()
}

fn entropy() -> impl Strategy<Value = Vec<u16>> {
    prop::collection::vec(any::<u16>(), 0..120)
}

fn customer(entropy: Vec<u16>) -> SegmentFacts {
    sample::facts(&mut picks(entropy), MerchantId::new(1), PersonId::new(2))
}

/// Somebody of whom nothing is known.
fn nobody() -> SegmentFacts {
    let mut facts = customer(Vec::new());
    facts.membership.profile = crate::Profile::default();
    facts.membership.loyalty_id = None;
    facts.membership.extra_info = None;
    facts.membership.entity_source = None;
    facts.membership.entity_source_id = None;
    facts.membership.last_login = None;
    facts.membership.standing = Standing::Live;
    facts.membership.created_at = Timestamp::from_seconds(0);
    facts.membership.updated_at = Timestamp::from_seconds(0);
    facts.membership.num_of_order_discounts_allowed = 0;
    facts.today = NaiveDate::from_ymd_opt(2024, 2, 28).unwrap();
    SegmentFacts::of(facts.membership, Currency::EUR, facts.today)
}

fn holds(rules: &Json, facts: &SegmentFacts) -> bool {
    evaluate(&parse(rules).unwrap_or_else(|rule| panic!("{rules}: {rule}")), facts)
}

fn refusal(rules: &Json) -> String {
    parse(rules).unwrap_err().to_string()
}

#[test]
fn a_refusal_says_what_is_wrong_and_where() {
    let deep = (0..8).fold(json!(["city", "exact", "x"]), |rule, _| json!([rule]));
    let many: Vec<Json> =
        (0..201).map(|i| if i % 2 == 0 { json!(["age", "gt", i]) } else { json!("AND") }).collect();
    let list: Vec<i64> = (1..=501).collect();
    let city = json!(["city", "exact", "x"]);
    for (rules, sentence) in [
        (json!(null), "at the top: a rule is an array"),
        (
            json!("[]"),
            "at the top: a rule is an array, [field, operator, value] or [rule, \"AND\", rule], not \"[]\"",
        ),
        (json!({}), "not an object"),
        (json!([]), "at the top: a rule is empty"),
        (json!([city, "AND", []]), "at [2]: a rule is empty"),
        (json!([[city, "OR", "x"]]), "at [0][2]: a rule is an array"),
        (json!([city, "XOR", city]), "at [1]: \"AND\" or \"OR\" is needed, not \"XOR\""),
        (json!([city, city]), "at [1]: \"AND\" or \"OR\" is needed, not a list"),
        (json!([city, "AND"]), "at the top: a rule is missing after the last word"),
        (json!([city, "AND", "NOT", city]), "at [2]: a negation is an array of its own"),
        (json!(["NOT"]), "[\"NOT\", rule] takes one rule"),
        (json!(["NOT", city, "AND", city]), "[\"NOT\", rule] takes one rule"),
        (json!(["NOT", "city"]), "at [1]: a rule is an array"),
        (json!(["AND", city]), "\"AND\" stands between two rules"),
        (json!(["city", "exact"]), "a term is [field, operator, value]"),
        (json!(["city", "exact", "a", "b"]), "a term is [field, operator, value]"),
        (
            json!([city, "AND", ["shoe", "exact", 4]]),
            "at [2][0]: \"shoe\" is not a field. Allowed: email, ",
        ),
        (json!(["extraInfo.", "exact", 4]), "at [0]: \"extraInfo.\" is not a field"),
        (
            json!(["city", "like", "x"]),
            "at [1]: \"like\" is not an operator. Allowed: exact, iexact, in, icontains,",
        ),
        (json!(["city", 7, "x"]), "at [1]: 7 is not an operator"),
        (
            json!(["gender", "gt", "MALE"]),
            "at [1]: gt does not fit gender. Allowed: exact, iexact, in, isnull.",
        ),
        (
            json!(["gender", "exact", "X"]),
            "at [2]: \"X\" is not one of the choices. Allowed: MALE, FEMALE, OTHER.",
        ),
        (json!(["country", "exact", "ZZ"]), "ISO 3166-1"),
        (json!(["gender", "in", ["MALE", null]]), "at [2][1]: null is not one of the choices"),
        (json!(["gender", "in", "MALE"]), "at [2]: in takes a list of values"),
        (json!(["gender", "in", []]), "a list of 1 to 500 values is needed, not 0"),
        (json!(["visits__store", "in", list]), "a list of 1 to 500 values is needed, not 501"),
        (json!(["age", "range", [1]]), "range takes two values"),
        (json!(["age", "range", [1, 2, 3]]), "a list of 1 to 2 values is needed, not 3"),
        (json!(["age", "range", [2, 1]]), "cannot be greater"),
        (json!(["extraInfo.k", "range", [1, "a"]]), "two values of one kind"),
        (json!(["age", "exact", 1.5]), "1.5 is not a whole number"),
        (json!(["age", "exact", "1e3"]), "is not a whole number"),
        (json!(["birthday__month", "exact", 13]), "13 is not a month"),
        (json!(["birthday", "exact", "2023-02-29"]), "is not a date such as"),
        (json!(["birthday", "exact", "2024-2-1"]), "is not a date such as"),
        (json!(["createdAt", "gt", "soon"]), "is not a time such as"),
        (json!(["orders__total", "gt", "12,50"]), "is not an amount such as"),
        (json!(["active", "exact", "yes"]), "is not true or false"),
        (json!(["city", "isnull", "x"]), "isnull takes true or false"),
        (json!(["city", "exact", ""]), "ask for absent values with isnull"),
        (json!(["city", "exact", "a\u{0}"]), "Null characters are not allowed."),
        (json!(["extraInfo.a\u{0}", "exact", "a"]), "Null characters are not allowed."),
        (json!(["city", "exact", "x".repeat(501)]), "at most 500 characters"),
        (json!(["city", "exact", ["x"]]), "a list is not a text"),
        (json!(["extraInfo.k", "gt", 1e30]), "at most 18 digits"),
        (json!(["orders__store", "exact", "nonsense"]), "is not the id of a StoreNode"),
        (json!([deep]), "rules nest at most 8 deep"),
        (json!(many), "at [200]: there are more than 100 terms"),
    ] {
        let message = refusal(&rules);
        assert!(message.contains(sentence), "{rules}\n{message}");
        assert!(message.starts_with("Segmentation rules, at "), "{message}");
        assert!(message.ends_with('.') && message.len() < 1500, "{message}");
    }
}

#[test]
fn limits_are_reached_but_not_passed() {
    let deep = (0..7).fold(json!(["city", "exact", "x"]), |rule, _| json!([rule]));
    assert!(parse(&deep).is_ok());
    let many: Vec<Json> =
        (0..199).map(|i| if i % 2 == 0 { json!(["age", "gt", i]) } else { json!("and") }).collect();
    assert_eq!(parse(&json!(many)).unwrap().terms().len(), 100);
    let list: Vec<i64> = (1..=500).collect();
    assert!(parse(&json!(["visits__store", "in", list])).is_ok());
}

#[test]
fn texts_that_are_no_rules_are_refused() {
    let endless = "[".repeat(60_000);
    let long = format!("[\"city\",\"exact\",\"{}\"]", "x".repeat(MAX_BYTES));
    for text in ["", "nonsense", "[", &endless, &long, "[\"city\",\"exact\",\"\\ud800\"]"] {
        assert!(parse_text(text).is_err(), "{text:.20}");
    }
    assert!(
        parse_text(r#"[["gender","exact","MALE"],"AND",["redemptions__offer","in",["194","60"]]]"#)
            .is_ok()
    );
}

#[test]
fn rule_31_and_binds_before_or_and_not_negates() {
    let (yes, no) = (json!(["staff", "exact", false]), json!(["staff", "exact", true]));
    let facts = nobody();
    for (rules, expected) in [
        (json!([yes, "OR", yes, "AND", no]), true),
        (json!([no, "AND", yes, "OR", yes]), true),
        (json!([[yes, "OR", yes], "AND", no]), false),
        (json!([no, "AND", [yes, "OR", yes]]), false),
        (json!([no, "OR", no, "OR", yes]), true),
        (json!(["NOT", [no, "OR", no]]), true),
        (json!([["NOT", yes], "OR", no]), false),
        (json!([["NOT", ["NOT", yes]]]), true),
    ] {
        assert_eq!(holds(&rules, &facts), expected, "{rules}");
    }
}

#[test]
fn rule_31_a_comparison_with_an_absent_value_is_false_and_its_not_true() {
    let facts = nobody();
    let present = [
        "staff",
        "admin",
        "active",
        "archived",
        "verified",
        "userType",
        "createdAt",
        "updatedAt",
        "numOfOrderDiscountsAllowed",
        "pointsEarned",
        "stamps",
        "orders__count",
        "orders__total",
        "visits__count",
    ];
    let mut pick = picks((0..5000_u16).map(|i| i.wrapping_mul(31)).collect());
    let mut seen = BTreeSet::new();
    for _ in 0..2000 {
        let term = sample::term(&mut pick);
        let (name, operator) = (term[0].as_str().unwrap(), term[1].as_str().unwrap());
        if present.contains(&name) || operator == "isnull" {
            continue;
        }
        seen.insert(name.to_owned());
        assert!(!holds(&term, &facts), "{term}");
        assert!(holds(&json!(["NOT", term]), &facts), "{term}");
    }
    for field in Field::named() {
        let name = field.name().into_owned();
        let is_null = json!([name, "isnull", true]);
        assert_eq!(holds(&is_null, &facts), !present.contains(&name.as_str()), "{name}");
    }
    assert!(seen.len() > 20, "the sample reaches most fields: {seen:?}");
}

#[test]
fn rule_31_text_compares_folded_by_code_point() {
    let mut facts = nobody();
    facts.membership.profile.city = Some("STRAẞE Müller ﬁn".to_owned());
    for (rules, expected) in [
        (json!(["city", "exact", "straße müller fin"]), true),
        (json!(["city", "iexact", "STRAẞE MÜLLER FIN"]), true),
        (json!(["city", "exact", "strasse muller fin"]), false),
        (json!(["city", "icontains", "MÜLL"]), true),
        (json!(["city", "icontains", "%"]), false),
        (json!(["city", "gt", "stra"]), true),
        (json!(["city", "lt", "straz"]), false),
        (json!(["city", "range", ["s", "t"]]), true),
        (json!(["city", "in", ["bonn", "Straße Müller fin"]]), true),
    ] {
        assert_eq!(holds(&rules, &facts), expected, "{rules}");
    }
}

#[test]
fn rule_31_ages_turn_on_the_birthday_and_on_1_march_for_29_february() {
    let day = |text: &str| text.parse::<NaiveDate>().unwrap();
    let mut facts = nobody();
    for (born, today, age) in [
        ("2004-02-29", "2022-02-28", Some(17)),
        ("2004-02-29", "2022-03-01", Some(18)),
        ("2004-02-29", "2024-02-29", Some(20)),
        ("2004-03-01", "2024-02-29", Some(19)),
        ("2024-02-29", "2024-02-29", Some(0)),
        ("2024-03-01", "2024-02-29", None),
    ] {
        facts.membership.profile.birthday = Some(day(born));
        facts.today = day(today);
        assert_eq!(holds(&json!(["age", "isnull", true]), &facts), age.is_none(), "{born}");
        assert_eq!(holds(&json!(["age", "exact", age.unwrap_or(0)]), &facts), age.is_some());
    }
    assert!(holds(&json!(["birthday__month", "exact", "3"]), &facts));
    assert!(holds(&json!(["birthday", "range", ["2024-03-01", "2024-03-01"]]), &facts));
}

#[test]
fn rule_31_count_and_total_are_net_of_refunds_and_total_in_the_merchants_currency() {
    let mut facts = nobody();
    let order = |total, refunded, currency| OrderFact {
        store: StoreId::new(7),
        products: vec![ProductId::new(3)],
        completed_at: Some(Timestamp::from_seconds(0)),
        total,
        refunded,
        currency,
    };
    for order in [
        order(1000, 250, Currency::EUR),
        order(500, 500, Currency::EUR),
        order(9900, 0, Currency::USD),
        order(0, 0, Currency::EUR),
    ] {
        facts.orders.add(&order, facts.currency);
    }
    for (rules, expected) in [
        (json!(["orders__count", "exact", 3]), true),
        (json!(["orders__total", "exact", "7.50"]), true),
        (json!(["orders__total", "exact", 7.5]), true),
        (json!(["orders__total", "gt", "7.495"]), true),
        (json!(["orders__total", "gt", "7.5"]), false),
        (json!(["orders__store", "exact", 7]), true),
        (json!([["orders__store", "exact", 7], "AND", ["orders__product", "in", [9, 3]]]), true),
        (json!(["orders__product", "in", [1, 2]]), false),
        (json!(["orders__completedAt", "lte", "1970-01-01"]), true),
    ] {
        assert_eq!(holds(&rules, &facts), expected, "{rules}");
    }
    facts.orders = OrderFacts::default();
    assert!(holds(&json!(["orders__count", "exact", 0]), &facts));
    assert!(holds(&json!(["orders__total", "lte", 0]), &facts));
}

#[test]
fn rule_31_each_term_asks_by_itself_whether_some_row_fits() {
    let mut facts = nobody();
    let redemption = |offer, seconds| RedemptionFact {
        offer: OfferId::new(offer),
        created_at: Timestamp::from_seconds(seconds),
    };
    facts.redemptions.add(redemption(194, 0));
    facts.redemptions.add(redemption(60, 1000));
    assert!(holds(
        &json!([
            ["redemptions__offer", "exact", 194],
            "AND",
            ["redemptions__createdAt", "gt", "1970-01-01T00:10"]
        ]),
        &facts
    ));
    assert!(!holds(&json!(["NOT", ["redemptions__offer", "exact", 194]]), &facts));
    assert!(holds(&json!(["redemptions__offer", "isnull", false]), &facts));
    assert!(holds(&json!(["visits__store", "isnull", true]), &facts));
}

#[test]
fn extra_info_compares_texts_with_texts_and_numbers_with_numbers() {
    let mut facts = nobody();
    let info = r#"{"tier":"Gold","n":9,"f":5.0,"b":true,"s":"12","o":null,"l":[1],"big":1e300,"nul":"a\u0000"}"#;
    facts.membership.extra_info = Some(ExtraInfo::from_stored(info.to_owned()));
    for (rules, expected) in [
        (json!(["extraInfo.tier", "exact", "gOLD"]), true),
        (json!(["extraInfo.n", "lt", 10]), true),
        (json!(["extraInfo.n", "lt", "10"]), false),
        (json!(["extraInfo.n", "exact", "9"]), true),
        (json!(["extraInfo.n", "exact", 9.0]), true),
        (json!(["extraInfo.f", "exact", 5]), true),
        (json!(["extraInfo.f", "exact", "5"]), false),
        (json!(["extraInfo.s", "exact", 12]), false),
        (json!(["extraInfo.s", "iexact", 12]), true),
        (json!(["extraInfo.s", "icontains", 1]), true),
        (json!(["extraInfo.b", "exact", true]), true),
        (json!(["extraInfo.b", "exact", "TRUE"]), true),
        (json!(["extraInfo.n", "in", ["x", 9]]), true),
        (json!(["extraInfo.n", "range", [8.5, 9.5]]), true),
        (json!(["extraInfo.big", "gt", 5]), false),
        (json!(["extraInfo.big", "isnull", false]), true),
        (json!(["extraInfo.o", "isnull", true]), true),
        (json!(["extraInfo.l", "isnull", true]), true),
        (json!(["extraInfo.nul", "isnull", true]), true),
        (json!(["extraInfo.none", "isnull", true]), true),
    ] {
        assert_eq!(holds(&rules, &facts), expected, "{rules}");
    }
}

#[test]
fn a_segment_says_what_has_to_be_loaded() {
    let needs = |rules: &Json| parse(rules).unwrap().needs();
    assert!(needs(&json!(["city", "exact", "x"])).is_nothing());
    let products = needs(&json!([["orders__product", "exact", 1], "OR", ["stamps", "gt", 1]]));
    assert_eq!(products, Needs { products: true, accounts: true, ..Needs::default() });
    assert!(!needs(&json!(["orders__total", "gt", 1])).products);
    // Who bought before or after some day is told by the first and the last order; who bought in May, by the next from then.
    let (may, june) = ("2024-05-01T00:00:00Z", "2024-06-01T00:00:00Z");
    let from = |operator: &str, operand: Json| {
        needs(&json!(["orders__completedAt", operator, operand])).completed_from.len()
    };
    assert_eq!((from("gte", json!(may)), from("lt", json!(may))), (0, 0));
    assert_eq!((from("range", json!([may, june])), from("in", json!([may, june]))), (1, 2));
}

proptest! {
    #[test]
    fn printing_and_reading_agree(entropy in entropy()) {
        let segment = parse(&sample::rules(&mut picks(entropy))).unwrap();
        let printed = segment.to_string();
        prop_assert_eq!(&parse(&segment.canonical()).unwrap(), &segment);
        let again = parse_text(&printed).unwrap();
        prop_assert_eq!(&again, &segment);
        prop_assert_eq!(again.to_string(), printed);
    }

    #[test]
    fn rule_31_logic_has_two_values(rules in entropy(), other in entropy(), facts in entropy()) {
        let facts = customer(facts);
        let (a, b) = (sample::rules(&mut picks(rules)), sample::rules(&mut picks(other)));
        let (is_a, is_b) = (holds(&a, &facts), holds(&b, &facts));
        prop_assert_eq!(holds(&json!(["NOT", a]), &facts), !is_a);
        prop_assert_eq!(holds(&json!([a, "AND", b]), &facts), is_a && is_b);
        prop_assert_eq!(holds(&json!([a, "OR", b]), &facts), is_a || is_b);
        let de_morgan = json!([["NOT", a], "OR", ["NOT", b]]);
        prop_assert_eq!(holds(&json!(["NOT", [a, "AND", b]]), &facts), holds(&de_morgan, &facts));
    }

    #[test]
    fn what_a_segment_needs_decides_as_everything_does(
        rules in entropy(), other in entropy(), facts in entropy(), single in any::<bool>(),
    ) {
        let whole = customer(facts);
        let bare = SegmentFacts::of(whole.membership.clone(), whole.currency, whole.today);
        let draw = if single { sample::term } else { sample::rules };
        let segments = [rules, other].map(|seed| parse(&draw(&mut picks(seed))).unwrap());
        // Loaded once for both, as the promotions of one request are.
        let needs = segments.iter().map(Segment::needs).fold(Needs::default(), Needs::and);
        let mut loaded = bare;
        loaded.complete(whole.clone(), &needs);
        for segment in segments {
            prop_assert_eq!(evaluate(&segment, &loaded), evaluate(&segment, &whole), "{}", segment);
        }
    }

    #[test]
    fn rule_31_and_binds_before_or_in_lists_of_any_length(
        first in any::<bool>(),
        rest in prop::collection::vec((any::<bool>(), any::<bool>()), 0..8),
    ) {
        let rule = |flag: bool| json!(["staff", "exact", !flag]);
        let mut items = vec![rule(first)];
        let mut disjuncts = vec![first];
        for (or, flag) in rest {
            items.push(json!(if or { "OR" } else { "AND" }));
            items.push(rule(flag));
            match disjuncts.last_mut() {
                Some(last) if !or => *last = *last && flag,
                _ => disjuncts.push(flag),
            }
        }
        prop_assert_eq!(holds(&json!(items), &nobody()), disjuncts.contains(&true));
    }

    #[test]
    fn the_folded_copies_are_texts_that_decide_alike(
        facts in entropy(),
        own in prop::sample::select(vec![json!("Ada"), json!("MÜLLER 5"), json!(5), json!(4.5), json!(true)]),
        asked in prop::sample::select(vec![json!("ada"), json!("müller 5"), json!("5"), json!(5), json!(4.5), json!("true")]),
    ) {
        let mut facts = customer(facts);
        let copies: Json = serde_json::from_str(&folded_text(&facts.membership)).unwrap();
        prop_assert!(copies.as_object().unwrap().values().all(Json::is_string));
        let key = "tier";
        facts.membership.extra_info = ExtraInfo::parse(&json!({ key: own }).to_string()).ok();
        let copies: Json = serde_json::from_str(&folded_text(&facts.membership)).unwrap();
        let term = json!([format!("extraInfo.{key}"), "exact", asked]);
        let expected = match &asked {
            Json::Number(number) => {
                let number = Decimal::parse(&number.to_string()).unwrap();
                (extra_info_number_key(key), number.sortable())
            }
            other => {
                let text = other.as_str().map_or_else(|| other.to_string(), str::to_owned);
                (extra_info_text_key(key), regulars_kernel::text::fold(&text))
            }
        };
        prop_assert_eq!(holds(&term, &facts), copies[&expected.0] == expected.1);
    }

    #[test]
    fn no_json_makes_the_parser_panic(words in prop::collection::vec("[a-zA-Z_.]{0,9}|\"|\\[|\\]|,|NOT|AND|[0-9]{1,3}", 0..30)) {
        let text = words.concat();
        if let Ok(segment) = parse_text(&text) {
            prop_assert_eq!(parse(&segment.canonical()), Ok(segment));
        }
    }
}
