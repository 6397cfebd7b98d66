//! Applications and their keys.

use rand::CryptoRng;
use regulars_kernel::{
    ApplicationId, MerchantId, Permission, Permissions, PersonId, Scope, StoreAccess, StoreError,
};

use super::{Fixture, LATER, NOW, Ports, World, platform};
use crate::{
    actor::Post,
    api_key::{ApiKey, KeyStanding, NewApiKey, Secret},
    application::{AppId, Application, NewApplication},
};

pub(super) fn run(fixture: &mut impl Fixture, world: &World) {
    let merchant = world.owner.founded();
    let mut rng = rand::rng();
    let (till, books) = two_of_one_merchant(fixture, world, &mut rng);
    let key = keys_are_listed_with_their_application(fixture, merchant, &till, &books, &mut rng);
    a_standing_is_what_a_request_needs(fixture, &till, &key, &mut rng);
    uses_are_noted_and_never_go_back(fixture, &till, &key);
    whose_keys_end_are_the_ones_they_made(fixture, merchant, &books, &mut rng);
    what_is_anothers_is_out_of_reach(fixture, world, &till, &key);
    a_deleted_one_opens_nothing(fixture, &till, &key);
}

fn new(merchant: MerchantId, name: &str, rng: &mut impl CryptoRng) -> NewApplication {
    NewApplication {
        merchant,
        app_id: AppId::draw(rng),
        name: name.to_owned(),
        permissions: Permissions::from_iter([Permission::Redeem, Permission::ViewOrder]),
        stores: StoreAccess::All,
        requests_per_minute: None,
        creator: Some(merchant.founder()),
        created_at: NOW,
    }
}

fn one(tx: &mut dyn Ports, id: ApplicationId) -> Option<Application> {
    tx.applications(&[id]).unwrap().pop()
}

fn two_of_one_merchant(
    fixture: &mut impl Fixture,
    world: &World,
    rng: &mut impl CryptoRng,
) -> (Application, Application) {
    let merchant = world.owner.founded();
    let (till, books) = (new(merchant, "Till", rng), new(merchant, "Books", rng));
    let mut kept = None;
    fixture.with(Scope::Merchant(merchant), &mut |tx| {
        let first = tx.insert_application(&till).unwrap();
        let second = tx.insert_application(&books).unwrap();
        let mut till = till.clone().with_id(first);
        let books = books.clone().with_id(second);
        assert_eq!(one(tx, first), Some(till.clone()));
        let mut stores = world.stores.clone();
        stores.sort_unstable();
        "The till".clone_into(&mut till.name);
        till.permissions = Permission::IdentifyConsumer.into();
        till.stores = StoreAccess::Only(stores);
        till.requests_per_minute = Some(50);
        till.updated_at = LATER;
        tx.update_application(&till).unwrap();
        assert_eq!(one(tx, first), Some(till.clone()));
        let all = tx.merchant_applications(merchant).unwrap();
        assert_eq!(all, [till.clone(), books.clone()], "by ascending id");
        let Application { permissions, stores, .. } = till.clone();
        let post = Post { merchant, owner: false, permissions, stores };
        assert_eq!(tx.app_post(first).unwrap(), Some(post));
        kept = Some((till, books));
    });
    kept.unwrap()
}

fn key_of(application: &Application, secret: &Secret) -> NewApiKey {
    NewApiKey {
        merchant: application.merchant,
        application: application.id,
        prefix: secret.prefix().clone(),
        digest: secret.digest(),
        name: "At the door".to_owned(),
        creator: Some(application.merchant.founder()),
        created_at: NOW,
        expires_at: None,
    }
}

struct Key {
    row: ApiKey,
    secret: Secret,
}

fn keys_are_listed_with_their_application(
    fixture: &mut impl Fixture,
    merchant: MerchantId,
    till: &Application,
    books: &Application,
    rng: &mut impl CryptoRng,
) -> Key {
    let secrets = [Secret::draw(rng), Secret::draw(rng), Secret::draw(rng)];
    let mut kept = None;
    fixture.with(Scope::Merchant(merchant), &mut |tx| {
        let [first, second, third] = &secrets;
        let new = NewApiKey { expires_at: Some(LATER), ..key_of(till, first) };
        let first_id = tx.insert_api_key(&new).unwrap();
        let row = new.with_id(first_id);
        let second_id = tx.insert_api_key(&key_of(till, second)).unwrap();
        let other = tx.insert_api_key(&key_of(books, third)).unwrap();
        let ids = |tx: &mut dyn Ports, of: &[ApplicationId]| -> Vec<_> {
            tx.api_keys(of).unwrap().into_iter().map(|key| key.id).collect()
        };
        assert_eq!(ids(tx, &[till.id]), [first_id, second_id], "by ascending id");
        assert_eq!(ids(tx, &[books.id, till.id]), [first_id, second_id, other]);
        assert_eq!(tx.find_api_key(first_id).unwrap(), Some(row.clone()));
        let second = tx.find_api_key(second_id).unwrap().unwrap();
        tx.revoke_api_key(&second, LATER).unwrap();
        let revoked = tx.find_api_key(second_id).unwrap().unwrap();
        assert_eq!(revoked, ApiKey { revoked_at: Some(LATER), ..second });
        tx.forget_api_keys(merchant, &[second_id]).unwrap();
        assert_eq!(ids(tx, &[till.id]), [first_id]);
        kept = Some(row);
    });
    let [secret, ..] = secrets;
    fixture.with(Scope::Merchant(merchant), &mut |tx| {
        let twice = tx.insert_api_key(&key_of(till, &secret));
        assert!(matches!(twice, Err(StoreError::Taken("api_key.prefix"))), "{twice:?}");
    });
    Key { row: kept.unwrap(), secret }
}

fn standing(tx: &mut dyn Ports, app_id: AppId, secret: &Secret) -> Option<KeyStanding> {
    tx.find_key_standing(app_id, secret.prefix()).unwrap()
}

fn a_standing_is_what_a_request_needs(
    fixture: &mut impl Fixture,
    till: &Application,
    key: &Key,
    rng: &mut impl CryptoRng,
) {
    let (nobody, unknown) = (AppId::draw(rng), Secret::draw(rng));
    platform(fixture, |tx| {
        let expected = KeyStanding {
            key: key.row.id,
            digest: key.secret.digest(),
            expires_at: Some(LATER),
            revoked_at: None,
            last_used_at: None,
            application: till.id,
            merchant: till.merchant,
            permissions: till.permissions,
            stores: till.stores.clone(),
            requests_per_minute: Some(50),
        };
        let mut found = standing(tx, till.app_id, &key.secret).unwrap();
        if let StoreAccess::Only(stores) = &mut found.stores {
            stores.sort_unstable();
        }
        assert_eq!(found, expected);
        assert_eq!(standing(tx, nobody, &key.secret), None);
        assert_eq!(standing(tx, till.app_id, &unknown), None);
    });
}

fn uses_are_noted_and_never_go_back(fixture: &mut impl Fixture, till: &Application, key: &Key) {
    platform(fixture, |tx| {
        for at in [LATER, NOW] {
            tx.note_use(till.merchant, key.row.id, at).unwrap();
            let used = tx.find_api_key(key.row.id).unwrap().unwrap().last_used_at;
            assert_eq!(used, Some(LATER));
        }
        let found = standing(tx, till.app_id, &key.secret).unwrap();
        assert_eq!(found.last_used_at, Some(LATER));
        tx.note_use(MerchantId::new(i64::MAX), key.row.id, LATER).unwrap();
    });
}

fn whose_keys_end_are_the_ones_they_made(
    fixture: &mut impl Fixture,
    merchant: MerchantId,
    books: &Application,
    rng: &mut impl CryptoRng,
) {
    let (maker, other) = (PersonId::new(i64::MAX), merchant.founder());
    let mut draw = |creator, expires_at| {
        let secret = Secret::draw(&mut *rng);
        NewApiKey { creator, expires_at, ..key_of(books, &secret) }
    };
    let keys = [
        draw(Some(maker), None),
        draw(Some(other), None),
        draw(Some(maker), Some(LATER)),
        draw(Some(maker), Some(NOW)),
        draw(None, None),
    ];
    fixture.with(Scope::Merchant(merchant), &mut |tx| {
        let ids: Vec<_> = keys.iter().map(|key| tx.insert_api_key(key).unwrap()).collect();
        let first = tx.revoke_api_keys_of(merchant, maker, NOW).unwrap();
        let theirs: Vec<_> = ids.iter().copied().step_by(2).take(2).collect();
        assert_eq!(first, theirs, "in force, and theirs");
        assert_eq!(tx.revoke_api_keys_of(merchant, maker, LATER).unwrap(), []);
        let revoked: Vec<_> =
            ids.iter().map(|id| tx.find_api_key(*id).unwrap().unwrap().revoked_at).collect();
        assert_eq!(revoked, [Some(NOW), None, Some(NOW), None, None]);
        tx.forget_api_keys(merchant, &ids).unwrap();
    });
}

/// Something that writes.
type Write<'a> = dyn Fn(&mut dyn Ports) -> Result<(), StoreError> + 'a;

fn what_is_anothers_is_out_of_reach(
    fixture: &mut impl Fixture,
    world: &World,
    till: &Application,
    key: &Key,
) {
    let foreign = Scope::Merchant(MerchantId::new(i64::MAX));
    for scope in [foreign, Scope::Person(world.owner)] {
        fixture.with(scope, &mut |tx| {
            assert_eq!(one(tx, till.id), None);
            assert_eq!(tx.app_post(till.id).unwrap(), None);
            assert_eq!(tx.api_keys(&[till.id]).unwrap(), vec![]);
            assert_eq!(tx.find_api_key(key.row.id).unwrap(), None);
        });
        let new = new(till.merchant, "Theirs", &mut rand::rng());
        let writes: [&Write<'_>; 9] = [
            &|tx| tx.insert_application(&new).map(drop),
            &|tx| tx.update_application(till),
            &|tx| tx.delete_application(till, NOW),
            &|tx| tx.insert_api_key(&key_of(till, &Secret::draw(&mut rand::rng()))).map(drop),
            &|tx| tx.revoke_api_key(&key.row, NOW),
            &|tx| tx.revoke_api_keys_of(till.merchant, world.owner, NOW).map(drop),
            &|tx| tx.forget_api_keys(till.merchant, &[key.row.id]),
            &|tx| tx.find_key_standing(till.app_id, key.secret.prefix()).map(drop),
            &|tx| tx.note_use(till.merchant, key.row.id, NOW),
        ];
        for write in writes {
            fixture.with(scope, &mut |tx| {
                assert!(matches!(write(tx), Err(StoreError::OutOfScope(_))));
            });
        }
    }
}

fn a_deleted_one_opens_nothing(fixture: &mut impl Fixture, till: &Application, key: &Key) {
    let merchant = till.merchant;
    fixture.with(Scope::Merchant(merchant), &mut |tx| {
        tx.delete_application(till, LATER).unwrap();
        assert_eq!(one(tx, till.id), None);
        assert_eq!(tx.app_post(till.id).unwrap(), None);
        let left = tx.merchant_applications(merchant).unwrap();
        assert_eq!(left.len(), 1);
        assert_eq!(tx.api_keys(&[till.id]).unwrap(), vec![]);
        assert_eq!(tx.find_api_key(key.row.id).unwrap(), None);
    });
    platform(fixture, |tx| {
        let found = standing(tx, till.app_id, &key.secret).unwrap();
        assert_eq!(found.revoked_at, Some(LATER));
    });
    fixture.with(Scope::Merchant(merchant), &mut |tx| {
        assert!(tx.delete_application(till, LATER).is_err(), "it is deleted");
        assert!(tx.update_application(till).is_err());
    });
}
