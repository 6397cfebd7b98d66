//! Staff and roles.

use regulars_customer::{EmailAddress, LoyaltyId, NewPerson, Person, Profile, UserType};
use regulars_kernel::{
    MerchantId, PageRequest, Permission, Permissions, PersonId, RoleId, Scope, StoreAccess,
    StoreError, StoreId, SystemRole,
};

use super::{Fixture, LATER, NOW, Ports, World, person, platform};
use crate::{
    actor::Post,
    role::{NewRole, Role},
    staff::{Assignment, StaffMember, StaffSort},
};

pub(super) fn run(fixture: &mut impl Fixture, world: &World) {
    roles_are_a_merchants_own(fixture, world);
    a_post_is_what_follows_from_its_assignment(fixture, world);
    lists_have_the_staff_of_one_merchant(fixture, world);
    owners_are_those_in_force(fixture, world);
    a_post_ends_and_the_account_stays_named(fixture, world);
    staff_of_others_are_out_of_reach(fixture, world);
}

/// Somebody without a password who works for the world's merchant.
fn hire(fixture: &mut impl Fixture, world: &World, email: &str, given: &Assignment) -> PersonId {
    let merchant = world.owner.founded();
    let profile = Profile { email: EmailAddress::parse(email).ok(), ..Profile::default() };
    let mut new = NewPerson::consumer(profile, LoyaltyId::from_entropy(0), NOW);
    (new.user_type, new.loyalty_id) = (UserType::Merchant, None);
    platform(fixture, |tx| {
        let person = tx.insert_person(new.clone()).unwrap();
        tx.insert_post(merchant, person, given, LATER).unwrap();
        let found = tx.find_credentials_by_email(email).unwrap().unwrap();
        assert_eq!((found.person, found.password), (person, None), "no password opens it");
        person
    })
}

fn member(tx: &mut dyn Ports, person: PersonId) -> Option<StaffMember> {
    tx.staff(&[person]).unwrap().pop()
}

fn role(tx: &mut dyn Ports, id: RoleId) -> Option<Role> {
    tx.roles(&[id]).unwrap().pop()
}

fn roles_are_a_merchants_own(fixture: &mut impl Fixture, world: &World) {
    let merchant = world.owner.founded();
    let permissions = Permissions::from_iter([Permission::ViewOrder, Permission::RefundOrder]);
    let new = NewRole {
        merchant,
        system: None,
        display_name: "Refunds".to_owned(),
        permissions,
        created_at: NOW,
    };
    let id = platform(fixture, |tx| tx.insert_role(&new).unwrap());
    fixture.with(Scope::Merchant(merchant), &mut |tx| {
        let mut expected = new.clone().with_id(id);
        assert_eq!(role(tx, id), Some(expected.clone()));
        "Refunds and more".clone_into(&mut expected.display_name);
        expected.permissions = SystemRole::Analyst.permissions();
        expected.updated_at = LATER;
        tx.update_role(&expected).unwrap();
        assert_eq!(role(tx, id), Some(expected.clone()));
        let all = tx.merchant_roles(merchant).unwrap();
        let ids: Vec<_> = all.iter().map(|role| role.id).collect();
        assert_eq!(ids, [world.owner_role, world.cashier_role, id], "by ascending id");
        let system: Vec<_> = all.iter().map(|role| role.system).collect();
        assert_eq!(system, [Some(SystemRole::Owner), Some(SystemRole::Cashier), None]);
        for role in all.iter().filter(|role| role.system.is_some()) {
            assert_eq!(Some(role.permissions), role.system.map(SystemRole::permissions));
        }
        tx.delete_role(&expected).unwrap();
        assert_eq!(role(tx, id), None);
    });
}

fn a_post_is_what_follows_from_its_assignment(fixture: &mut impl Fixture, world: &World) {
    let merchant = world.owner.founded();
    let (near, far) = (*world.stores.first().unwrap(), *world.stores.last().unwrap());
    let group = fixture.group_stores(merchant, &[far, near]);
    let empty = fixture.group_stores(merchant, &[]);
    let person = hire(fixture, world, "post@shop.example", &Assignment::default());
    let own = platform(fixture, |tx| {
        let new = NewRole {
            merchant,
            system: None,
            display_name: "Books".to_owned(),
            permissions: Permission::ViewReport.into(),
            created_at: NOW,
        };
        tx.insert_role(&new).unwrap()
    });
    let only = |stores: &[StoreId]| {
        let mut stores = stores.to_vec();
        stores.sort_unstable();
        StoreAccess::Only(stores)
    };
    let cashier = SystemRole::Cashier.permissions();
    let post = |permissions, stores| Post { merchant, owner: false, permissions, stores };
    let table = [
        (Assignment::default(), post(Permissions::NONE, only(&[]))),
        (
            Assignment {
                permissions: Permission::Sync.into(),
                stores: [near].into(),
                ..Assignment::default()
            },
            post(Permission::Sync.into(), only(&[near])),
        ),
        (
            Assignment {
                roles: [world.cashier_role, own].into(),
                permissions: Permission::Sync.into(),
                stores: [near].into(),
                store_groups: [group, empty].into(),
                ..Assignment::default()
            },
            post(
                cashier.with(Permission::Sync.into()).with(Permission::ViewReport.into()),
                only(&[near, far]),
            ),
        ),
        (
            Assignment { roles: [own].into(), all_stores: true, ..Assignment::default() },
            post(Permission::ViewReport.into(), StoreAccess::All),
        ),
        (
            Assignment { store_groups: [group].into(), ..Assignment::default() },
            post(Permissions::NONE, only(&[near, far])),
        ),
        (
            Assignment {
                roles: [world.owner_role].into(),
                stores: [near].into(),
                ..Assignment::default()
            },
            Post::owner(merchant),
        ),
    ];
    for (assignment, expected) in table {
        platform(fixture, |tx| {
            tx.lock_staff(merchant).unwrap();
            tx.update_post(merchant, person, &assignment).unwrap();
            let mut found = member(tx, person).unwrap();
            sort(&mut found.post);
            let wanted = StaffMember {
                person,
                assignment: assignment.clone(),
                post: expected.clone(),
                created_at: LATER,
            };
            assert_eq!(found, wanted);
            let session = tx.insert_session(person, NOW).unwrap();
            let mut post = tx.find_standing(person, session).unwrap().unwrap().post.unwrap();
            sort(&mut post);
            assert_eq!(post, expected, "what a request is told");
        });
    }
    platform(fixture, |tx| {
        let given = Assignment { roles: [own].into(), ..Assignment::default() };
        tx.update_post(merchant, person, &given).unwrap();
        let role = role(tx, own).unwrap();
        tx.delete_role(&role).unwrap();
        let found = member(tx, person).unwrap();
        assert_eq!(found.assignment, Assignment::default(), "a deleted role is nobody's");
        assert_eq!(found.post.permissions, Permissions::NONE);
        tx.end_post(merchant, person, LATER).unwrap();
    });
}

fn sort(post: &mut Post) {
    if let StoreAccess::Only(stores) = &mut post.stores {
        stores.sort_unstable();
    }
}

fn lists_have_the_staff_of_one_merchant(fixture: &mut impl Fixture, world: &World) {
    let merchant = world.owner.founded();
    for scope in [Scope::Merchant(merchant), Scope::Platform] {
        fixture.with(scope, &mut |tx| {
            let first = PageRequest::<StaffSort>::first(1);
            let page = tx.list_staff(merchant, &first).unwrap();
            let people: Vec<_> = page.items.iter().map(|member| member.person).collect();
            assert_eq!((people, page.has_next), (vec![world.owner], true));
            let mut second = PageRequest::<StaffSort>::first(100);
            second.after = page.items.first().map(|member| second.order.position(member));
            let page = tx.list_staff(merchant, &second).unwrap();
            let people: Vec<_> = page.items.iter().map(|member| member.person).collect();
            assert_eq!((people, page.has_next), (vec![world.cashier], false));
            assert_eq!(tx.count_staff(merchant).unwrap(), 2);
            let named = tx.staff(&[world.cashier, world.ada, world.cashier]).unwrap();
            let people: Vec<_> = named.iter().map(|member| member.person).collect();
            assert_eq!(people, [world.cashier]);
        });
    }
}

fn owners_are_those_in_force(fixture: &mut impl Fixture, world: &World) {
    let merchant = world.owner.founded();
    let given = Assignment { roles: [world.owner_role].into(), ..Assignment::default() };
    let second = hire(fixture, world, "second@shop.example", &given);
    let owners = |tx: &mut dyn Ports| {
        let mut owners = tx.owners(merchant).unwrap();
        owners.sort_unstable();
        owners
    };
    platform(fixture, |tx| {
        assert_eq!(owners(tx), [world.owner, second]);
        let account = person(tx, second);
        let away = Person { archived: true, ..account.clone() };
        tx.update_person(&away).unwrap();
        assert_eq!(owners(tx), [world.owner]);
        let gone = Person { active: false, ..account.clone() };
        tx.update_person(&gone).unwrap();
        assert_eq!(owners(tx), [world.owner]);
        tx.update_person(&account).unwrap();
        assert_eq!(owners(tx), [world.owner, second]);
        tx.end_post(merchant, second, LATER).unwrap();
        assert_eq!(owners(tx), [world.owner]);
    });
}

fn a_post_ends_and_the_account_stays_named(fixture: &mut impl Fixture, world: &World) {
    let merchant = world.owner.founded();
    let given = Assignment {
        roles: [world.cashier_role].into(),
        permissions: Permission::Sync.into(),
        stores: world.stores.iter().copied().collect(),
        ..Assignment::default()
    };
    let person = hire(fixture, world, "leaves@shop.example", &given);
    platform(fixture, |tx| {
        let session = tx.insert_session(person, NOW).unwrap();
        tx.end_post(merchant, person, LATER).unwrap();
        assert_eq!(member(tx, person), None);
        assert_eq!(tx.find_standing(person, session).unwrap().unwrap().post, None);
    });
    fixture.with(Scope::Merchant(merchant), &mut |tx| {
        assert_eq!(tx.people(&[person]).unwrap().len(), 1, "old orders name them");
        assert_eq!(member(tx, person), None);
    });
    platform(fixture, |tx| {
        assert!(tx.end_post(merchant, person, LATER).is_err(), "it has ended");
        assert!(tx.update_post(merchant, person, &given).is_err());
    });
}

/// Something that writes.
type Write<'a> = dyn Fn(&mut dyn Ports) -> Result<(), StoreError> + 'a;

fn staff_of_others_are_out_of_reach(fixture: &mut impl Fixture, world: &World) {
    let merchant = world.owner.founded();
    let foreign = Scope::Merchant(MerchantId::new(i64::MAX));
    for scope in [foreign, Scope::Person(world.owner)] {
        fixture.with(scope, &mut |tx| {
            assert_eq!(tx.staff(&[world.owner, world.cashier]).unwrap(), vec![]);
            assert_eq!(tx.roles(&[world.owner_role]).unwrap(), vec![]);
        });
        let writes: [&Write<'_>; 6] = [
            &|tx| tx.lock_staff(merchant),
            &|tx| tx.insert_post(merchant, world.ada, &Assignment::default(), NOW),
            &|tx| tx.update_post(merchant, world.cashier, &Assignment::default()),
            &|tx| tx.end_post(merchant, world.cashier, NOW),
            &|tx| tx.insert_role(&NewRole::system(merchant, SystemRole::Owner, NOW)).map(drop),
            &|tx| {
                let role = NewRole::system(merchant, SystemRole::Cashier, NOW);
                tx.delete_role(&role.with_id(world.cashier_role))
            },
        ];
        for write in writes {
            fixture.with(scope, &mut |tx| {
                assert!(matches!(write(tx), Err(StoreError::OutOfScope(_))));
            });
        }
    }
    platform(fixture, |tx| {
        assert!(member(tx, world.cashier).is_some());
        assert!(role(tx, world.cashier_role).is_some());
    });
}
