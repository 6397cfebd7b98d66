//! Archiving customers and bringing them back: rules 3 and 7.

use crate::world::{
    ADA, FAR, NEAR, World, account, at, consumer as person, faults, is_missing, loyalty_id, owner,
    set,
};
use regulars_customer::{
    Change, ConsumerPatch, FilterArguments, Membership, NewConsumer, Sharing, consumer, create,
    delete, join, update::update, upsert::upsert,
};
use regulars_kernel::{PageRequest, PersonId};
use regulars_merchant::EntitySource;

fn archived(archived: Change<bool>) -> ConsumerPatch {
    ConsumerPatch { archived, ..ConsumerPatch::default() }
}

#[test]
fn rule_3_deleting_archives_the_membership_never_the_account() {
    let world = World::new();
    let ada = account(ADA, "Ada");
    world.0.put_membership(Membership::of_account(&ada, NEAR, Sharing::Full, at(1)));
    let (mut tx, actor) = (world.at(NEAR), owner(NEAR));
    let gone = delete::delete(&mut tx, &actor, ADA, at(50)).unwrap();
    assert_eq!((gone.active, gone.archived, gone.deleted_at), (false, true, Some(at(50))));
    assert_eq!(gone.updated_at, at(50), "an offline copy sees it");
    assert_eq!(delete::delete(&mut tx, &actor, ADA, at(60)).unwrap(), gone, "once");
    let list = |archived, include_archived, tx: &mut _| {
        let arguments = FilterArguments { archived, include_archived, ..Default::default() };
        let filter = consumer::filter(tx, &actor, arguments, at(60)).unwrap();
        let page = consumer::list(tx, &actor, &filter, &PageRequest::first(10)).unwrap();
        let count = consumer::count(tx, &actor, &filter).unwrap();
        assert_eq!(u64::try_from(page.items.len()).unwrap(), count);
        count
    };
    assert_eq!(list(None, None, &mut tx), 0);
    assert_eq!(list(Some(true), None, &mut tx), 1);
    assert_eq!(list(None, Some(true), &mut tx), 1);
    let me = consumer::me(&mut world.tx(&person(ADA)), &person(ADA));
    let me = me.unwrap().unwrap();
    assert_eq!((me.active, me.archived), (true, false));
    let patch = ConsumerPatch { extra_info: set("{}"), ..ConsumerPatch::default() };
    assert!(update(&mut tx, &actor, ADA, &patch, at(70)).unwrap().archived, "stays archived");
    assert!(is_missing(delete::delete(&mut world.at(FAR), &owner(FAR), ADA, at(80))));
    assert!(is_missing(delete::delete(&mut tx, &actor, PersonId::new(-1), at(80))));
}

#[test]
fn rule_3_a_merchant_archives_and_brings_back_whoever_it_archived() {
    let world = World::new();
    let managed =
        world.customer(NEAR, 1, ConsumerPatch { firstname: set("Eve"), ..Default::default() });
    let ada = account(ADA, "Ada");
    world.0.put_membership(Membership::of_account(&ada, NEAR, Sharing::Full, at(1)));
    let (mut tx, actor) = (world.at(NEAR), owner(NEAR));
    for id in [managed.id, ADA] {
        let live = consumer::get(&mut tx, &actor, id).unwrap();
        let gone = update(&mut tx, &actor, id, &archived(Change::Set(true)), at(10)).unwrap();
        assert_eq!((gone.active, gone.archived, gone.deleted_at), (false, true, Some(at(10))));
        let again = update(&mut tx, &actor, id, &archived(Change::Set(true)), at(20)).unwrap();
        assert_eq!(again, gone, "once");
        let noted = ConsumerPatch { extra_info: set("{}"), ..ConsumerPatch::default() };
        assert!(update(&mut tx, &actor, id, &noted, at(30)).unwrap().archived, "absent keeps");
        let back = update(&mut tx, &actor, id, &archived(Change::Set(false)), at(40)).unwrap();
        assert_eq!((back.active, back.archived, back.deleted_at), (true, false, None));
        assert_eq!((back.profile, back.updated_at), (live.profile, at(40)));
        delete::delete(&mut tx, &actor, id, at(50)).unwrap();
        let cleared = update(&mut tx, &actor, id, &archived(Change::Clear), at(60)).unwrap();
        assert!(!cleared.archived, "null is the default");
    }
}

#[test]
fn rule_7_who_left_is_brought_back_by_nobody_else() {
    let world = World::new();
    let ada = account(ADA, "Ada");
    world.0.put_membership(Membership::of_account(&ada, NEAR, Sharing::Full, at(1)));
    let own = person(ADA);
    join::leave(&mut world.tx(&own), &own, NEAR, at(10)).unwrap();
    let (mut tx, actor) = (world.at(NEAR), owner(NEAR));
    let left = consumer::get(&mut tx, &actor, ADA).unwrap();
    for back in [Change::Set(false), Change::Clear] {
        assert_eq!(faults(update(&mut tx, &actor, ADA, &archived(back), at(20))), ["archived"]);
    }
    let kept = update(&mut tx, &actor, ADA, &archived(Change::Set(true)), at(30)).unwrap();
    assert_eq!(kept, left, "they are archived already");
}

#[test]
fn a_record_says_itself_whether_it_is_archived() {
    let world = World::new();
    let (mut tx, actor) = (world.at(NEAR), owner(NEAR));
    let record = |id: &str, archived| NewConsumer {
        fields: ConsumerPatch { firstname: set("Eve"), archived, ..ConsumerPatch::default() },
        entity_source: Some(EntitySource::Shopify),
        entity_source_id: Some(id.to_owned()),
    };
    let made =
        create::create(&mut tx, &actor, &record("1", Change::Set(true)), loyalty_id(1), at(1));
    let made = made.unwrap();
    assert_eq!((made.archived, made.deleted_at), (true, Some(at(1))));
    for (archived, is_archived, changed_at) in [
        (Change::Set(true), true, at(1)),
        (Change::Keep, false, at(3)),
        (Change::Set(true), true, at(4)),
        (Change::Set(false), false, at(5)),
    ] {
        let now = if changed_at == at(1) { at(2) } else { changed_at };
        let record = record("1", archived);
        let done = upsert(&mut tx, &actor, &record, loyalty_id(2), now).unwrap().consumer;
        assert_eq!((done.archived, done.updated_at), (is_archived, changed_at));
    }
}
