//! Applications and their keys: who may give what to whom, and what a key opens.

use std::collections::BTreeSet;

use regulars_auth::{
    AppId, ApplicationStore,
    account::Closed,
    api_key::{self, KeyFault, KeyStanding, MAX_ENDED, MAX_IN_FORCE, Presented, Secret},
    application::{self, ApplicationPatch, Draft, MAX_APPLICATIONS},
    role,
    staff::{self, NewStaff},
};
use regulars_kernel::{
    ApiKeyId, ApplicationId, Denied, Permission, Permissions, StoreAccess, StoreId, SystemRole,
};

use super::{
    staffing::{FAR, FOREIGN, NEAR, Shop, new_staff},
    *,
};

const MOST: u32 = 10_000;

fn of(permissions: impl IntoIterator<Item = Permission>) -> Permissions {
    permissions.into_iter().collect()
}

fn draft(permissions: Permissions, stores: &[StoreId]) -> Draft {
    let stores: BTreeSet<_> = stores.iter().copied().collect();
    Draft { name: "Till".to_owned(), permissions, stores, ..Draft::default() }
}

impl Shop {
    fn create_app(&self, actor: &Actor, draft: &Draft) -> Result<ApplicationId, AuthError> {
        let app_id = AppId::draw(&mut rand::rng());
        application::create(&mut self.tx(), actor, draft, app_id, MOST, NOW)
    }

    /// An app that the owner registers.
    fn app(&self, permissions: Permissions, stores: &[StoreId]) -> ApplicationId {
        self.create_app(&self.owner(), &draft(permissions, stores)).unwrap()
    }

    fn make_key(
        &self,
        actor: &Actor,
        application: ApplicationId,
        expires_at: Option<Timestamp>,
    ) -> Result<(ApiKeyId, Secret), AuthError> {
        let secret = Secret::draw(&mut rand::rng());
        let draft = api_key::Draft { application, name: None, expires_at };
        let id = api_key::create(&mut self.tx(), actor, &draft, &secret, NOW)?;
        Ok((id, secret))
    }

    fn presented(&self, application: ApplicationId, secret: Secret) -> Presented {
        let app_id = self.tx().applications(&[application]).unwrap().pop().unwrap().app_id;
        Presented { app_id, secret }
    }

    fn standing(&self, presented: &Presented, now: Timestamp) -> Result<KeyStanding, KeyFault> {
        let standing = api_key::resolve(&mut self.house.tx(), presented, now).unwrap();
        standing.map_err(|refusal| refusal.fault)
    }

    /// Somebody who may change apps, and has these permissions and stores beside.
    fn keeper(&self, name: &str, permissions: Permissions, stores: &[StoreId]) -> Actor {
        let role = self.custom(permissions.with(Permission::ChangeApp.into()));
        let person = self.hire(name, SystemRole::Cashier, stores);
        staff::add_role(&mut self.tx(), &self.owner(), person, role).unwrap();
        self.actor(person)
    }
}

fn is_denied<T: std::fmt::Debug>(answer: &Result<T, AuthError>) {
    assert!(matches!(answer, Err(AuthError::Denied(Denied))), "{answer:?}");
}

#[test]
fn nobody_gives_an_app_what_they_do_not_hold() {
    let shop = Shop::open();
    let refunds = of([Permission::RefundOrder]);
    let redeem = of([Permission::Redeem]);
    let keeper = shop.keeper("keeper", redeem, &[NEAR]);
    is_denied(&shop.create_app(&keeper, &draft(refunds, &[NEAR])));
    is_denied(&shop.create_app(&keeper, &draft(redeem, &[FAR])));
    is_denied(&shop.create_app(&keeper, &Draft { all_stores: true, ..draft(redeem, &[]) }));
    let own = shop.create_app(&keeper, &draft(redeem, &[NEAR])).unwrap();
    let foreign = shop.create_app(&shop.owner(), &draft(redeem, &[FOREIGN]));
    assert!(matches!(foreign, Err(AuthError::StoreNotFound)));
    let cashier = shop.actor(shop.hire_cashier("cashier"));
    is_denied(&shop.create_app(&cashier, &draft(Permissions::NONE, &[])));

    let mightier = shop.app(refunds, &[FAR]);
    is_denied(&shop.make_key(&keeper, mightier, None));
    assert!(shop.make_key(&keeper, own, None).is_ok());
    let change = |id, patch: &ApplicationPatch| {
        application::update(&mut shop.tx(), &keeper, id, patch, MOST, NOW)
    };
    let gains = ApplicationPatch { permissions: Some(refunds), ..ApplicationPatch::default() };
    is_denied(&change(own, &gains));
    let spreads = ApplicationPatch { all_stores: Some(true), ..ApplicationPatch::default() };
    is_denied(&change(own, &spreads));
    // What it has already is not given by them, and taking away needs nothing.
    let renamed = ApplicationPatch { name: Some("Books".to_owned()), ..gains };
    assert!(change(mightier, &renamed).is_ok());
    let narrowed = ApplicationPatch {
        permissions: Some(Permissions::NONE),
        stores: Some(BTreeSet::new()),
        ..ApplicationPatch::default()
    };
    assert!(change(mightier, &narrowed).is_ok());
    let left = shop.tx().applications(&[mightier]).unwrap().pop().unwrap();
    assert_eq!(left.permissions, Permissions::NONE);
    assert_eq!((left.stores, left.name.as_str()), (StoreAccess::Only(vec![]), "Books"));
}

#[test]
fn an_app_is_bounded() {
    let shop = Shop::open();
    let owner = shop.owner();
    let invalid = |draft: &Draft| wrong(shop.create_app(&owner, draft));
    let usual = draft(Permissions::NONE, &[]);
    let fields = |draft: &Draft| -> Vec<_> {
        invalid(draft).into_iter().map(|(field, _rule)| field.unwrap()).collect()
    };
    assert_eq!(fields(&Draft { name: " ".to_owned(), ..usual.clone() }), ["name"]);
    assert_eq!(fields(&Draft { name: "x".repeat(151), ..usual.clone() }), ["name"]);
    for units in [-1, 0, 10_001] {
        let draft = Draft { requests_per_minute: Some(units), ..usual.clone() };
        assert_eq!(fields(&draft), ["requestsPerMinute"]);
    }
    let both = Draft { all_stores: true, ..draft(Permissions::NONE, &[NEAR]) };
    assert_eq!(fields(&both), ["stores"]);
    for _ in 0..MAX_APPLICATIONS {
        shop.create_app(&owner, &usual).unwrap();
    }
    assert!(matches!(invalid(&usual)[..], [(None, Rule::Invalid(_))]));
    let theirs = Actor::owner(shop.stranger);
    let own = application::list(&mut shop.tx(), &owner).unwrap();
    let unseen = application::get(&mut shop.tx(), &theirs, own[0].id);
    assert!(matches!(unseen, Err(AuthError::ApplicationNotFound)));
}

#[test]
fn a_key_opens_until_it_is_revoked_or_expires() {
    let shop = Shop::open();
    let app = shop.app(of([Permission::Redeem]), &[NEAR]);
    let (id, secret) = shop.make_key(&shop.owner(), app, Some(after(60))).unwrap();
    let right = shop.presented(app, secret.clone());
    let standing = shop.standing(&right, NOW).unwrap();
    let actor = Actor::App {
        app,
        merchant: shop.merchant,
        person: None,
        permissions: Permission::Redeem.into(),
        stores: StoreAccess::Only(vec![NEAR]),
    };
    assert_eq!(standing.actor(), actor);
    assert!(shop.standing(&right, after(59)).is_ok());
    assert_eq!(shop.standing(&right, after(60)), Err(KeyFault::Expired));

    let text = secret.expose();
    let (prefix, rest) = text.split_once('.').unwrap();
    let turned: String = rest.chars().rev().collect();
    let wrong = Secret::parse(&format!("{prefix}.{turned}")).unwrap();
    assert_eq!(shop.standing(&shop.presented(app, wrong), NOW), Err(KeyFault::Unknown));
    let other = shop.app(of([Permission::Redeem]), &[NEAR]);
    let elsewhere = shop.presented(other, secret);
    assert_eq!(shop.standing(&elsewhere, NOW), Err(KeyFault::Unknown), "another app's");

    api_key::revoke(&mut shop.tx(), &shop.owner(), id, after(1)).unwrap();
    assert_eq!(shop.standing(&right, after(2)), Err(KeyFault::Revoked));
    api_key::revoke(&mut shop.tx(), &shop.owner(), id, after(9)).unwrap();
    let key = api_key::get(&mut shop.tx(), &shop.owner(), id).unwrap();
    assert_eq!(key.revoked_at, Some(after(1)), "once more changes nothing");

    let (_, second) = shop.make_key(&shop.owner(), other, None).unwrap();
    let second = shop.presented(other, second);
    application::delete(&mut shop.tx(), &shop.owner(), other, NOW).unwrap();
    assert_eq!(shop.standing(&second, NOW), Err(KeyFault::Revoked));
}

#[test]
fn a_key_in_somebodys_hands_opens_what_both_may() {
    let shop = Shop::open();
    let app = shop.app(of([Permission::Redeem, Permission::RefundOrder]), &[NEAR, FAR]);
    let (_, secret) = shop.make_key(&shop.owner(), app, None).unwrap();
    let standing = shop.standing(&shop.presented(app, secret), NOW).unwrap();
    let cashier = shop.hire("cashier", SystemRole::Cashier, &[NEAR]);
    let held = standing.held_by(&shop.actor(cashier)).unwrap();
    let both = Actor::App {
        app,
        merchant: shop.merchant,
        person: Some(cashier),
        permissions: Permission::Redeem.into(),
        stores: StoreAccess::Only(vec![NEAR]),
    };
    assert_eq!(held, both);
    assert_eq!(standing.held_by(&shop.owner()).unwrap().stores(), standing.actor().stores());
    let person = PersonId::new(9);
    for other in [
        Actor::owner(shop.stranger),
        Actor::Consumer { person },
        Actor::Platform { person },
        Actor::Anonymous,
    ] {
        let refused = standing.held_by(&other).map_err(|refusal| (refusal.fault, refusal.of));
        assert_eq!(refused, Err((KeyFault::Bearer, Some(standing.owner()))), "{other:?}");
    }
}

#[test]
fn an_app_gives_no_more_than_it_holds_now() {
    let shop = Shop::open();
    let may = of([Permission::ChangeStaff, Permission::ChangeApp, Permission::Redeem]);
    let app = shop.app(may, &[NEAR]);
    let (_, secret) = shop.make_key(&shop.owner(), app, None).unwrap();
    let standing = shop.standing(&shop.presented(app, secret), NOW).unwrap();
    let actor = standing.held_by(&shop.owner()).unwrap();
    let create = |permissions| role::create(&mut shop.tx(), &actor, "Own", permissions, NOW);
    assert!(create(of([Permission::Redeem])).is_ok());
    is_denied(&create(of([Permission::RefundOrder])));
    is_denied(&shop.create_app(&actor, &draft(of([Permission::Sync]), &[])));
    is_denied(&shop.create_app(&actor, &draft(may, &[FAR])));
    assert!(shop.create_app(&actor, &draft(may, &[NEAR])).is_ok());
    let cashier = shop.hire_cashier("cashier");
    is_denied(&staff::add_store(&mut shop.tx(), &actor, cashier, FAR));
    let seed = MailSeed::draw(&shop.house.authority, &mut rand::rng());
    let owner = shop.system_role(shop.merchant, SystemRole::Owner);
    let new = NewStaff { roles: [owner].into(), ..new_staff("second") };
    is_denied(&staff::create(&mut shop.house.tx(), &actor, &new, &seed, NOW));
    // What was taken from it a moment ago is gone, whatever the request began with.
    let narrowed = ApplicationPatch {
        permissions: Some(of([Permission::Redeem])),
        ..ApplicationPatch::default()
    };
    application::update(&mut shop.tx(), &shop.owner(), app, &narrowed, MOST, NOW).unwrap();
    is_denied(&create(of([Permission::Redeem])));
    application::delete(&mut shop.tx(), &shop.owner(), app, NOW).unwrap();
    is_denied(&shop.create_app(&actor, &draft(Permissions::NONE, &[])));
}

#[test]
fn whoever_goes_leaves_their_apps_and_takes_no_key_along() {
    let shop = Shop::open();
    let redeem = of([Permission::Redeem]);
    let keeper = shop.keeper("keeper", redeem, &[NEAR]);
    let person = keeper.person().unwrap();
    let app = shop.create_app(&keeper, &draft(redeem, &[NEAR])).unwrap();
    let (theirs, secret) = shop.make_key(&keeper, app, None).unwrap();
    let (other, _) = shop.make_key(&shop.owner(), app, None).unwrap();
    let presented = shop.presented(app, secret);
    let made = application::get(&mut shop.tx(), &shop.owner(), app).unwrap();
    assert_eq!(made.creator, Some(person));
    let makers = api_key::list(&mut shop.tx(), &shop.owner(), &[app]).unwrap();
    let makers: Vec<_> = makers.into_iter().map(|key| (key.id, key.creator)).collect();
    assert_eq!(makers, [(theirs, Some(person)), (other, shop.owner().person())]);

    let owner = shop.owner();
    let closed = staff::delete(&mut shop.house.tx(), &owner, person, true, after(5)).unwrap();
    assert_eq!(closed, Closed { person, revoked: vec![theirs] });
    assert_eq!(shop.standing(&presented, after(5)), Err(KeyFault::Revoked));
    let left = api_key::get(&mut shop.tx(), &owner, other).unwrap();
    assert_eq!(left.revoked_at, None);
    assert!(application::get(&mut shop.tx(), &owner, app).is_ok());

    let second = shop.keeper("second", redeem, &[NEAR]);
    let (_, secret) = shop.make_key(&second, app, None).unwrap();
    let person = second.person().unwrap();
    let closed = staff::delete(&mut shop.house.tx(), &owner, person, false, after(6)).unwrap();
    assert_eq!(closed, Closed { person, revoked: vec![] });
    assert!(shop.standing(&shop.presented(app, secret), after(6)).is_ok(), "it was asked to stay");
}

#[test]
fn an_app_in_nobodys_hands_gives_nothing() {
    let shop = Shop::open();
    let app = shop.app(Permissions::all(), &[NEAR, FAR]);
    let (key, secret) = shop.make_key(&shop.owner(), app, None).unwrap();
    let actor = shop.standing(&shop.presented(app, secret), NOW).unwrap().actor();
    let redeem = of([Permission::Redeem]);
    // Whoever made its key would give themselves what they may not.
    let cashier = shop.hire_cashier("cashier");
    is_denied(&staff::add_permission(&mut shop.tx(), &actor, cashier, Permission::RefundOrder));
    is_denied(&staff::add_store(&mut shop.tx(), &actor, cashier, NEAR));
    let role = shop.custom(redeem);
    is_denied(&staff::add_role(&mut shop.tx(), &actor, cashier, role));
    let seed = MailSeed::draw(&shop.house.authority, &mut rand::rng());
    is_denied(&staff::create(&mut shop.house.tx(), &actor, &new_staff("new"), &seed, NOW));
    is_denied(&role::create(&mut shop.tx(), &actor, "Own", redeem, NOW));
    let change_role = |permissions| {
        let patch = role::RolePatch { permissions: Some(permissions), display_name: None };
        role::update(&mut shop.tx(), &actor, role, &patch, NOW)
    };
    is_denied(&change_role(of([Permission::Redeem, Permission::ViewOrder])));
    is_denied(&shop.create_app(&actor, &draft(Permissions::NONE, &[])));
    is_denied(&shop.make_key(&actor, app, None));
    let other = shop.app(redeem, &[NEAR]);
    let change = |patch: &ApplicationPatch| {
        application::update(&mut shop.tx(), &actor, other, patch, MOST, NOW)
    };
    for gains in [
        ApplicationPatch { permissions: Some(Permissions::all()), ..ApplicationPatch::default() },
        ApplicationPatch { all_stores: Some(true), ..ApplicationPatch::default() },
        ApplicationPatch { stores: Some([FAR].into()), ..ApplicationPatch::default() },
        ApplicationPatch { requests_per_minute: Some(Some(9)), ..ApplicationPatch::default() },
    ] {
        is_denied(&change(&gains));
    }
    // To take away it needs nobody.
    assert!(change_role(Permissions::NONE).is_ok());
    let narrowed = ApplicationPatch {
        permissions: Some(Permissions::NONE),
        stores: Some(BTreeSet::new()),
        ..ApplicationPatch::default()
    };
    assert!(change(&narrowed).is_ok());
    assert!(staff::remove_role(&mut shop.tx(), &actor, cashier, role).is_ok());
    assert!(api_key::revoke(&mut shop.tx(), &actor, key, NOW).is_ok());
}

#[test]
fn an_app_changes_nobodys_account() {
    let shop = Shop::open();
    let app = shop.app(Permissions::all(), &[]);
    let (_, secret) = shop.make_key(&shop.owner(), app, None).unwrap();
    let standing = shop.standing(&shop.presented(app, secret), NOW).unwrap();
    let token = shop.house.sent(NOW).remove(0).2;
    verification::verify(&mut shop.house.tx(), &token, NOW).unwrap();
    let owner = shop.owner();
    assert!(shop.house.confirm(&owner, PASSWORD).is_ok());
    let held = standing.held_by(&owner).unwrap();
    assert_eq!(wrong(shop.house.confirm(&held, PASSWORD)), [(None, Rule::Unauthenticated)]);
}

#[test]
fn keys_are_bounded_and_the_oldest_ended_ones_forgotten() {
    let shop = Shop::open();
    let (owner, app) = (shop.owner(), shop.app(Permissions::NONE, &[]));
    let make = || shop.make_key(&owner, app, None);
    let past = shop.make_key(&owner, app, Some(NOW));
    assert!(matches!(wrong(past)[..], [(Some("expiresAt"), Rule::Invalid(_))]));
    let first = make().unwrap().0;
    for _ in 1..MAX_IN_FORCE {
        make().unwrap();
    }
    assert!(matches!(wrong(make())[..], [(None, Rule::Invalid(_))]));
    let end = |id| api_key::revoke(&mut shop.tx(), &owner, id, NOW).unwrap();
    end(first);
    for _ in 0..MAX_ENDED {
        end(make().unwrap().0);
    }
    let last = make().unwrap().0;
    let listed = api_key::list(&mut shop.tx(), &owner, &[app]).unwrap();
    assert_eq!(listed.len(), MAX_IN_FORCE + MAX_ENDED);
    assert!(listed.iter().all(|key| key.id != first) && listed.iter().any(|key| key.id == last));
}

#[test]
fn uses_are_news_once_a_minute() {
    let shop = Shop::open();
    let app = shop.app(Permissions::NONE, &[]);
    let (id, secret) = shop.make_key(&shop.owner(), app, None).unwrap();
    let presented = shop.presented(app, secret);
    assert!(shop.standing(&presented, NOW).unwrap().is_use_news(NOW), "never used");
    shop.house.tx().note_use(shop.merchant, id, NOW).unwrap();
    let standing = shop.standing(&presented, NOW).unwrap();
    assert!(!standing.is_use_news(after(59)) && standing.is_use_news(after(60)));
}

#[test]
fn a_key_says_what_it_is_and_never_prints_its_secret() {
    let secret = Secret::draw(&mut rand::rng());
    let text = secret.expose();
    assert_eq!((text.len(), &text[..2], &text[8..9]), (41, "rk", "."));
    let printed = format!("{secret:?}");
    assert!(printed.starts_with(&text[..9]) && !printed.contains(&text[9..]), "{printed}");
    assert_eq!(Secret::parse(&text).unwrap().expose(), text);
    for other in ["", ".", &text[1..], &text[..40], &format!("{text}x"), &text.replace('.', "-")] {
        assert!(Secret::parse(other).is_none(), "{other}");
    }
}

#[test]
fn who_signs_up_through_an_app_joins_its_merchant() {
    let mut shop = Shop::open();
    let registration = Registration {
        fields: AccountFields { email: "new@example.com".to_owned(), ..ada().fields },
        ..ada()
    };
    let prepared = shop.house.prepare(&registration).unwrap().through(Some(shop.merchant));
    let house = &shop.house;
    let person =
        register::commit(&mut house.tx(), &house.authority, &prepared, NOW).unwrap().person;
    let member = shop.tx().consumers(&[person]).unwrap().pop().unwrap();
    assert_eq!(member.id, person);
    let mut elsewhere = house.memory.scoped(Scope::Merchant(shop.stranger));
    assert_eq!(elsewhere.consumers(&[person]).unwrap(), []);
}
