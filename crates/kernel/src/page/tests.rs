use base64::{Engine, engine::general_purpose::STANDARD};
use proptest::prelude::*;

use super::*;

#[derive(Clone, Copy, Debug, PartialEq)]
enum By {
    Name,
    Age,
}

impl SortField for By {
    const LIST: &'static str = "people";
    fn from_name(name: &str) -> Option<Self> {
        Self::all().iter().copied().find(|field| field.name() == name)
    }
    fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Age => "age",
        }
    }
    fn kind(self) -> KeyKind {
        match self {
            Self::Name => KeyKind::Text,
            Self::Age => KeyKind::Int,
        }
    }
    fn all() -> &'static [Self] {
        &[Self::Name, Self::Age]
    }
    fn default_order() -> Order<Self> {
        Order { terms: Vec::new(), pk_descending: false }
    }
}

#[derive(Clone, Debug, PartialEq)]
struct Person(i64, String, i64);

impl Keyed<By> for Person {
    fn sort_key(&self, field: By) -> SortKey {
        match field {
            By::Name => SortKey::Text(self.1.clone()),
            By::Age => SortKey::Int(self.2),
        }
    }
    fn pk(&self) -> i64 {
        self.0
    }
}

fn parse(arguments: &PageArguments) -> Result<PageRequest<By>, Violations> {
    PageRequest::parse(arguments, "people")
}

#[test]
fn bad_paging_names_the_argument() {
    let ask = PageArguments::default;
    let foreign = STANDARD.encode("k1\norders\npk\n5");
    let other_order = STANDARD.encode("k1\npeople\n-pk\n5");
    let forged =
        |order: &str, key: &str| Some(STANDARD.encode(format!("k1\npeople\n{order}\n5\n{key}")));
    let text = |text: &str| format!("t{}", STANDARD.encode(text));
    let by = |order: &str| Some(order.to_owned());
    let nth = |index: u32| Some(STANDARD.encode(format!("arrayconnection:{index}")));
    let keyed = || Some(STANDARD.encode("k1\npeople\npk\n5"));
    for (arguments, field) in [
        (PageArguments { first: Some(-1), ..ask() }, "first"),
        (PageArguments { first: Some(101), ..ask() }, "first"),
        (PageArguments { last: Some(-1), ..ask() }, "last"),
        (PageArguments { first: Some(1), last: Some(1), ..ask() }, "last"),
        (PageArguments { offset: Some(-1), ..ask() }, "offset"),
        (PageArguments { offset: Some(10_001), ..ask() }, "offset"),
        (PageArguments { after: Some("rubbish".into()), ..ask() }, "after"),
        (PageArguments { after: Some(foreign), ..ask() }, "after"),
        (PageArguments { before: Some(other_order), ..ask() }, "before"),
        // Keys that were not made here: text for a number, a number for text, and text that no column holds.
        (
            PageArguments { after: forged("age,pk", &text("x")), order_by: by("age"), ..ask() },
            "after",
        ),
        (
            PageArguments { before: forged("name,pk", "i7"), order_by: by("name"), ..ask() },
            "before",
        ),
        (
            PageArguments {
                after: forged("name,pk", &text("a\0b")),
                order_by: by("name"),
                ..ask()
            },
            "after",
        ),
        (
            PageArguments { after: forged("name,pk", "t????"), order_by: by("name"), ..ask() },
            "after",
        ),
        (PageArguments { after: forged("pk", "i7"), ..ask() }, "after"),
        // Numbers of rows beside what does not count from the front.
        (PageArguments { last: Some(1), after: nth(1), ..ask() }, "after"),
        (PageArguments { last: Some(1), before: nth(1), ..ask() }, "before"),
        (PageArguments { after: keyed(), before: nth(9), ..ask() }, "before"),
        // The cap is the fault of the argument that goes past it.
        (PageArguments { after: nth(10_000), ..ask() }, "after"),
        (PageArguments { after: nth(u32::MAX), ..ask() }, "after"),
        (PageArguments { offset: Some(10_000), after: nth(0), ..ask() }, "after"),
        (PageArguments { order_by: Some("shoe".into()), ..ask() }, "orderBy"),
        (PageArguments { order_by: Some("age,-age".into()), ..ask() }, "orderBy"),
    ] {
        let wrong = parse(&arguments).unwrap_err();
        assert_eq!(wrong.iter().next().unwrap().field, Some(field), "{arguments:?}");
    }
    let long = parse(&PageArguments { order_by: Some("x".repeat(9_000)), ..ask() }).unwrap_err();
    assert!(long.to_string().len() < 200, "what was sent comes back shortened");
    let wrong = parse(&PageArguments { first: Some(101), ..ask() }).unwrap_err();
    assert_eq!(
        wrong.iter().next().unwrap().rule.to_string(),
        "Requesting 101 records on the `people` connection exceeds the `first` limit of 100 records."
    );
}

#[test]
fn the_old_cursor_counts_as_an_offset() {
    let after = STANDARD.encode("arrayconnection:4");
    let request = parse(&PageArguments { after: Some(after), ..Default::default() }).unwrap();
    assert_eq!(request.offset, 5);
}

fn people() -> impl Strategy<Value = Vec<Person>> {
    prop::collection::vec(("[a-c\u{e9}\n]{0,2}", 0_i64..4), 0..30).prop_map(|people| {
        (1..).zip(people).map(|(pk, (name, age))| Person(pk, name, age)).collect()
    })
}

proptest! {
    #[test]
    fn walking_by_cursors_meets_every_row_once_in_both_directions(
        people in people(),
        size in 1_i32..7,
        order in prop::sample::select(vec!["", "age", "-name,age", "-pk", "name,-pk"]),
    ) {
        let order_by = Some(order.to_owned());
        let parsed = Order::<By>::parse(Some(order)).unwrap();
        let mut whole = people.clone();
        whole.sort_by(|a, b| parsed.compare(a, &parsed.position(b)));
        let mut forward = Vec::new();
        let mut cursor = None;
        loop {
            let request = parse(&PageArguments {
                first: Some(size), after: cursor, order_by: order_by.clone(), ..Default::default()
            }).unwrap();
            let page = cut(people.clone(), &request);
            cursor = page.items.last().map(|row| parsed.cursor(&parsed.position(row)));
            forward.extend(page.items);
            if !page.has_next { break; }
        }
        prop_assert_eq!(&forward, &whole);
        let mut backward = Vec::new();
        let mut cursor = None;
        loop {
            let request = parse(&PageArguments {
                last: Some(size), before: cursor, order_by: order_by.clone(), ..Default::default()
            }).unwrap();
            let mut page = cut(people.clone(), &request);
            cursor = page.items.first().map(|row| parsed.cursor(&parsed.position(row)));
            page.items.append(&mut backward);
            backward = page.items;
            if !page.has_previous { break; }
        }
        prop_assert_eq!(&backward, &whole);
    }
}
