use super::*;
use crate::{ExtraInfo, LoyaltyId, PhoneNumber, Profile, Sharing};

const MERCHANT: MerchantId = MerchantId::new(1);
const ADA: PersonId = PersonId::new(7);
const BOB: PersonId = PersonId::new(8);

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

fn member(person: PersonId, kind: Kind, standing: Standing) -> Membership {
    Membership {
        merchant: MERCHANT,
        person,
        kind,
        sharing: (kind == Kind::Registered).then_some(Sharing::Full),
        loyalty_id: Some(LoyaltyId::from_entropy(u64::try_from(person.get()).unwrap())),
        profile: Profile::default(),
        verified: false,
        cards: Vec::new(),
        extra_info: None,
        num_of_order_discounts_allowed: 0,
        entity_source: None,
        entity_source_id: None,
        standing,
        last_login: None,
        created_at: at(0),
        updated_at: at(0),
    }
}

#[test]
fn rule_27_managed_goes_with_managed_and_into_an_account_and_nothing_else_does() {
    let (live, since) = (Standing::Live, at(5));
    let (managed, registered) = (Kind::Managed, Kind::Registered);
    for ((kind, standing), (into_kind, into_standing), codes) in [
        ((managed, live), (managed, live), &[][..]),
        ((managed, live), (registered, live), &[]),
        ((managed, Standing::Archived(since)), (managed, live), &[]),
        ((managed, Standing::Left(since)), (managed, live), &[]),
        ((registered, live), (managed, live), &["has_account"]),
        ((registered, live), (registered, live), &["two_accounts"]),
        ((managed, live), (managed, Standing::Archived(since)), &["archived"]),
        ((managed, live), (registered, Standing::Left(since)), &["left"]),
        ((managed, Standing::Erased(since)), (managed, live), &["erased"]),
        ((managed, live), (managed, Standing::Erased(since)), &["erased"]),
        ((managed, Standing::Merged(BOB, since)), (managed, live), &["merged"]),
        ((managed, live), (managed, Standing::Merged(ADA, since)), &["merged"]),
        (
            (registered, Standing::Erased(since)),
            (registered, Standing::Left(since)),
            &["two_accounts", "erased", "left"],
        ),
    ] {
        let (other, survivor) =
            (member(ADA, kind, standing), member(BOB, into_kind, into_standing));
        let found = blockers(&other, &survivor);
        let found: Vec<_> = found.iter().map(|one| one.code()).collect();
        assert_eq!(found, codes, "{kind:?} {standing:?} into {into_kind:?} {into_standing:?}");
    }
    let ada = member(ADA, managed, live);
    assert_eq!(blockers(&ada, &ada), [Blocker::Same]);
}

fn furnished(person: PersonId, email: &str, phone: &str, city: &str) -> Membership {
    let mut member = member(person, Kind::Managed, Standing::Live);
    member.profile.email = EmailAddress::parse(email).ok();
    member.profile.phone_number = PhoneNumber::parse(phone, None).ok();
    member.profile.city = Some(city.to_owned()).filter(|city| !city.is_empty());
    member
}

#[test]
fn rule_27_what_the_survivor_lacks_comes_from_the_other_and_what_is_wanted_too() {
    let mut other = furnished(ADA, "ada@example.com", "+491712345678", "Bonn");
    other.extra_info = ExtraInfo::parse("{\"vip\":true}").ok();
    other.num_of_order_discounts_allowed = 3;
    let mut survivor = furnished(BOB, "", "+491711111111", "Köln");
    survivor.num_of_order_discounts_allowed = 2;
    let plain = join(&other, &survivor, &[], at(9));
    assert_eq!(plain.other.standing, Standing::Merged(BOB, at(9)));
    assert_eq!(plain.other.profile, other.profile, "the other's record stays as it is");
    let fields: Vec<_> = plain.taken.iter().map(|taken| taken.field.name()).collect();
    assert_eq!(fields, ["email", "extraInfo"]);
    assert_eq!(plain.survivor.profile.email, other.profile.email);
    assert_eq!(plain.survivor.profile.city, survivor.profile.city);
    let wanted = [MergeField::City, MergeField::NumOfOrderDiscountsAllowed, MergeField::Street];
    let chosen = join(&other, &survivor, &wanted, at(9));
    assert_eq!(chosen.survivor.profile.city.as_deref(), Some("Bonn"));
    assert_eq!(chosen.survivor.num_of_order_discounts_allowed, 3);
    assert_eq!(chosen.survivor.profile.street, None, "the other has none");
    let city = chosen.taken.iter().find(|taken| taken.field == MergeField::City).unwrap();
    assert_eq!(city.former.as_deref(), Some("Köln"));
    // A person with an account keeps their profile.
    let account = Membership { kind: Kind::Registered, ..survivor };
    let claimed = join(&other, &account, &MergeField::ALL[..12], at(9));
    assert_eq!(claimed.survivor.profile, account.profile);
    let fields: Vec<_> = claimed.taken.iter().map(|taken| taken.field.name()).collect();
    assert_eq!(fields, ["extraInfo"]);
}

#[test]
fn rule_28_an_undo_gives_back_what_was_taken_and_was_not_changed_since() {
    let card = |text: &str| CardNumber::parse(text).unwrap();
    let mut other = furnished(ADA, "ada@example.com", "+491712345678", "Bonn");
    other.cards = vec![card("A-1"), card("A-2")];
    let mut survivor = furnished(BOB, "", "", "Köln");
    survivor.cards = vec![card("B-1")];
    let done = join(&other, &survivor, &[MergeField::City], at(9));
    let merge = |archived_at| Merge {
        id: regulars_kernel::MergeId::new(1),
        merchant: MERCHANT,
        other: ADA,
        survivor: BOB,
        taken: done.taken.clone(),
        cards: other.cards.clone(),
        archived_at,
        merged_at: at(9),
        merged_by: None,
        undone_at: None,
    };
    let undo = |survivor: &Membership| part(&done.other, survivor, &merge(None), at(20));
    let (again, own) = undo(&done.survivor);
    assert_eq!(again, Membership { updated_at: at(20), ..other.clone() });
    assert_eq!(own, Membership { updated_at: at(20), ..survivor.clone() });
    // What was changed since stays; the address is the other's all the same.
    let mut changed = done.survivor.clone();
    changed.profile.city = Some("Ulm".to_owned());
    changed.profile.email = EmailAddress::parse("ADA@example.com").ok();
    let (_, own) = undo(&changed);
    assert_eq!(own.profile.city.as_deref(), Some("Ulm"));
    assert_eq!((own.profile.email, own.profile.phone_number), (None, None));
    // A card that was blocked since goes back to nobody.
    let mut blocked = done.survivor.clone();
    blocked.cards.retain(|one| one.as_str() != "A-2");
    assert_eq!(undo(&blocked).0.cards, [card("A-1")]);
    let (archived, _) = part(&done.other, &done.survivor, &merge(Some(at(3))), at(20));
    assert_eq!(archived.standing, Standing::Archived(at(3)));
}

#[test]
fn rule_28_a_merge_is_undone_for_90_days_and_not_after_erasure() {
    let other = member(ADA, Kind::Managed, Standing::Merged(BOB, at(0)));
    let survivor = member(BOB, Kind::Managed, Standing::Live);
    let day = 86_400;
    let codes = |other: &Membership, survivor: &Membership, undone, now| {
        let found = undo_blockers(other, survivor, (at(0), undone), at(now));
        found.into_iter().map(UndoBlocker::code).collect::<Vec<_>>()
    };
    assert_eq!(codes(&other, &survivor, None, 90 * day - 1), [""; 0]);
    assert_eq!(codes(&other, &survivor, None, 90 * day), ["too_long_ago"]);
    assert_eq!(codes(&other, &survivor, Some(at(1)), 5), ["undone"]);
    let erased = member(BOB, Kind::Managed, Standing::Erased(at(1)));
    assert_eq!(codes(&other, &erased, None, 5), ["erased"]);
    let further = member(BOB, Kind::Managed, Standing::Merged(PersonId::new(9), at(1)));
    assert_eq!(codes(&other, &further, None, 5), ["merged_further"]);
}

#[test]
fn every_field_is_read_back_from_its_text() {
    let mut full = furnished(ADA, "Ada@Example.com", "+491712345678", "Bonn");
    full.profile.firstname = "Ada".to_owned();
    full.profile.lastname = "Lovelace".to_owned();
    full.profile.birthday = "1990-12-10".parse().ok();
    full.profile.gender = Some(crate::Gender::Female);
    full.profile.country = crate::Country::from_alpha2("DE");
    full.profile.street = Some("Ring 1".to_owned());
    full.profile.zip_code = Some("53111".to_owned());
    full.profile.picture = Some("https://example.com/a.png".to_owned());
    full.extra_info = ExtraInfo::parse("{\"a\":1}").ok();
    full.num_of_order_discounts_allowed = 4;
    let mut copy = member(ADA, Kind::Managed, Standing::Live);
    for field in MergeField::ALL.iter().copied() {
        assert_eq!(MergeField::from_name(field.name()), Some(field));
        assert!(field.read(&full).is_some() && field.read(&copy).is_none(), "{field:?}");
        field.copy(&full, &mut copy);
    }
    assert_eq!(copy, full);
    for field in MergeField::ALL.iter().copied() {
        field.write(&mut copy, None);
    }
    assert_eq!(copy, member(ADA, Kind::Managed, Standing::Live));
}
