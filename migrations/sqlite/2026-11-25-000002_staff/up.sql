-- Named sets of permissions. Those with a codename come with every merchant: what they allow is the program's to say,
-- and nothing is kept of it here.
CREATE TABLE role (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    merchant_id BIGINT NOT NULL,
    codename TEXT,
    display_name TEXT NOT NULL,
    -- Codenames by commas, sorted.
    permissions TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (merchant_id, id),
    CHECK (codename IS NULL OR permissions = ''),
    FOREIGN KEY (merchant_id) REFERENCES merchant (id)
);
CREATE UNIQUE INDEX role_codename ON role (merchant_id, codename);

CREATE TABLE staff_role (
    merchant_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    role_id BIGINT NOT NULL,
    PRIMARY KEY (merchant_id, person_id, role_id),
    FOREIGN KEY (merchant_id, person_id) REFERENCES staff_member (merchant_id, person_id),
    FOREIGN KEY (merchant_id, role_id) REFERENCES role (merchant_id, id)
);
CREATE INDEX staff_role_back ON staff_role (merchant_id, role_id);

-- What somebody may beside their roles.
CREATE TABLE staff_permission (
    merchant_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    permission TEXT NOT NULL,
    PRIMARY KEY (merchant_id, person_id, permission),
    FOREIGN KEY (merchant_id, person_id) REFERENCES staff_member (merchant_id, person_id)
);

CREATE TABLE staff_store_group (
    merchant_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    store_group_id BIGINT NOT NULL,
    PRIMARY KEY (merchant_id, person_id, store_group_id),
    FOREIGN KEY (merchant_id, person_id) REFERENCES staff_member (merchant_id, person_id),
    FOREIGN KEY (merchant_id, store_group_id) REFERENCES store_group (merchant_id, id)
);
CREATE INDEX staff_store_group_back ON staff_store_group (merchant_id, store_group_id);
CREATE INDEX staff_store_back ON staff_store (merchant_id, store_id);

INSERT INTO role (merchant_id, codename, display_name, permissions, created_at, updated_at)
SELECT m.id, r.codename, r.display_name, '', m.created_at, m.created_at
FROM merchant m CROSS JOIN (
    SELECT 1 AS place, 'owner' AS codename, 'Owner' AS display_name
    UNION ALL SELECT 2, 'manager', 'Manager'
    UNION ALL SELECT 3, 'cashier', 'Cashier'
    UNION ALL SELECT 4, 'analyst', 'Analyst'
) r ORDER BY m.id, r.place;

INSERT INTO staff_role (merchant_id, person_id, role_id)
SELECT w.merchant_id, w.person_id, r.id
FROM staff_member w JOIN role r ON r.merchant_id = w.merchant_id AND r.codename = w.role;

ALTER TABLE staff_member DROP COLUMN role;
-- Former staff stay, since old orders name them.
ALTER TABLE staff_member ADD COLUMN ended_at BIGINT;
CREATE INDEX staff_member_created ON staff_member (merchant_id, created_at, person_id);
