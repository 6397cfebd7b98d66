//! The suite that every implementation of [`AuthStore`], [`StaffStore`], [`MailStore`], [`ApplicationStore`], [`AuditStore`] and
//! [`ErasureStore`] passes: in memory, and on each database.

#![expect(clippy::unwrap_used, reason = "a port that fails fails its suite")]

mod application;
mod audit;
mod erasure;
mod mail;
mod staff;

use std::time::Duration;

use regulars_customer::{
    CustomerStore, EmailAddress, Kind, LoyaltyId, NewPerson, Person, Profile, UserType,
};
use regulars_kernel::{
    Currency, MerchantId, PersonId, RoleId, Scope, StoreAccess, StoreError, StoreGroupId, StoreId,
    SystemRole, Timestamp,
};
use regulars_merchant::{Merchant, MerchantStore, Tz};

use crate::{
    actor::{LoginStanding, Post},
    application_store::ApplicationStore,
    audit_store::AuditStore,
    erasure_store::ErasureStore,
    keys::Key,
    mail_store::MailStore,
    password::PasswordHash,
    pepper::PepperNote,
    refresh::{KeptRefreshToken, NewRefreshToken, RefreshToken, TokenDigest},
    role::NewRole,
    session::SessionId,
    staff::Assignment,
    staff_store::StaffStore,
    store::{Admission, AuthStore, Credentials},
};

/// The ports that this crate's use cases need, on one value.
pub trait Ports:
    AuthStore
    + StaffStore
    + MailStore
    + ApplicationStore
    + AuditStore
    + ErasureStore
    + CustomerStore
    + MerchantStore
{
}

impl<T> Ports for T where
    T: AuthStore
        + StaffStore
        + MailStore
        + ApplicationStore
        + AuditStore
        + ErasureStore
        + CustomerStore
        + MerchantStore
{
}

/// What the suite needs of an implementation.
pub trait Fixture {
    /// Opens a writing transaction in a scope, lets the suite work in it, and commits.
    fn with(&mut self, scope: Scope, work: &mut dyn FnMut(&mut dyn Ports));

    /// Opens a store of a merchant.
    fn open_store(&mut self, merchant: MerchantId) -> StoreId;

    /// Makes a group of those stores of a merchant.
    fn group_stores(&mut self, merchant: MerchantId, stores: &[StoreId]) -> StoreGroupId;
}

const NOW: Timestamp = Timestamp::from_micros(1_700_000_000_123_456);
const LATER: Timestamp = Timestamp::from_micros(1_700_000_100_654_321);

/// Runs every check on an empty fixture.
///
/// # Panics
/// Where the port answers anything else than its contract says.
pub fn run(fixture: &mut impl Fixture) {
    assert!(!platform(fixture, |tx| {
        tx.insert_person(NewPerson::managed(LoyaltyId::from_entropy(0), NOW)).unwrap();
        tx.has_credentials().unwrap()
    }));
    let world = World::found(fixture);
    assert!(platform(fixture, |tx| tx.has_credentials().unwrap()));
    peppers_are_counted(fixture, &world);
    peppers_are_noted_once(fixture);
    accounts_are_found_by_their_addresses(fixture, &world);
    standings_tell_who_it_is(fixture, &world);
    only_the_right_are_admitted(fixture, &world);
    sessions_end_once(fixture, &world);
    refresh_tokens_are_used_once(fixture, &world);
    all_sessions_end_at_once(fixture, &world);
    mail::run(fixture, &world);
    staff::run(fixture, &world);
    application::run(fixture, &world);
    audit::run(fixture, &world);
    erasure::run(fixture, &world);
    nothing_is_in_reach_of_narrower_scopes(fixture, &world);
}

struct World {
    ada: PersonId,
    owner: PersonId,
    cashier: PersonId,
    admin: PersonId,
    stores: Vec<StoreId>,
    owner_role: RoleId,
    cashier_role: RoleId,
}

impl World {
    fn found(fixture: &mut impl Fixture) -> Self {
        let ada = sign_up(fixture, "Ada@Example.com", Some("Ada.Second@Example.com"), |_| ());
        let sells = |new: &mut NewPerson| new.user_type = UserType::Merchant;
        let owner = sign_up(fixture, "owner@shop.example", None, sells);
        let cashier = sign_up(fixture, "cashier@shop.example", None, sells);
        let admin = sign_up(fixture, "admin@platform.example", None, |new| new.admin = true);
        let merchant = owner.founded();
        platform(fixture, |tx| {
            tx.insert_merchant(&shop(merchant)).unwrap();
            assert_eq!(tx.merchants(&[merchant]).unwrap(), vec![shop(merchant)]);
        });
        let mut stores: Vec<_> = (0..3).map(|_| fixture.open_store(merchant)).collect();
        stores.pop();
        let (owner_role, cashier_role) = platform(fixture, |tx| {
            let mut role = |role| tx.insert_role(&NewRole::system(merchant, role, NOW)).unwrap();
            let (owner_role, cashier_role) = (role(SystemRole::Owner), role(SystemRole::Cashier));
            let mut post = |person, assignment: &Assignment| {
                tx.insert_post(merchant, person, assignment, NOW).unwrap();
            };
            let everywhere = Assignment { all_stores: true, ..Assignment::default() };
            post(owner, &Assignment { roles: [owner_role].into(), ..everywhere });
            let stores = stores.iter().copied().collect();
            let roles = [cashier_role].into();
            post(cashier, &Assignment { roles, stores, ..Assignment::default() });
            (owner_role, cashier_role)
        });
        Self { ada, owner, cashier, admin, stores, owner_role, cashier_role }
    }
}

/// Runs work in the scope that this port needs, and brings out what it answers.
fn platform<T>(fixture: &mut impl Fixture, mut work: impl FnMut(&mut dyn Ports) -> T) -> T {
    let mut answer = None;
    fixture.with(Scope::Platform, &mut |tx| answer = Some(work(tx)));
    answer.unwrap()
}

fn sign_up(
    fixture: &mut impl Fixture,
    email: &str,
    second: Option<&str>,
    change: impl Fn(&mut NewPerson),
) -> PersonId {
    let address = |text: &str| EmailAddress::parse(text).unwrap();
    let profile = Profile {
        email: Some(address(email)),
        secondary_email: second.map(address),
        firstname: "Ada".to_owned(),
        lastname: "Lovelace".to_owned(),
        ..Profile::default()
    };
    let entropy = email.bytes().fold(7_u64, |sum, byte| sum.wrapping_mul(31) + u64::from(byte));
    let mut new = NewPerson::consumer(profile, LoyaltyId::from_entropy(entropy), NOW);
    change(&mut new);
    platform(fixture, |tx| {
        let person = tx.insert_person(new.clone()).unwrap();
        tx.insert_credentials(person, &hash('.')).unwrap();
        person
    })
}

fn shop(id: MerchantId) -> Merchant {
    Merchant {
        merchant_type: Some("CAFE".to_owned()),
        ..Merchant::new(id, "Ada Lovelace", Tz::Europe__Berlin, Currency::EUR, NOW)
    }
}

/// A hash that no password fits; the letter (`.` or `C`: its last bits are zero) tells several apart.
fn hash(letter: char) -> PasswordHash {
    let digest: String = std::iter::repeat_n(letter, 31).collect();
    PasswordHash::parse(&format!("a:$2b$04${}{digest}", ".".repeat(22))).unwrap()
}

fn person(tx: &mut dyn Ports, id: PersonId) -> Person {
    tx.people(&[id]).unwrap().pop().unwrap()
}

fn peppers_are_counted(fixture: &mut impl Fixture, world: &World) {
    let other = hash('.').to_stored().replacen("a:", "b-2:", 1);
    let other = PasswordHash::parse(&other).unwrap();
    let kept = platform(fixture, |tx| {
        assert_eq!(tx.peppers_in_use().unwrap(), ["a"]);
        assert_eq!(tx.count_on_pepper("a", 10).unwrap(), 4);
        assert_eq!(tx.count_on_pepper("a", 4).unwrap(), 4);
        assert_eq!(tx.count_on_pepper("a", 3).unwrap(), 3);
        assert_eq!(tx.count_on_pepper("b-2", 10).unwrap(), 0);
        tx.find_credentials(world.ada).unwrap().unwrap()
    });
    let admission = |renewed| Admission {
        person: world.ada,
        token_version: kept.token_version,
        renewed,
        at: NOW,
    };
    platform(fixture, |tx| {
        assert!(tx.admit(&admission(Some(other.clone()))).unwrap());
        let mut peppers = tx.peppers_in_use().unwrap();
        peppers.sort_unstable();
        assert_eq!(peppers, ["a", "b-2"]);
        assert_eq!(tx.count_on_pepper("a", 10).unwrap(), 3);
        assert_eq!(tx.count_on_pepper("b-2", 10).unwrap(), 1);
        assert!(tx.admit(&admission(kept.password.clone())).unwrap());
        assert_eq!(tx.peppers_in_use().unwrap(), ["a"]);
    });
}

fn peppers_are_noted_once(fixture: &mut impl Fixture) {
    let note = |key_id: &str, digest: &str| PepperNote {
        key_id: key_id.to_owned(),
        digest: digest.to_owned(),
    };
    platform(fixture, |tx| {
        assert_eq!(tx.pepper_notes().unwrap(), []);
        tx.note_pepper(&note("b", "1"), false, NOW).unwrap();
        tx.note_pepper(&note("a", "2"), true, NOW).unwrap();
        tx.note_pepper(&note("b", "3"), false, NOW).unwrap();
    });
    platform(fixture, |tx| {
        assert_eq!(tx.pepper_notes().unwrap(), [note("a", "2"), note("b", "1")]);
        tx.note_pepper(&note("b", "3"), true, NOW).unwrap();
        assert_eq!(tx.pepper_notes().unwrap(), [note("a", "2"), note("b", "3")]);
    });
}

fn accounts_are_found_by_their_addresses(fixture: &mut impl Fixture, world: &World) {
    let expected = Credentials {
        person: world.ada,
        email: "Ada@Example.com".to_owned(),
        password: Some(hash('.')),
        token_version: 0,
        active: true,
        archived: false,
    };
    platform(fixture, |tx| {
        for key in ["ada@example.com", "ada.second@example.com"] {
            let found = tx.find_credentials_by_email(key).unwrap();
            assert_eq!(found.as_ref(), Some(&expected), "{key}");
        }
        for key in ["", "a@example.com", "ada@example.co", "%", "ada_example.com"] {
            assert_eq!(tx.find_credentials_by_email(key).unwrap(), None, "{key}");
        }
        assert_eq!(tx.find_credentials(world.ada).unwrap().as_ref(), Some(&expected));
        assert_eq!(tx.find_credentials(PersonId::new(i64::MAX)).unwrap(), None);
        let managed = NewPerson::managed(LoyaltyId::from_entropy(1), NOW);
        assert_eq!(managed.kind, Kind::Managed);
        let managed = tx.insert_person(managed).unwrap();
        assert_eq!(tx.find_credentials(managed).unwrap(), None, "a managed customer has no login");
    });
    platform(fixture, |tx| {
        let taken =
            Profile { email: EmailAddress::parse("ADA@example.COM").ok(), ..Profile::default() };
        let new = NewPerson::consumer(taken, LoyaltyId::from_entropy(2), NOW);
        assert!(
            matches!(tx.insert_person(new), Err(StoreError::Taken("person.email_key"))),
            "one address, one account (rule 2)"
        );
    });
}

fn standings_tell_who_it_is(fixture: &mut impl Fixture, world: &World) {
    let merchant = world.owner.founded();
    let standing = |person, user_type, admin, post| LoginStanding {
        person,
        user_type,
        token_version: 0,
        active: true,
        archived: false,
        staff: false,
        admin,
        post,
        session_live: true,
    };
    let at_till = Post {
        merchant,
        owner: false,
        permissions: SystemRole::Cashier.permissions(),
        stores: StoreAccess::Only(world.stores.clone()),
    };
    let table = [
        standing(world.ada, UserType::Consumer, false, None),
        standing(world.owner, UserType::Merchant, false, Some(Post::owner(merchant))),
        standing(world.cashier, UserType::Merchant, false, Some(at_till)),
        standing(world.admin, UserType::Consumer, true, None),
    ];
    platform(fixture, |tx| {
        let mut sessions = Vec::new();
        for expected in &table {
            let session = tx.insert_session(expected.person, NOW).unwrap();
            let mut found = tx.find_standing(expected.person, session).unwrap().unwrap();
            if let Some(Post { stores: StoreAccess::Only(stores), .. }) = &mut found.post {
                stores.sort_unstable();
            }
            assert_eq!(found, *expected);
            sessions.push(session);
        }
        sessions.rotate_left(1);
        for (expected, foreign) in table.iter().zip(sessions) {
            for session in [foreign, SessionId::new(i64::MAX), SessionId::new(0)] {
                let found = tx.find_standing(expected.person, session).unwrap().unwrap();
                assert!(!found.session_live, "{session} is not a session of {}", expected.person);
            }
        }
        let nobody = tx.find_standing(PersonId::new(i64::MAX), SessionId::new(1)).unwrap();
        assert_eq!(nobody, None);
    });
}

fn only_the_right_are_admitted(fixture: &mut impl Fixture, world: &World) {
    let person_id = world.ada;
    let admission =
        |token_version, renewed| Admission { person: person_id, token_version, renewed, at: LATER };
    let password = |tx: &mut dyn Ports| tx.find_credentials(person_id).unwrap().unwrap().password;
    platform(fixture, |tx| {
        assert!(!tx.admit(&admission(1, Some(hash('C')))).unwrap(), "another token version");
        assert_eq!(password(tx), Some(hash('.')));
        assert!(tx.admit(&admission(0, None)).unwrap());
        assert_eq!(password(tx), Some(hash('.')));
        assert_eq!(person(tx, person_id).updated_at, NOW, "a log-in is no change");
        assert!(tx.admit(&admission(0, Some(hash('C')))).unwrap());
        assert_eq!(password(tx), Some(hash('C')));
        assert_eq!(person(tx, person_id).updated_at, NOW, "a log-in is no change");
    });
    platform(fixture, |tx| {
        let away = Person { archived: true, deleted_at: Some(NOW), ..person(tx, person_id) };
        tx.update_person(&away).unwrap();
        assert!(tx.find_credentials(person_id).unwrap().unwrap().archived);
        assert!(tx.admit(&admission(0, None)).unwrap());
        let back = person(tx, person_id);
        assert_eq!((back.archived, back.deleted_at, back.updated_at), (false, None, LATER));
        let gone = Person { active: false, deleted_at: Some(LATER), ..back };
        tx.update_person(&gone).unwrap();
        assert!(!tx.admit(&admission(0, Some(hash('.')))).unwrap(), "deleted");
        assert_eq!(password(tx), Some(hash('C')));
        assert!(!tx.find_credentials(person_id).unwrap().unwrap().active);
        let back = Person { active: true, deleted_at: None, ..gone };
        tx.update_person(&back).unwrap();
    });
    let nobody =
        Admission { person: PersonId::new(i64::MAX), token_version: 0, renewed: None, at: NOW };
    assert!(!platform(fixture, |tx| tx.admit(&nobody).unwrap()));
}

fn sessions_end_once(fixture: &mut impl Fixture, world: &World) {
    let (first, second) = platform(fixture, |tx| {
        let mut begin = || tx.insert_session(world.ada, NOW).unwrap();
        (begin(), begin())
    });
    assert_ne!(first, second);
    platform(fixture, |tx| {
        assert!(tx.revoke_session(first, LATER).unwrap());
        assert!(!tx.revoke_session(first, LATER).unwrap(), "it has ended already");
        assert!(!tx.revoke_session(SessionId::new(i64::MAX), LATER).unwrap());
        for (session, live) in [(first, false), (second, true)] {
            let standing = tx.find_standing(world.ada, session).unwrap().unwrap();
            assert_eq!(standing.session_live, live);
        }
    });
}

fn refresh_tokens_are_used_once(fixture: &mut impl Fixture, world: &World) {
    let key = Key::new("a", vec![1; 32]).unwrap();
    let token = RefreshToken::parse("f5ee1e870f8fc78dbe9f12ae700460e9f4df9d55").unwrap();
    let next = token.successor(&key);
    let kept = |tx: &mut dyn Ports, digest: &TokenDigest| tx.find_refresh_token(digest).unwrap();
    let session = platform(fixture, |tx| tx.insert_session(world.ada, NOW).unwrap());
    let new = |token: &RefreshToken| NewRefreshToken {
        session,
        person: world.ada,
        digest: token.digest(),
        created_at: NOW,
        expires_at: NOW.plus(Duration::from_secs(90)),
    };
    let expected = |used_at, session_revoked| {
        Some(KeptRefreshToken {
            session,
            session_revoked,
            person: world.ada,
            expires_at: NOW.plus(Duration::from_secs(90)),
            used_at,
        })
    };
    platform(fixture, |tx| {
        assert_eq!(kept(tx, &token.digest()), None);
        tx.insert_refresh_token(&new(&token)).unwrap();
        assert_eq!(kept(tx, &token.digest()), expected(None, false));
        assert_eq!(kept(tx, &next.digest()), None);
    });
    platform(fixture, |tx| {
        assert!(tx.use_refresh_token(&token.digest(), LATER).unwrap());
        assert!(!tx.use_refresh_token(&token.digest(), NOW).unwrap(), "it is used up");
        assert!(!tx.use_refresh_token(&next.digest(), NOW).unwrap(), "it is unknown");
        tx.insert_refresh_token(&new(&next)).unwrap();
        assert_eq!(kept(tx, &token.digest()), expected(Some(LATER), false));
        assert_eq!(kept(tx, &next.digest()), expected(None, false));
    });
    platform(fixture, |tx| {
        assert!(tx.revoke_session(session, LATER).unwrap());
        assert_eq!(kept(tx, &token.digest()), expected(Some(LATER), true));
        assert_eq!(kept(tx, &next.digest()), expected(None, true));
    });
}

fn all_sessions_end_at_once(fixture: &mut impl Fixture, world: &World) {
    let begin = |tx: &mut dyn Ports, person| tx.insert_session(person, NOW).unwrap();
    let (first, second, another) = platform(fixture, |tx| {
        tx.revoke_sessions(world.admin, NOW).unwrap();
        (begin(tx, world.admin), begin(tx, world.admin), begin(tx, world.ada))
    });
    platform(fixture, |tx| {
        let live = |tx: &mut dyn Ports, person, session| {
            tx.find_standing(person, session).unwrap().unwrap().session_live
        };
        assert_eq!(tx.revoke_sessions(world.admin, LATER).unwrap(), 2);
        assert_eq!(tx.revoke_sessions(world.admin, LATER).unwrap(), 0);
        assert!(!live(tx, world.admin, first) && !live(tx, world.admin, second));
        assert!(live(tx, world.ada, another), "another's session goes on");
        let version = |tx: &mut dyn Ports, person| {
            tx.find_credentials(person).unwrap().unwrap().token_version
        };
        let (before, of_ada) = (version(tx, world.admin), version(tx, world.ada));
        tx.raise_token_version(world.admin).unwrap();
        assert_eq!(version(tx, world.admin), before + 1);
        assert_eq!(version(tx, world.ada), of_ada);
    });
}

fn nothing_is_in_reach_of_narrower_scopes(fixture: &mut impl Fixture, world: &World) {
    fn refused<T>(answer: &Result<T, StoreError>) -> bool {
        matches!(answer, Err(StoreError::OutOfScope(_)))
    }
    let token = RefreshToken::parse("00000000000000000000000000000000000000ff").unwrap();
    let new = NewRefreshToken {
        session: SessionId::new(1),
        person: world.ada,
        digest: token.digest(),
        created_at: NOW,
        expires_at: LATER,
    };
    let admission = Admission { person: world.ada, token_version: 0, renewed: None, at: NOW };
    let merchant = world.owner.founded();
    for scope in [Scope::Merchant(merchant), Scope::Person(world.ada)] {
        fixture.with(scope, &mut |tx| {
            assert!(refused(&tx.find_credentials_by_email("ada@example.com")));
            assert!(refused(&tx.find_credentials(world.ada)));
            assert!(refused(&tx.has_credentials()));
            assert!(refused(&tx.peppers_in_use()));
            assert!(refused(&tx.count_on_pepper("a", 10)));
            assert!(refused(&tx.pepper_notes()));
            let note = PepperNote { key_id: "c".to_owned(), digest: "4".to_owned() };
            assert!(refused(&tx.note_pepper(&note, false, NOW)));
            assert!(refused(&tx.find_standing(world.ada, SessionId::new(1))));
            assert!(refused(&tx.insert_credentials(world.ada, &hash('.'))));
            assert!(refused(&tx.admit(&admission)));
            assert!(refused(&tx.insert_session(world.ada, NOW)));
            assert!(refused(&tx.revoke_session(SessionId::new(1), NOW)));
            assert!(refused(&tx.insert_refresh_token(&new)));
            assert!(refused(&tx.find_refresh_token(&token.digest())));
            assert!(refused(&tx.use_refresh_token(&token.digest(), NOW)));
            assert!(refused(&tx.insert_merchant(&shop(merchant))));
            assert!(refused(&tx.raise_token_version(world.ada)));
            assert!(refused(&tx.revoke_sessions(world.ada, NOW)));
        });
    }
}
