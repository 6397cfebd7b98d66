//! Hiring, promoting and dismissing (issue: who grants what).

use std::collections::BTreeSet;

use regulars_auth::{
    StaffMember, StaffStore,
    role::{self, MAX_ROLES, RolePatch},
    staff::{self, NewStaff},
};
use regulars_kernel::{
    Denied, PageRequest, Permission, Permissions, RoleId, StoreAccess, StoreGroupId, StoreId,
    SystemRole,
};
use regulars_merchant::{Store, StoreGroup};

use super::*;

pub(super) const NEAR: StoreId = StoreId::new(11);
pub(super) const FAR: StoreId = StoreId::new(12);
pub(super) const FOREIGN: StoreId = StoreId::new(13);
const TOWN: StoreGroupId = StoreGroupId::new(21);

/// A merchant with two stores, a group of the near one, and another merchant.
pub(super) struct Shop {
    pub(super) house: House,
    pub(super) merchant: MerchantId,
    pub(super) stranger: MerchantId,
}

impl Shop {
    pub(super) fn open() -> Self {
        let mut house = House::new();
        let merchant = house.register(&seller(None)).unwrap().person.founded();
        let mut other = seller(None);
        "other@example.com".clone_into(&mut other.fields.email);
        let stranger = house.register(&other).unwrap().person.founded();
        let places = house.memory.customers().merchants();
        for (id, merchant) in [(NEAR, merchant), (FAR, merchant), (FOREIGN, stranger)] {
            places.put_store(store(id, merchant));
        }
        places.put_store_group(StoreGroup {
            id: TOWN,
            merchant,
            name: "Town".to_owned(),
            stores: vec![NEAR],
            created_at: NOW,
            updated_at: NOW,
        });
        Self { house, merchant, stranger }
    }

    pub(super) fn tx(&self) -> MemoryStore {
        self.house.memory.scoped(Scope::Merchant(self.merchant))
    }

    pub(super) fn owner(&self) -> Actor {
        Actor::owner(self.merchant)
    }

    pub(super) fn system_role(&self, merchant: MerchantId, role: SystemRole) -> RoleId {
        let roles = self.house.tx().merchant_roles(merchant).unwrap();
        roles.into_iter().find(|known| known.system == Some(role)).unwrap().id
    }

    fn role(&self, role: SystemRole) -> RoleId {
        self.system_role(self.merchant, role)
    }

    fn create(&self, actor: &Actor, new: &NewStaff) -> Result<PersonId, AuthError> {
        let seed = MailSeed::draw(&self.house.authority, &mut rand::rng());
        staff::create(&mut self.house.tx(), actor, new, &seed, NOW)
    }

    /// Has the owner take somebody on.
    pub(super) fn hire(&self, name: &str, role: SystemRole, stores: &[StoreId]) -> PersonId {
        let new = NewStaff {
            roles: [self.role(role)].into(),
            stores: stores.iter().copied().collect(),
            ..new_staff(name)
        };
        self.create(&self.owner(), &new).unwrap()
    }

    /// Has the owner take a cashier on.
    pub(super) fn hire_cashier(&self, name: &str) -> PersonId {
        self.hire(name, SystemRole::Cashier, &[NEAR])
    }

    fn member(&self, person: PersonId) -> Option<StaffMember> {
        self.tx().staff(&[person]).unwrap().pop()
    }

    /// They, as a request of theirs now would be told.
    pub(super) fn actor(&self, person: PersonId) -> Actor {
        let post = self.member(person).unwrap().post;
        Actor::Staff {
            person,
            merchant: post.merchant,
            owner: post.owner,
            permissions: post.permissions,
            stores: post.stores,
        }
    }

    pub(super) fn custom(&self, permissions: Permissions) -> RoleId {
        role::create(&mut self.tx(), &self.owner(), "Own", permissions, NOW).unwrap()
    }
}

pub(super) fn new_staff(name: &str) -> NewStaff {
    NewStaff {
        fields: AccountFields {
            email: format!("{name}@shop.example"),
            firstname: name.to_owned(),
            lastname: "Staff".to_owned(),
            ..AccountFields::default()
        },
        ..NewStaff::default()
    }
}

fn store(id: StoreId, merchant: MerchantId) -> Store {
    Store {
        id,
        merchant,
        name: "Market".to_owned(),
        location: None,
        phone_number: None,
        country: None,
        state: None,
        city: None,
        street: None,
        zip_code: None,
        tax_rate: None,
        time_zone: None,
        day_starts_at: chrono::NaiveTime::MIN,
        late_hours: Store::DEFAULT_LATE_HOURS,
        till_redemption: None,
        is_active: true,
        archived: false,
        extra_info: None,
        created_at: NOW,
        updated_at: NOW,
    }
}

fn refused<T>(answer: &Result<T, AuthError>) -> bool {
    matches!(answer, Err(AuthError::Denied(Denied)))
}

fn absent<T>(answer: &Result<T, AuthError>) -> bool {
    matches!(answer, Err(error) if error.kind() == ErrorKind::DoesNotExist)
}

fn fault<T: std::fmt::Debug>(answer: Result<T, AuthError>) -> Option<&'static str> {
    wrong(answer).pop().unwrap().0
}

#[test]
fn a_merchant_begins_with_the_system_roles_and_its_founder_as_owner() {
    let shop = Shop::open();
    let roles = role::list(&mut shop.tx(), &shop.owner()).unwrap();
    let system: Vec<_> = roles.iter().map(|role| role.system).collect();
    assert_eq!(system, SystemRole::ALL.map(Some));
    let founder = shop.member(shop.merchant.founder()).unwrap();
    assert!(founder.post.owner && founder.post.stores == StoreAccess::All);
    assert_eq!(shop.actor(shop.merchant.founder()), shop.owner());
}

#[test]
fn who_is_hired_has_what_they_were_given_and_no_password() {
    let mut shop = Shop::open();
    let person = shop.hire("carla", SystemRole::Cashier, &[NEAR]);
    let stores = StoreAccess::Only(vec![NEAR]);
    assert_eq!(shop.actor(person), Actor::cashier(shop.merchant, person, stores));
    let account = shop.house.person(person);
    assert_eq!((account.user_type, account.loyalty_id), (UserType::Merchant, None));
    assert!(!account.verified);
    for password in ["", PASSWORD] {
        assert!(shop.house.log_in("carla@shop.example", password, NOW).is_err());
    }
    let again = shop.create(&shop.owner(), &new_staff("CARLA"));
    assert_eq!(wrong(again), [(Some("email"), Rule::EmailTaken)]);
    let nobody = NewStaff::default();
    let empty = shop.create(&shop.owner(), &nobody);
    let fields: Vec<_> = wrong(empty).into_iter().map(|(field, _)| field.unwrap()).collect();
    assert_eq!(fields, ["email", "firstname", "lastname"]);
}

#[test]
fn nobody_without_change_staff_changes_staff_or_roles() {
    let shop = Shop::open();
    let cashier = shop.hire("carla", SystemRole::Cashier, &[NEAR]);
    let analyst = shop.role(SystemRole::Analyst);
    let outsiders = [
        Actor::Anonymous,
        Actor::Consumer { person: cashier },
        Actor::Platform { person: cashier },
        shop.actor(cashier),
    ];
    for actor in outsiders {
        let tx = &mut shop.tx();
        assert!(refused(&shop.create(&actor, &new_staff("x"))));
        assert!(refused(&staff::delete(&mut shop.house.tx(), &actor, cashier, true, NOW)));
        assert!(refused(&staff::add_role(tx, &actor, cashier, analyst)));
        assert!(refused(&staff::remove_role(tx, &actor, cashier, analyst)));
        assert!(refused(&staff::add_permission(tx, &actor, cashier, Permission::Redeem)));
        assert!(refused(&staff::remove_permission(tx, &actor, cashier, Permission::Redeem)));
        assert!(refused(&staff::add_store(tx, &actor, cashier, FAR)));
        assert!(refused(&staff::remove_store(tx, &actor, cashier, NEAR)));
        assert!(refused(&staff::add_store_group(tx, &actor, cashier, TOWN)));
        assert!(refused(&staff::remove_store_group(tx, &actor, cashier, TOWN)));
        assert!(refused(&role::create(tx, &actor, "x", Permissions::NONE, NOW)));
        assert!(refused(&role::update(tx, &actor, analyst, &RolePatch::default(), NOW)));
        assert!(refused(&role::delete(tx, &actor, analyst)));
        assert!(refused(&role::list(tx, &actor)));
        assert!(refused(&staff::list(tx, &actor, &PageRequest::first(10))));
        assert!(refused(&staff::count(tx, &actor)));
    }
}

#[test]
fn nobody_grants_what_they_do_not_hold() {
    let shop = Shop::open();
    let manager = shop.hire("mina", SystemRole::Manager, &[NEAR]);
    let cashier = shop.hire("carla", SystemRole::Cashier, &[]);
    let apps = shop.custom(Permission::ChangeApp.into());
    let (mina, tx) = (shop.actor(manager), &mut shop.tx());
    for role in [shop.role(SystemRole::Owner), apps] {
        assert!(refused(&staff::add_role(tx, &mina, cashier, role)));
        let new = NewStaff { roles: [role].into(), ..new_staff("new") };
        assert!(refused(&shop.create(&mina, &new)));
    }
    assert!(refused(&staff::add_permission(tx, &mina, cashier, Permission::ChangeApp)));
    assert!(refused(&staff::add_store(tx, &mina, cashier, FAR)));
    assert!(refused(&staff::add_store_group(tx, &mina, cashier, TOWN)), "it may grow");
    let anywhere = NewStaff { all_stores: true, ..new_staff("new") };
    assert!(refused(&shop.create(&mina, &anywhere)));
    let far = NewStaff { stores: [FAR].into(), ..new_staff("new") };
    assert!(refused(&shop.create(&mina, &far)));
    assert!(refused(&role::create(tx, &mina, "x", Permission::ChangeApp.into(), NOW)));
    let own = shop.custom(Permission::Redeem.into());
    let widened = RolePatch { permissions: Some(Permissions::all()), ..RolePatch::default() };
    assert!(refused(&role::update(tx, &mina, own, &widened, NOW)));
    assert_eq!(shop.tx().staff(&[cashier]).unwrap(), vec![shop.member(cashier).unwrap()]);

    // What they hold they give, and what they never had they take away.
    staff::add_role(tx, &mina, cashier, shop.role(SystemRole::Manager)).unwrap();
    staff::add_permission(tx, &mina, cashier, Permission::Sync).unwrap();
    staff::add_store(tx, &mina, cashier, NEAR).unwrap();
    staff::add_store_group(tx, &shop.owner(), manager, TOWN).unwrap();
    staff::add_store_group(tx, &shop.actor(manager), cashier, TOWN).unwrap();
    let renamed = RolePatch { display_name: Some(" Apps ".to_owned()), ..RolePatch::default() };
    role::update(tx, &mina, apps, &renamed, after(5)).unwrap();
    let role = shop.tx().roles(&[apps]).unwrap().pop().unwrap();
    assert_eq!((role.display_name.as_str(), role.updated_at), ("Apps", after(5)));
    assert_eq!(role.permissions, Permission::ChangeApp.into());
    let emptied = RolePatch { permissions: Some(Permissions::NONE), ..RolePatch::default() };
    role::update(tx, &mina, apps, &emptied, NOW).unwrap();
}

#[test]
fn nobody_but_an_owner_changes_an_owner() {
    let shop = Shop::open();
    let manager = shop.hire("mina", SystemRole::Manager, &[NEAR]);
    let second = shop.hire("otto", SystemRole::Owner, &[]);
    let (mina, tx) = (shop.actor(manager), &mut shop.tx());
    let (owner_role, cashier) = (shop.role(SystemRole::Owner), shop.role(SystemRole::Cashier));
    assert!(refused(&staff::delete(&mut shop.house.tx(), &mina, second, true, NOW)));
    assert!(refused(&staff::remove_role(tx, &mina, second, owner_role)));
    assert!(refused(&staff::add_role(tx, &mina, second, cashier)));
    assert!(refused(&staff::add_store(tx, &mina, second, NEAR)));
    assert!(refused(&staff::add_permission(tx, &mina, second, Permission::Sync)));
    let otto = shop.actor(second);
    staff::add_role(tx, &otto, shop.merchant.founder(), cashier).unwrap();
    staff::remove_role(tx, &otto, shop.merchant.founder(), owner_role).unwrap();
    assert!(refused(&staff::add_role(tx, &shop.owner(), manager, cashier)), "no owner any more");
}

#[test]
fn the_last_owner_stays_one() {
    let shop = Shop::open();
    let (founder, tx) = (shop.merchant.founder(), &mut shop.tx());
    let owner_role = shop.role(SystemRole::Owner);
    for actor in [shop.owner(), Actor::system(shop.merchant)] {
        let removed = staff::remove_role(tx, &actor, founder, owner_role);
        assert_eq!(fault(removed), Some("roleId"));
        let deleted = staff::delete(&mut shop.house.tx(), &actor, founder, true, NOW);
        assert_eq!(fault(deleted), Some("id"));
    }
    let second = shop.hire("otto", SystemRole::Owner, &[]);
    let mut account = shop.house.person(second);
    account.archived = true;
    shop.house.tx().update_person(&account).unwrap();
    let removed = staff::remove_role(tx, &shop.owner(), founder, owner_role);
    assert_eq!(fault(removed), Some("roleId"), "an account that was put away is no owner in force");
    account.archived = false;
    shop.house.tx().update_person(&account).unwrap();
    staff::remove_role(tx, &shop.owner(), founder, owner_role).unwrap();
    let deleted = staff::delete(&mut shop.house.tx(), &shop.actor(second), second, true, NOW);
    assert_eq!(fault(deleted), Some("id"));
}

#[test]
fn nobody_widens_their_own_rights() {
    let shop = Shop::open();
    let manager = shop.hire("mina", SystemRole::Manager, &[NEAR]);
    let (mina, tx) = (shop.actor(manager), &mut shop.tx());
    assert!(refused(&staff::add_role(tx, &mina, manager, shop.role(SystemRole::Cashier))));
    assert!(refused(&staff::add_permission(tx, &mina, manager, Permission::Redeem)));
    assert!(refused(&staff::add_store(tx, &mina, manager, NEAR)));
    assert!(refused(&staff::add_store_group(tx, &mina, manager, TOWN)));
    // An owner has nothing to gain, and anybody may give up what they have.
    staff::add_permission(tx, &shop.owner(), shop.merchant.founder(), Permission::Sync).unwrap();
    staff::remove_store(tx, &mina, manager, NEAR).unwrap();
    staff::remove_role(tx, &mina, manager, shop.role(SystemRole::Manager)).unwrap();
    assert!(refused(&staff::remove_store(tx, &mina, manager, NEAR)), "they act no more");
}

#[test]
fn what_was_taken_a_moment_ago_is_gone_behind_the_lock() {
    let shop = Shop::open();
    let manager = shop.hire("mina", SystemRole::Manager, &[NEAR]);
    let cashier = shop.hire("carla", SystemRole::Cashier, &[]);
    let before = shop.actor(manager);
    let tx = &mut shop.tx();
    staff::add_permission(tx, &shop.owner(), manager, Permission::ChangeStaff).unwrap();
    staff::remove_role(tx, &shop.owner(), manager, shop.role(SystemRole::Manager)).unwrap();
    assert!(refused(&staff::add_permission(tx, &before, cashier, Permission::Sync)));
    staff::delete(&mut shop.house.tx(), &shop.owner(), manager, true, NOW).unwrap();
    assert!(refused(&staff::remove_role(tx, &before, cashier, shop.role(SystemRole::Cashier))));
}

#[test]
fn stores_come_and_go() {
    let shop = Shop::open();
    let (owner, tx) = (shop.owner(), &mut shop.tx());
    let person = shop.hire("carla", SystemRole::Cashier, &[]);
    let reach = || shop.member(person).unwrap().post.stores;
    staff::add_store(tx, &owner, person, FAR).unwrap();
    staff::add_store_group(tx, &owner, person, TOWN).unwrap();
    assert_eq!(reach(), StoreAccess::Only(vec![NEAR, FAR]));
    let removed = staff::remove_store(tx, &owner, person, NEAR);
    assert_eq!(fault(removed), Some("storeId"), "the group has it");
    staff::remove_store_group(tx, &owner, person, TOWN).unwrap();
    staff::remove_store(tx, &owner, person, FAR).unwrap();
    staff::remove_store(tx, &owner, person, FAR).unwrap();
    assert_eq!(reach(), StoreAccess::Only(vec![]));

    let everywhere = NewStaff { all_stores: true, ..new_staff("erika") };
    let person = shop.create(&owner, &everywhere).unwrap();
    let reach = || shop.member(person).unwrap().post.stores;
    assert_eq!(reach(), StoreAccess::All);
    let removed = staff::remove_store_group(tx, &owner, person, TOWN);
    assert_eq!(fault(removed), Some("storeGroupId"));
    staff::remove_store(tx, &owner, person, NEAR).unwrap();
    assert_eq!(reach(), StoreAccess::Only(vec![FAR]), "every store but that one");
    let of_owner = staff::remove_store(tx, &owner, shop.merchant.founder(), NEAR);
    assert_eq!(fault(of_owner), Some("storeId"));
}

#[test]
fn permissions_come_and_go_singly_and_with_roles() {
    let shop = Shop::open();
    let (owner, tx) = (shop.owner(), &mut shop.tx());
    let person = shop.hire("carla", SystemRole::Cashier, &[]);
    let may = |permission| shop.actor(person).require(permission).is_ok();
    staff::add_permission(tx, &owner, person, Permission::Sync).unwrap();
    let own = shop.custom(Permission::ViewAudit.into());
    staff::add_role(tx, &owner, person, own).unwrap();
    assert!(may(Permission::Sync) && may(Permission::ViewAudit) && may(Permission::Redeem));
    let removed = staff::remove_permission(tx, &owner, person, Permission::Redeem);
    assert_eq!(fault(removed), Some("permissionId"), "the role allows it");
    staff::remove_permission(tx, &owner, person, Permission::Sync).unwrap();
    role::delete(tx, &owner, own).unwrap();
    assert!(!may(Permission::Sync) && !may(Permission::ViewAudit) && may(Permission::Redeem));
    staff::remove_role(tx, &owner, person, shop.role(SystemRole::Cashier)).unwrap();
    assert_eq!(shop.member(person).unwrap().post.permissions, Permissions::NONE);
}

#[test]
fn system_roles_stay_as_they_are_and_roles_have_names_and_an_end() {
    let shop = Shop::open();
    let (owner, tx) = (shop.owner(), &mut shop.tx());
    for role in SystemRole::ALL.map(|role| shop.role(role)) {
        let patch = RolePatch { display_name: Some("Mine".to_owned()), permissions: None };
        assert_eq!(fault(role::update(tx, &owner, role, &patch, NOW)), Some("id"));
        assert_eq!(fault(role::delete(tx, &owner, role)), Some("id"));
    }
    for name in ["", "  ", "a\0b", &"x".repeat(151)] {
        let created = role::create(tx, &owner, name, Permissions::NONE, NOW);
        assert_eq!(fault(created), Some("displayName"), "{name:?}");
    }
    while shop.tx().merchant_roles(shop.merchant).unwrap().len() < MAX_ROLES {
        shop.custom(Permissions::NONE);
    }
    let created = role::create(tx, &owner, "One more", Permissions::NONE, NOW);
    assert_eq!(fault(created), None, "a fault of no argument");
}

#[test]
fn what_is_anothers_is_not_there() {
    let shop = Shop::open();
    let (owner, tx) = (shop.owner(), &mut shop.tx());
    let person = shop.hire("carla", SystemRole::Cashier, &[]);
    let theirs = shop.system_role(shop.stranger, SystemRole::Cashier);
    let stranger = shop.stranger.founder();
    assert!(absent(&staff::add_role(tx, &owner, person, theirs)));
    assert!(absent(&staff::remove_role(tx, &owner, person, theirs)));
    assert!(absent(&staff::add_store(tx, &owner, person, FOREIGN)));
    assert!(absent(&staff::remove_store(tx, &owner, person, FOREIGN)));
    assert!(absent(&staff::add_store_group(tx, &owner, person, StoreGroupId::new(99))));
    assert!(absent(&staff::add_permission(tx, &owner, stranger, Permission::Sync)));
    assert!(absent(&staff::delete(&mut shop.house.tx(), &owner, stranger, true, NOW)));
    assert!(absent(&role::update(tx, &owner, theirs, &RolePatch::default(), NOW)));
    assert!(absent(&role::delete(tx, &owner, theirs)));
    assert!(absent(&role::get(tx, &owner, theirs)));
    // Beside the other faults of who is taken on.
    for (new, argument) in [
        (NewStaff { roles: [theirs].into(), ..new_staff("new") }, "roles"),
        (NewStaff { stores: [NEAR, FOREIGN].into(), ..new_staff("new") }, "stores"),
    ] {
        let faults = wrong(shop.create(&owner, &new));
        assert!(
            matches!(faults.as_slice(), [(Some(of), Rule::Absent(_))] if *of == argument),
            "{faults:?}"
        );
    }
}

#[test]
fn staff_see_their_own_rights_and_who_changes_them_sees_all() {
    let shop = Shop::open();
    let person = shop.hire("carla", SystemRole::Cashier, &[NEAR]);
    let (carla, tx) = (shop.actor(person), &mut shop.tx());
    let ids = [person, shop.merchant.founder()];
    let seen = |actor: &Actor| -> BTreeSet<PersonId> {
        let members = staff::list_by_ids(&mut shop.tx(), actor, &ids).unwrap();
        members.into_iter().map(|member| member.person).collect()
    };
    assert_eq!(seen(&shop.owner()), ids.into());
    assert_eq!(seen(&carla), [person].into());
    assert_eq!(seen(&Actor::Consumer { person }), BTreeSet::new());
    assert_eq!(seen(&Actor::Platform { person }), BTreeSet::new());
    assert!(role::get(tx, &carla, shop.role(SystemRole::Cashier)).is_ok());
    assert!(absent(&role::get(tx, &carla, shop.role(SystemRole::Owner))));
    assert!(role::get(tx, &shop.owner(), shop.role(SystemRole::Owner)).is_ok());
    assert_eq!(staff::count(tx, &shop.owner()).unwrap(), 2);
}

#[test]
fn who_is_dismissed_is_nobody_at_once_and_their_address_is_free() {
    let mut shop = Shop::open();
    let second = {
        let mut other = seller(None);
        "otto@shop.example".clone_into(&mut other.fields.email);
        other
    };
    // A founder that another owner dismisses is the one who has a session.
    let grant = shop.house.register(&second).unwrap();
    let merchant = grant.person.founded();
    let new = NewStaff {
        roles: [shop.system_role(merchant, SystemRole::Owner)].into(),
        ..new_staff("olga")
    };
    let olga = shop.create(&Actor::owner(merchant), &new).unwrap();
    assert_eq!(shop.house.actor(&grant, NOW), Actor::owner(merchant));
    let tx = &mut shop.house.tx();
    let post = tx.staff(&[olga]).unwrap().pop().unwrap().post;
    let actor = Actor::Staff {
        person: olga,
        merchant,
        owner: post.owner,
        permissions: post.permissions,
        stores: post.stores,
    };
    staff::delete(tx, &actor, grant.person, true, after(5)).unwrap();
    assert_eq!(shop.house.actor(&grant, NOW), Actor::Anonymous);
    assert!(shop.house.renew(&grant.refresh.to_hex(), NOW).is_err());
    assert!(shop.house.log_in("otto@shop.example", PASSWORD, NOW).is_err());
    let account = shop.house.person(grant.person);
    assert_eq!((account.active, account.deleted_at), (false, Some(after(5))));
    assert!(absent(&staff::delete(&mut shop.house.tx(), &actor, grant.person, true, NOW)));
    assert!(shop.house.register(&second).is_ok(), "the address is free");
}
