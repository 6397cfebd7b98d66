//! Which customers a list shows.

use chrono::NaiveDate;
use regulars_kernel::{Currency, Rule, Timestamp, Violations, text};
use regulars_merchant::{Archived, EntitySource};

use crate::{
    contact::EmailAddress,
    loyalty_id,
    membership::Membership,
    search::{PhoneTerm, SearchTerm, SearchText},
    segment::Segment,
};

/// The most characters of a filter's text.
pub const MAX_TERM_CHARS: usize = 254;

/// The filters of a list as they came in; absent and empty are no filter.
#[derive(Clone, Debug, Default)]
#[expect(
    missing_docs,
    reason = "they are the API's arguments; `ConsumerFilter` says what each means"
)]
pub struct FilterArguments {
    pub loyalty_id: Option<String>,
    pub loyalty_id_icontains: Option<String>,
    pub phone_number: Option<String>,
    pub phone_number_icontains: Option<String>,
    pub email: Option<String>,
    pub email_icontains: Option<String>,
    pub firstname: Option<String>,
    pub firstname_icontains: Option<String>,
    pub lastname: Option<String>,
    pub lastname_icontains: Option<String>,
    pub city: Option<String>,
    pub city_icontains: Option<String>,
    pub entity_source: Option<EntitySource>,
    pub entity_source_id: Option<String>,
    pub archived: Option<bool>,
    pub include_archived: Option<bool>,
    pub created_at_gte: Option<Timestamp>,
    pub created_at_lt: Option<Timestamp>,
    pub updated_at_gte: Option<Timestamp>,
    pub updated_at_lt: Option<Timestamp>,
    pub search: Option<String>,
    /// Already parsed: see [`crate::segment::parse`].
    pub segment: Option<Segment>,
}

/// A segment, and what of the merchant its meaning depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audience {
    /// The segment.
    pub segment: Segment,
    /// The merchant's currency, in which totals count.
    pub currency: Currency,
    /// Today at the merchant, by which people have an age.
    pub today: NaiveDate,
}

/// Checked filters; all must hold, `None` is no filter. `…_icontains` are folded substrings (`%` and `_` are themselves)
/// of the text of the same name in [`SearchText`]. What a merchant does not see, nobody finds (rule 1).
#[derive(Clone, Debug, Default)]
pub struct ConsumerFilter {
    /// Exactly this loyalty id.
    pub loyalty_id: Option<String>,
    /// Digits within the loyalty id.
    pub loyalty_id_icontains: Option<String>,
    /// How the phone number begins or ends (rule 9): some text of the term occurs in [`SearchText::phone`].
    pub phone_number: Option<PhoneTerm>,
    /// Digits within the phone number (rule 9).
    pub phone_number_icontains: Option<PhoneTerm>,
    /// The key of the e-mail address.
    pub email: Option<String>,
    /// A part of the e-mail address.
    pub email_icontains: Option<String>,
    /// Exactly this first name, case included.
    pub firstname: Option<String>,
    /// A part of the first name.
    pub firstname_icontains: Option<String>,
    /// Exactly this last name, case included.
    pub lastname: Option<String>,
    /// A part of the last name.
    pub lastname_icontains: Option<String>,
    /// Exactly this city, case included.
    pub city: Option<String>,
    /// A part of the city.
    pub city_icontains: Option<String>,
    /// The system that the record came from.
    pub entity_source: Option<EntitySource>,
    /// Exactly this id there.
    pub entity_source_id: Option<String>,
    /// Live ones, archived ones, or both.
    pub archived: Archived,
    /// Not before.
    pub created_at_gte: Option<Timestamp>,
    /// Before.
    pub created_at_lt: Option<Timestamp>,
    /// Not before.
    pub updated_at_gte: Option<Timestamp>,
    /// Before.
    pub updated_at_lt: Option<Timestamp>,
    /// Words that must all occur.
    pub search: Option<SearchTerm>,
    /// Who fits a segment (rule 31).
    pub segment: Option<Audience>,
}

impl ConsumerFilter {
    /// Checks filters as they came in, spaces around them cut off; refuses control characters and over-long texts. The
    /// segment is left out: whoever has the merchant at hand adds it, as [`crate::consumer::filter`] does.
    pub fn parse(arguments: FilterArguments) -> Result<Self, Violations> {
        let mut wrong = Violations::new();
        let mut term = |field: &'static str, typed: Option<String>| {
            wrong.check(field, text::clean(&typed?, MAX_TERM_CHARS)).flatten()
        };
        let folded = |text: String| text::fold(&text);
        let filter = Self {
            loyalty_id: term("loyaltyId", arguments.loyalty_id).map(|t| loyalty_id::plain(&t)),
            loyalty_id_icontains: term("loyaltyId_Icontains", arguments.loyalty_id_icontains)
                .map(|t| loyalty_id::plain(&text::fold(&t))),
            phone_number: term("phoneNumber", arguments.phone_number)
                .map(|t| PhoneTerm::beginning(&t)),
            phone_number_icontains: term("phoneNumber_Icontains", arguments.phone_number_icontains)
                .map(|t| PhoneTerm::containing(&t)),
            email: term("email", arguments.email).map(|t| EmailAddress::key_of(&t)),
            email_icontains: term("email_Icontains", arguments.email_icontains).map(folded),
            firstname: term("firstname", arguments.firstname),
            firstname_icontains: term("firstname_Icontains", arguments.firstname_icontains)
                .map(folded),
            lastname: term("lastname", arguments.lastname),
            lastname_icontains: term("lastname_Icontains", arguments.lastname_icontains)
                .map(folded),
            city: term("city", arguments.city),
            city_icontains: term("city_Icontains", arguments.city_icontains).map(folded),
            entity_source: arguments.entity_source,
            entity_source_id: term("entitySourceId", arguments.entity_source_id),
            archived: Archived::asked(arguments.archived, arguments.include_archived),
            created_at_gte: arguments.created_at_gte,
            created_at_lt: arguments.created_at_lt,
            updated_at_gte: arguments.updated_at_gte,
            updated_at_lt: arguments.updated_at_lt,
            search: None,
            segment: None,
        };
        // Spaces and signs in a number do not count, and every number contains nothing.
        if filter.loyalty_id_icontains.as_deref() == Some("") {
            let sentence = "Name some of its digits or letters.".to_owned();
            wrong.add("loyaltyId_Icontains", Rule::Invalid(sentence));
        }
        let search: Result<_, Rule> =
            arguments.search.map_or(Ok(None), |typed| SearchTerm::parse(&typed, MAX_TERM_CHARS));
        let search = wrong.check("search", search).flatten();
        wrong.into_result()?;
        Ok(Self { search, ..filter })
    }

    /// Whether a membership passes everything but the segment, which needs facts that are not in it. What a port answers
    /// is defined by this; `searched` is the membership's [`Membership::search_text`].
    pub fn admits(&self, member: &Membership, searched: &SearchText) -> bool {
        let profile = &member.profile;
        let same = |wanted: &Option<String>, value: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| value == Some(wanted))
        };
        let within = |term: &Option<String>, text: &str| {
            term.as_deref().is_none_or(|term| text.contains(term))
        };
        let phone = |term: &Option<PhoneTerm>| {
            term.as_ref().is_none_or(|term| term.matches(&searched.phone))
        };
        let since = |from: Option<Timestamp>, at| from.is_none_or(|from| at >= from);
        let until = |end: Option<Timestamp>, at| end.is_none_or(|end| at < end);
        self.archived.admits(member.standing.is_archived())
            && same(&self.loyalty_id, member.loyalty_id.as_ref().map(crate::LoyaltyId::as_str))
            && same(&self.email, Some(&searched.email))
            && same(&self.firstname, Some(&profile.firstname))
            && same(&self.lastname, Some(&profile.lastname))
            && same(&self.city, profile.city.as_deref())
            && same(&self.entity_source_id, member.entity_source_id.as_deref())
            && self.entity_source.is_none_or(|source| member.entity_source == Some(source))
            && within(&self.loyalty_id_icontains, &searched.loyalty_id)
            && within(&self.email_icontains, &searched.email)
            && within(&self.firstname_icontains, &searched.firstname)
            && within(&self.lastname_icontains, &searched.lastname)
            && within(&self.city_icontains, &searched.city)
            && phone(&self.phone_number)
            && phone(&self.phone_number_icontains)
            && since(self.created_at_gte, member.created_at)
            && until(self.created_at_lt, member.created_at)
            && since(self.updated_at_gte, member.updated_at)
            && until(self.updated_at_lt, member.updated_at)
            && self.search.as_ref().is_none_or(|search| search.matches(searched))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> FilterArguments {
        let text = || Some(text.to_owned());
        FilterArguments {
            loyalty_id: text(),
            loyalty_id_icontains: text(),
            phone_number: text(),
            phone_number_icontains: text(),
            email: text(),
            email_icontains: text(),
            firstname: text(),
            firstname_icontains: text(),
            lastname: text(),
            lastname_icontains: text(),
            city: text(),
            city_icontains: text(),
            entity_source_id: text(),
            ..FilterArguments::default()
        }
    }

    #[test]
    fn what_surrounds_a_term_is_no_part_of_it_and_blank_is_none() {
        let parsed = |text: &str| format!("{:?}", ConsumerFilter::parse(typed(text)).unwrap());
        let none = format!("{:?}", ConsumerFilter::default());
        for blank in ["", " ", "\t\n", &" ".repeat(MAX_TERM_CHARS + 1)] {
            assert_eq!(parsed(blank), none, "{blank:?}");
        }
        let padded = format!("{}Zed 1\r\n", " ".repeat(MAX_TERM_CHARS));
        assert_eq!(parsed(&padded), parsed("Zed 1"));
        for refused in ["Zed\n1", &"1".repeat(MAX_TERM_CHARS + 1)] {
            let wrong = ConsumerFilter::parse(typed(refused)).unwrap_err();
            assert_eq!(wrong.iter().count(), 13, "{refused:?}");
        }
    }

    #[test]
    fn a_part_of_a_number_has_something_of_a_number() {
        let part = |text: &str| FilterArguments {
            loyalty_id_icontains: Some(text.to_owned()),
            ..FilterArguments::default()
        };
        for refused in ["-", " - - ", "--"] {
            let wrong = ConsumerFilter::parse(part(refused)).unwrap_err();
            let fields: Vec<_> = wrong.iter().map(|violation| violation.field).collect();
            assert_eq!(fields, [Some("loyaltyId_Icontains")], "{refused:?}");
        }
        let found = ConsumerFilter::parse(part("12-3")).unwrap();
        assert_eq!(found.loyalty_id_icontains.as_deref(), Some("123"));
    }
}
