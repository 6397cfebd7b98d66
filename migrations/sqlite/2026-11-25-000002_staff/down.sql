-- Who has no system role of before becomes a cashier: the least that there was.
DELETE FROM staff_store WHERE EXISTS (
    SELECT 1 FROM staff_member w
    WHERE w.merchant_id = staff_store.merchant_id AND w.person_id = staff_store.person_id AND w.ended_at IS NOT NULL
);
DELETE FROM staff_role WHERE EXISTS (
    SELECT 1 FROM staff_member w
    WHERE w.merchant_id = staff_role.merchant_id AND w.person_id = staff_role.person_id AND w.ended_at IS NOT NULL
);
DROP TABLE staff_store_group;
DROP TABLE staff_permission;
DELETE FROM staff_member WHERE ended_at IS NOT NULL;
DROP INDEX staff_member_created;
DROP INDEX staff_store_back;
ALTER TABLE staff_member DROP COLUMN ended_at;
ALTER TABLE staff_member ADD COLUMN role TEXT NOT NULL DEFAULT 'cashier';
UPDATE staff_member SET role = 'owner' WHERE EXISTS (
    SELECT 1 FROM staff_role g JOIN role r ON r.merchant_id = g.merchant_id AND r.id = g.role_id
    WHERE g.merchant_id = staff_member.merchant_id AND g.person_id = staff_member.person_id AND r.codename = 'owner'
);
DROP TABLE staff_role;
DROP TABLE role;
