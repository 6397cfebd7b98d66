-- The parts in which an order was paid: a JSON text [["CASH",1200,2000,800],["CREDIT_CARD",300,null,null]] of the way, the
-- amount, what was handed over in cash and what was handed back, in minor units of the order's currency. Null: not told.
ALTER TABLE orders ADD COLUMN payments TEXT;
-- Whether a refund is of all that was left, whatever that came to.
ALTER TABLE order_refund ADD COLUMN whole BOOLEAN NOT NULL DEFAULT FALSE;

-- What names a sale at the system that it comes from, for ever and once (rules 11 and 12).
CREATE TABLE order_link (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    merchant_id BIGINT NOT NULL,
    -- Through what it came in: 0 is the merchant's people, above it an app's number; below it is left to connections.
    origin BIGINT NOT NULL,
    store_id BIGINT NOT NULL,
    entity_source TEXT NOT NULL,
    entity_source_id TEXT NOT NULL,
    -- Null: a refund came under this name, and its sale is yet to come.
    order_id BIGINT,
    -- SHA-256 of what was told, without anything that tells of a person. With null here and an outcome, nothing is compared.
    fingerprint BLOB,
    -- Which version the source said it was.
    source_seq BIGINT,
    source_updated_at BIGINT,
    -- How often it was changed here.
    version INTEGER NOT NULL DEFAULT 0 CHECK (version >= 0),
    -- What was answered, as codes. Null: nothing was recorded under this name.
    outcome TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (merchant_id, id),
    FOREIGN KEY (merchant_id, store_id) REFERENCES store (merchant_id, id),
    FOREIGN KEY (merchant_id, order_id) REFERENCES orders (merchant_id, id)
);
CREATE UNIQUE INDEX order_link_key
    ON order_link (merchant_id, entity_source_id, store_id, entity_source, origin);
CREATE INDEX order_link_order ON order_link (merchant_id, order_id);
INSERT INTO order_link
    (merchant_id, origin, store_id, entity_source, entity_source_id, order_id, created_at, updated_at)
SELECT merchant_id, 0, store_id, entity_source, entity_source_id, id, created_at, created_at
FROM orders WHERE entity_source IS NOT NULL AND entity_source_id IS NOT NULL;
-- Names are unique there, among everything that an origin calls so.
DROP INDEX orders_source;

-- Refunds that have a name of their own under that of their sale, and may come before it.
CREATE TABLE sale_refund (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    merchant_id BIGINT NOT NULL,
    order_link_id BIGINT NOT NULL,
    source_id TEXT NOT NULL,
    -- In minor units of the merchant's currency; null: all that is left.
    amount BIGINT CHECK (amount > 0),
    is_cash BOOLEAN NOT NULL,
    -- What people wrote, until the refund itself has it: it may tell of somebody.
    reason TEXT,
    -- What it became; null: it waits for its sale.
    order_refund_id BIGINT,
    created_at BIGINT NOT NULL,
    UNIQUE (merchant_id, id),
    FOREIGN KEY (merchant_id, order_link_id) REFERENCES order_link (merchant_id, id),
    FOREIGN KEY (merchant_id, order_refund_id) REFERENCES order_refund (merchant_id, id)
);
CREATE UNIQUE INDEX sale_refund_name ON sale_refund (merchant_id, order_link_id, source_id);

-- Sales and visits that somebody has to look at (rules 8, 10, 11 and 26).
CREATE TABLE sale_review (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    merchant_id BIGINT NOT NULL,
    store_id BIGINT NOT NULL,
    -- Of what: its id is an order's or a visit's.
    cause TEXT NOT NULL CHECK (cause IN ('order', 'visit')),
    cause_id BIGINT NOT NULL,
    -- What does not hold.
    code TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('OPEN', 'RELEASED', 'REJECTED', 'DISMISSED')),
    created_at BIGINT NOT NULL,
    resolved_at BIGINT,
    resolved_by BIGINT REFERENCES person (id),
    UNIQUE (merchant_id, id),
    CHECK ((state = 'OPEN') = (resolved_at IS NULL)),
    FOREIGN KEY (merchant_id, store_id) REFERENCES store (merchant_id, id)
);
CREATE UNIQUE INDEX sale_review_cause ON sale_review (merchant_id, cause_id, cause, code);
CREATE INDEX sale_review_state ON sale_review (merchant_id, state, id);

-- Whose an order was, said afterwards (rule 8): once for an order.
CREATE TABLE order_claim (
    merchant_id BIGINT NOT NULL,
    order_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    -- The merchant's day on which it was said.
    business_date TEXT NOT NULL,
    actor_id BIGINT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (merchant_id, order_id),
    FOREIGN KEY (merchant_id, order_id) REFERENCES orders (merchant_id, id),
    FOREIGN KEY (merchant_id, person_id) REFERENCES membership (merchant_id, person_id)
);
CREATE INDEX order_claim_person ON order_claim (merchant_id, person_id, business_date);

-- What lines earned stays as it was noted, but for sales that a till names: their newer versions state it anew, whose entries
-- say what each of them gave and took.
DROP TRIGGER earning_line_is_never_deleted;
CREATE TRIGGER earning_line_is_never_deleted BEFORE DELETE ON earning_line WHEN NOT EXISTS (
    SELECT 1 FROM order_item
    JOIN order_link ON order_link.merchant_id = order_item.merchant_id AND order_link.order_id = order_item.order_id
    WHERE order_item.merchant_id = OLD.merchant_id AND order_item.id = OLD.order_item_id AND order_link.outcome IS NOT NULL
) BEGIN
    SELECT RAISE(ABORT, 'what lines earned is never deleted');
END;
