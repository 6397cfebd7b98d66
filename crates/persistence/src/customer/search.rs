//! Substrings in SQL: which conditions a filter makes, how a database's index answers them, and where no index is asked.
//!
//! An index finds rare terms at once and is slow with frequent ones; walking the list in the order that was asked is the
//! other way round. Nobody knows beforehand which a term is, so each way is bounded.
//!
//! SQLite's index hands out rows one by one, in the default order:
//! 1. In the default order a page ends it: rare or frequent, one statement.
//! 2. In another order it is asked for up to [`Bounds::rare`] people. If that is all, they are sorted; else the term is frequent,
//!    and walking the list soon fills a page.
//!
//! PostgreSQL's index hands out all rows or none, and SQLite's does where a term is shorter than a gram:
//! 1. The next [`Bounds::look_through`] customers in the order asked are looked through. A full page is the answer.
//! 2. If that gave less than a page, the term is rare among them: the index collects what there is, and that is sorted.

use diesel::sql_types::BigInt;
use regulars_customer::{
    ConsumerFilter, ConsumerSort,
    search::{PhoneTerm, Word},
};
use regulars_kernel::{MerchantId, PageRequest, Scope, StoreError, page::Position};

use super::search_text::{Field, ids_of, token};
use crate::{
    Tx,
    page::{SortColumns, push_bounds, push_limit, push_order, push_page},
    statement::Statement,
};

/// Where a search gives up one way and goes the other; every answer is the same whatever they are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// How many customers are looked through before an index is asked.
    pub(crate) look_through: i64,
    /// The same in any order but the default one, in which each costs two look-ups more.
    pub(crate) look_through_ordered: i64,
    /// How many people the index is asked for before a list is walked instead.
    pub(crate) rare: i64,
    /// How many orders are looked through before customers are searched.
    pub(crate) look_through_orders: i64,
}

impl Bounds {
    /// What pays with the lists of a large merchant.
    pub(crate) const USUAL: Self = Self {
        look_through: 4_000,
        look_through_ordered: 2_000,
        rare: 4_000,
        look_through_orders: 2_000,
    };
}

/// What the terms of an order are called while they are looked through.
const KEYS: [(&str, &str); 7] = [
    (" AS k0, ", "w.k0"),
    (" AS k1, ", "w.k1"),
    (" AS k2, ", "w.k2"),
    (" AS k3, ", "w.k3"),
    (" AS k4, ", "w.k4"),
    (" AS k5, ", "w.k5"),
    (" AS k6, ", "w.k6"),
];
/// Places in which one word is looked for, at most; what asks for more has a shape of its own.
const ONE_WORD: usize = 6;
/// Grams of a text that the index is asked for: more make it slower and no more choosy.
const GRAMS: usize = 6;

/// One of several texts must occur, each in its column.
#[derive(Clone, Debug)]
pub(crate) struct Condition {
    any: Vec<(Field, String)>,
}

impl Condition {
    pub(crate) fn phone(term: &PhoneTerm) -> Self {
        Self { any: term.any_of.iter().map(|text| (Field::Phone, text.clone())).collect() }
    }

    fn word(word: &Word) -> Self {
        let columns = [Field::Firstname, Field::Lastname, Field::Email, Field::Cards];
        // Loyalty ids are digits alone.
        let number = word.text.chars().all(|character| character.is_ascii_digit());
        let loyalty_id = number.then(|| (Field::LoyaltyId, word.text.clone()));
        let digits = word.digits.iter().map(|digits| (Field::Phone, digits.clone()));
        let any = columns.map(|field| (field, word.text.clone())).into_iter();
        Self { any: any.chain(loyalty_id).chain(digits).collect() }
    }

    /// How many characters the shortest of its texts has.
    fn shortest(&self) -> usize {
        self.any.iter().map(|(_, text)| text.chars().count()).min().unwrap_or_default()
    }

    fn is_short(&self) -> bool {
        self.any.iter().any(|(field, text)| text.chars().count() < field.gram())
    }
}

/// The substrings that a filter asks for; all must be met.
pub(super) fn conditions(filter: &ConsumerFilter) -> Vec<Condition> {
    let texts = [
        (Field::LoyaltyId, &filter.loyalty_id_icontains),
        (Field::Email, &filter.email_icontains),
        (Field::Firstname, &filter.firstname_icontains),
        (Field::Lastname, &filter.lastname_icontains),
        (Field::City, &filter.city_icontains),
    ];
    let texts = texts.into_iter().filter_map(|(field, text)| {
        // Every text holds the empty one.
        let text = text.clone().filter(|text| !text.is_empty())?;
        Some(Condition { any: vec![(field, text)] })
    });
    let phones = [&filter.phone_number, &filter.phone_number_icontains];
    let phones = phones.into_iter().flatten().map(Condition::phone);
    let words = filter.search.iter().flat_map(|search| &search.words).map(Condition::word);
    texts.chain(phones).chain(words).collect()
}

/// A search within one merchant's customers.
pub(crate) struct Search<'a> {
    pub(crate) merchant: MerchantId,
    pub(crate) conditions: &'a [Condition],
    pub(crate) sqlite: bool,
    pub(crate) bounds: Bounds,
}

/// Appends `membership_search s WHERE …`, which can go on: the rows in reach. Every statement of PostgreSQL's that reads the
/// table begins here, because no wall of the database stands around it: behind a policy its index would not be asked.
/// `joining` is what stands before a condition on SQLite, where the table is joined.
pub(crate) fn push_searched<ST>(
    statement: &mut Statement<ST>,
    scope: Scope,
    joining: &'static str,
) {
    statement.push("membership_search s");
    statement.push_dialect(" WHERE ", joining);
    match scope {
        Scope::Merchant(merchant) => {
            statement.push("s.merchant_id = ");
            statement.push_bind(merchant.get());
        }
        Scope::Person(person) => {
            statement.push("s.person_id = ");
            statement.push_bind(person.get());
        }
        Scope::Platform => statement.push("TRUE"),
    }
}

/// Appends ` AND …` for each condition over `membership_search s`.
pub(crate) fn push_conditions<ST>(
    statement: &mut Statement<ST>,
    conditions: &[Condition],
    sqlite: bool,
) {
    if conditions.len() > 1 || conditions.iter().any(|one| one.any.len() > ONE_WORD) {
        statement.vary();
    }
    for condition in conditions {
        for (number, (field, text)) in condition.any.iter().enumerate() {
            statement.push(if number == 0 { " AND (" } else { " OR " });
            if sqlite {
                statement.push("instr(");
                statement.push(field.column());
                statement.push(", ");
                statement.push_bind(text.as_str());
                statement.push(") > 0");
            } else {
                statement.push(field.column());
                statement.push(" LIKE ");
                statement.push_bind(pattern(text));
            }
        }
        statement.push(")");
    }
}

impl Search<'_> {
    /// Appends ` AND …` for each condition over `membership_search s`.
    pub(super) fn push_conditions<ST>(&self, statement: &mut Statement<ST>) {
        push_conditions(statement, self.conditions, self.sqlite);
    }

    /// The memberships `m` that fit, through the index; more conditions follow with ` AND …`.
    pub(crate) fn hits<ST>(&self, select: &'static str) -> Statement<ST> {
        let mut statement = if self.sqlite {
            Statement::new("SELECT ")
        } else {
            // MATERIALIZED: the planner must not walk a list in key order because it believes the term frequent.
            let mut hit = Statement::new("WITH hit AS MATERIALIZED (SELECT s.person_id FROM ");
            push_searched(&mut hit, Scope::Merchant(self.merchant), " WHERE ");
            self.push_conditions(&mut hit);
            hit.sql(") SELECT ")
        };
        statement.push(select);
        if self.sqlite {
            statement.push(
                " FROM membership_trigram t CROSS JOIN membership_search s ON s.id = t.rowid \
                 CROSS JOIN membership m ON m.merchant_id = s.merchant_id \
                 AND m.person_id = s.person_id WHERE t.membership_trigram MATCH ",
            );
            statement.push_bind(self.grams());
            statement.push(" AND s.merchant_id = ");
            statement.push_bind(self.merchant.get());
            self.push_conditions(&mut statement);
        } else {
            statement.push(
                " FROM hit CROSS JOIN LATERAL \
                 (SELECT * FROM membership m WHERE m.merchant_id = ",
            );
            statement.push_bind(self.merchant.get());
            // OFFSET 0: each hit is looked up, whatever the planner believes of their number.
            statement.push(" AND m.person_id = hit.person_id OFFSET 0) m WHERE TRUE");
        }
        statement
    }

    /// Appends the page of [`Self::hits`]; the default order is the index's own, so that no row is looked up in vain.
    pub(super) fn push_page<ST>(
        &self,
        statement: &mut Statement<ST>,
        request: &PageRequest<ConsumerSort>,
    ) {
        if !request.order.terms.is_empty() {
            push_page(statement, request);
        } else if self.sqlite {
            push_people(statement, request, "t.rowid", ids_of);
            push_limit(statement, request);
        } else {
            push_people(statement, request, "hit.person_id", |person| (person, person));
            push_limit(statement, request);
        }
    }

    /// The same, without the index, among the next customers in the order asked.
    pub(super) fn look_through<ST>(
        &self,
        select: &'static str,
        request: &PageRequest<ConsumerSort>,
    ) -> Statement<ST> {
        let mut statement = Statement::new("SELECT ").sql(select);
        let merchant = self.merchant.get();
        if request.order.terms.is_empty() {
            statement.push(" FROM (SELECT * FROM ");
            push_searched(&mut statement, Scope::Merchant(self.merchant), " WHERE ");
            push_people(&mut statement, request, "s.person_id", |person| (person, person));
            statement.push(" LIMIT ");
            statement.push_bind(self.bounds.look_through);
            statement.push(") s");
        } else {
            statement.push(" FROM (SELECT ");
            for (term, (name, _)) in request.order.terms.iter().zip(KEYS) {
                statement.push(term.field.column());
                statement.push(name);
            }
            statement.push("m.person_id FROM membership m WHERE m.merchant_id = ");
            statement.push_bind(merchant);
            push_bounds(&mut statement, request);
            push_order(&mut statement, request, "");
            statement.push(" LIMIT ");
            statement.push_bind(self.bounds.look_through_ordered);
            statement.push_dialect(") w CROSS JOIN LATERAL (SELECT * FROM ", ") w CROSS JOIN ");
            push_searched(&mut statement, Scope::Merchant(self.merchant), " ON ");
            statement.push_dialect(
                " AND s.person_id = w.person_id OFFSET 0) s",
                " AND s.person_id = w.person_id",
            );
        }
        statement.push_dialect(
            " CROSS JOIN LATERAL (SELECT * FROM membership m WHERE m.merchant_id = ",
            " CROSS JOIN membership m ON m.merchant_id = ",
        );
        statement.push_bind(merchant);
        statement.push_dialect(
            " AND m.person_id = s.person_id OFFSET 0) m WHERE TRUE",
            " AND m.person_id = s.person_id WHERE TRUE",
        );
        self.push_conditions(&mut statement);
        statement
    }

    /// Whether the index hands out rows one by one.
    pub(super) fn streams(&self) -> bool {
        self.sqlite && self.conditions.iter().any(|one| !one.is_short())
    }

    /// The people who fit, where the index streams and there are fewer than [`Bounds::rare`].
    pub(super) fn rare(&self, tx: &mut Tx<'_>) -> Result<Option<Vec<i64>>, StoreError> {
        let mut statement = Statement::<BigInt>::new(
            "SELECT s.person_id FROM membership_trigram t \
             CROSS JOIN membership_search s ON s.id = t.rowid WHERE t.membership_trigram MATCH ",
        );
        statement.push_bind(self.grams());
        statement.push(" AND s.merchant_id = ");
        statement.push_bind(self.merchant.get());
        self.push_conditions(&mut statement);
        statement.push(" LIMIT ");
        let rare = self.bounds.rare;
        statement.push_bind(rare);
        let people: Vec<i64> = statement.load(tx.connection)?;
        let all = i64::try_from(people.len()).is_ok_and(|found| found < rare);
        Ok(all.then_some(people))
    }

    /// What SQLite's index is asked: tokens of the long texts, or how tokens begin where all are short. That is one range of
    /// tokens for each text, which SQLite reads in one go, past every deadline: so only of the longest one, and the rows
    /// tell about the others.
    fn grams(&self) -> String {
        let longest = self.conditions.iter().max_by_key(|one| one.shortest());
        let longest = longest.filter(|_| self.conditions.iter().all(Condition::is_short));
        let asked: Vec<&Condition> = match longest {
            Some(longest) => vec![longest],
            None => self.conditions.iter().filter(|one| !one.is_short()).collect(),
        };
        let each = asked.into_iter().map(|condition| {
            let any = condition.any.iter().map(|(field, text)| self.grams_of(*field, text));
            format!("({})", any.collect::<Vec<_>>().join(" OR "))
        });
        each.collect::<Vec<_>>().join(" AND ")
    }

    fn grams_of(&self, field: Field, text: &str) -> String {
        let characters: Vec<char> = text.chars().collect();
        let merchant = self.merchant.get();
        if characters.len() < field.gram() {
            return format!("\"{}\" *", token(merchant, field, &characters));
        }
        // Some from everywhere in the text: neighbours say nearly the same.
        let windows: Vec<&[char]> = characters.windows(field.gram()).collect();
        let mut tokens: Vec<String> = windows
            .iter()
            .step_by(windows.len().div_ceil(GRAMS))
            .chain(windows.last())
            .map(|gram| format!("\"{}\"", token(merchant, field, gram)))
            .collect();
        tokens.sort_unstable();
        tokens.dedup();
        format!("({})", tokens.join(" AND "))
    }
}

/// Appends the page of a search that looked through customers: in the order in which they come, so that the database stops
/// at a full page. Where it begins and ends was said where they come from.
pub(super) fn push_looked_through_page<ST>(
    statement: &mut Statement<ST>,
    request: &PageRequest<ConsumerSort>,
) {
    let terms = &request.order.terms;
    statement.push(" ORDER BY ");
    for (term, (_, key)) in terms.iter().zip(KEYS) {
        statement.push(key);
        statement.push(if term.descending == request.backward { ", " } else { " DESC, " });
    }
    statement.push(if terms.is_empty() { "s.person_id" } else { "w.person_id" });
    statement.push(if request.order.pk_descending == request.backward { "" } else { " DESC" });
    push_limit(statement, request);
}

/// Appends bounds and order of the default order over a column that follows people's ids; `ids` are the lowest and the
/// highest value that it has for a person.
fn push_people<ST>(
    statement: &mut Statement<ST>,
    request: &PageRequest<ConsumerSort>,
    column: &'static str,
    ids: impl Fn(i64) -> (i64, i64),
) {
    let descending = request.order.pk_descending;
    let mut push = |place: &Position, above: bool| {
        let (first, last) = ids(place.pk);
        statement.push(" AND ");
        statement.push(column);
        statement.push(if above { " > " } else { " < " });
        statement.push_bind(if above { last } else { first });
    };
    if let Some(place) = &request.after {
        push(place, !descending);
    }
    if let Some(place) = &request.before {
        push(place, descending);
    }
    statement.push(" ORDER BY ");
    statement.push(column);
    statement.push(if descending == request.backward { "" } else { " DESC" });
}

/// The pattern of texts that hold a term, in which nothing but its ends is special.
fn pattern(term: &str) -> String {
    let mut out = String::with_capacity(term.len().saturating_add(2));
    out.push('%');
    for character in term.chars() {
        if ['%', '_', '\\'].contains(&character) {
            out.push('\\');
        }
        out.push(character);
    }
    out.push('%');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// However many short words are typed, SQLite reads one range of tokens for each place of one of them.
    #[test]
    fn of_short_words_the_index_is_asked_for_the_longest_alone() {
        let word = |text: &str| Word { text: text.to_owned(), digits: None };
        let grams = |words: &[&str]| {
            let conditions: Vec<Condition> =
                words.iter().map(|text| Condition::word(&word(text))).collect();
            let merchant = MerchantId::new(1);
            let search =
                Search { merchant, conditions: &conditions, sqlite: true, bounds: Bounds::USUAL };
            search.grams()
        };
        assert_eq!(grams(&["a", "b", "cd", "e"]), grams(&["cd"]));
        assert_eq!(grams(&["a", "abc", "b"]), grams(&["abc"]));
        assert_eq!(grams(&["abc", "def"]), [grams(&["abc"]), grams(&["def"])].join(" AND "));
    }
}
