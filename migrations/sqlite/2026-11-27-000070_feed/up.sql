-- The change feed: what happened to whom, one row for each thing that happened, written with it. Triggers write it, so that
-- whoever changes a row tells of it: a person, a worker, a source. Of the rows that are deleted for their age the last one of each
-- merchant stays: whoever followed no further has missed something.

CREATE TABLE feed_entry (
    -- Never given out again, though old rows go: places in the feed are numbers.
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    merchant_id BIGINT NOT NULL,
    -- Orders rows as their transactions ended, where several write at once. Here one writes at a time: the number does.
    transaction_id BIGINT NOT NULL DEFAULT 0,
    kind TEXT NOT NULL,
    -- To whom; null: nobody known.
    person_id BIGINT,
    -- What it happened to: the kind says of which table.
    subject_id BIGINT NOT NULL,
    store_id BIGINT,
    recorded_at BIGINT NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000000 AS INTEGER))
);
CREATE UNIQUE INDEX feed_entry_place ON feed_entry (merchant_id, transaction_id, id);
CREATE INDEX feed_entry_old ON feed_entry (recorded_at, id);

CREATE TRIGGER membership_is_told_of AFTER INSERT ON membership BEGIN
    INSERT INTO feed_entry (merchant_id, kind, person_id, subject_id)
    VALUES (NEW.merchant_id, 'CUSTOMER_CREATED', NEW.person_id, NEW.person_id);
END;
CREATE TRIGGER membership_change_is_told_of AFTER UPDATE ON membership
WHEN NEW.updated_at <> OLD.updated_at OR NEW.erased_at IS NOT OLD.erased_at OR NEW.merged_into IS NOT OLD.merged_into
    OR NEW.departed <> OLD.departed OR NEW.archived <> OLD.archived
BEGIN
    INSERT INTO feed_entry (merchant_id, kind, person_id, subject_id)
    VALUES (NEW.merchant_id, CASE
        WHEN NEW.erased_at IS NOT NULL AND OLD.erased_at IS NULL THEN 'CUSTOMER_ERASED'
        WHEN NEW.merged_into IS NOT NULL AND OLD.merged_into IS NULL THEN 'CUSTOMER_MERGED'
        WHEN NEW.merged_into IS NULL AND OLD.merged_into IS NOT NULL THEN 'CUSTOMER_UNMERGED'
        WHEN NEW.departed AND NOT OLD.departed THEN 'CUSTOMER_LEFT'
        WHEN NEW.archived AND NOT OLD.archived THEN 'CUSTOMER_ARCHIVED'
        WHEN OLD.archived AND NOT NEW.archived THEN 'CUSTOMER_REVIVED'
        ELSE 'CUSTOMER_UPDATED'
    END, NEW.person_id, NEW.person_id);
END;

CREATE TRIGGER order_is_told_of AFTER INSERT ON orders BEGIN
    INSERT INTO feed_entry (merchant_id, kind, person_id, subject_id, store_id)
    VALUES (NEW.merchant_id, CASE WHEN NEW.completed THEN 'ORDER_COMPLETED' ELSE 'ORDER_CREATED' END,
        NEW.person_id, NEW.id, NEW.store_id);
END;
CREATE TRIGGER order_change_is_told_of AFTER UPDATE ON orders
WHEN NEW.updated_at <> OLD.updated_at OR NEW.state <> OLD.state OR NEW.refunded <> OLD.refunded
    OR NEW.person_id IS NOT OLD.person_id
BEGIN
    INSERT INTO feed_entry (merchant_id, kind, person_id, subject_id, store_id)
    VALUES (NEW.merchant_id, CASE
        WHEN NEW.state = 'VOIDED' AND OLD.state <> 'VOIDED' THEN 'ORDER_VOIDED'
        WHEN NEW.refunded <> OLD.refunded OR NEW.state = 'REFUNDED' AND OLD.state <> 'REFUNDED' THEN 'ORDER_REFUNDED'
        WHEN NEW.completed AND NOT OLD.completed THEN 'ORDER_COMPLETED'
        WHEN NEW.deleted_at IS NOT NULL AND OLD.deleted_at IS NULL THEN 'ORDER_DELETED'
        ELSE 'ORDER_UPDATED'
    END, NEW.person_id, NEW.id, NEW.store_id);
END;

CREATE TRIGGER visit_is_told_of AFTER INSERT ON visit BEGIN
    INSERT INTO feed_entry (merchant_id, kind, person_id, subject_id, store_id)
    VALUES (NEW.merchant_id, 'VISIT_RECORDED', NEW.person_id, NEW.id, NEW.store_id);
END;

-- Invariant I8: no line of the ledger without its row here.
CREATE TRIGGER entry_is_told_of AFTER INSERT ON entry BEGIN
    INSERT INTO feed_entry (merchant_id, kind, person_id, subject_id)
    SELECT NEW.merchant_id, c.loyalty_type || '_CHANGED', a.person_id, NEW.id
    FROM account a JOIN loyalty_card c ON c.merchant_id = a.merchant_id AND c.id = a.loyalty_card_id
    WHERE a.merchant_id = NEW.merchant_id AND a.id = NEW.account_id;
END;

CREATE TRIGGER redemption_intent_is_told_of AFTER INSERT ON redemption_intent BEGIN
    INSERT INTO feed_entry (merchant_id, kind, person_id, subject_id, store_id)
    VALUES (NEW.merchant_id, 'REDEMPTION_PROMISED', NEW.person_id, NEW.id, NEW.store_id);
END;
-- One that is kept is told of by the redemption that it becomes.
CREATE TRIGGER redemption_intent_end_is_told_of AFTER UPDATE OF state ON redemption_intent
WHEN NEW.state <> OLD.state AND NEW.state IN ('CANCELLED', 'LAPSED')
BEGIN
    INSERT INTO feed_entry (merchant_id, kind, person_id, subject_id, store_id)
    VALUES (NEW.merchant_id, 'REDEMPTION_' || NEW.state, NEW.person_id, NEW.id, NEW.store_id);
END;

CREATE TRIGGER redemption_is_told_of AFTER INSERT ON redemption BEGIN
    INSERT INTO feed_entry (merchant_id, kind, person_id, subject_id, store_id)
    VALUES (NEW.merchant_id, NEW.kind || '_REDEEMED', NEW.person_id, NEW.id, NEW.store_id);
END;
CREATE TRIGGER redemption_reversal_is_told_of AFTER UPDATE OF reversed_at ON redemption
WHEN NEW.reversed_at IS NOT NULL AND OLD.reversed_at IS NULL
BEGIN
    INSERT INTO feed_entry (merchant_id, kind, person_id, subject_id, store_id)
    VALUES (NEW.merchant_id, NEW.kind || '_REDEMPTION_REVERSED', NEW.person_id, NEW.id, NEW.store_id);
END;
