-- What one of a line costs, without its modifiers; null where the line says what it costs as a whole.
ALTER TABLE order_item ADD COLUMN unit_price BIGINT;
-- A JSON text: [["Oat milk",50]], the price in minor units of the order's currency. Null: none.
ALTER TABLE order_item ADD COLUMN modifiers TEXT;

-- All amounts here are in minor units of the order's currency.
CREATE TABLE order_tip (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    merchant_id BIGINT NOT NULL,
    order_id BIGINT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    created_at BIGINT NOT NULL,
    UNIQUE (merchant_id, id),
    FOREIGN KEY (merchant_id, order_id) REFERENCES orders (merchant_id, id)
);
CREATE INDEX order_tip_order ON order_tip (merchant_id, order_id, id);

-- What was taken off an order, and of which lines.
CREATE TABLE order_discount (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    merchant_id BIGINT NOT NULL,
    order_id BIGINT NOT NULL,
    -- An offer, points that paid, a card full of stamps; or the merchant's own.
    kind TEXT NOT NULL CHECK (kind IN ('OFFER', 'POINTS', 'STAMPS', 'OTHER')),
    -- What it was called when it was given.
    name TEXT NOT NULL,
    -- What it used up; null: nothing, or nothing yet.
    redemption_id BIGINT,
    amount BIGINT NOT NULL CHECK (amount >= 0),
    -- Points that paid it.
    points BIGINT NOT NULL DEFAULT 0 CHECK (points >= 0),
    -- The merchant's own gift: it took nothing from account, code or limit (rule 10).
    unbacked BOOLEAN NOT NULL DEFAULT FALSE,
    created_at BIGINT NOT NULL,
    UNIQUE (merchant_id, id),
    FOREIGN KEY (merchant_id, order_id) REFERENCES orders (merchant_id, id),
    FOREIGN KEY (merchant_id, redemption_id) REFERENCES redemption (merchant_id, id)
);
CREATE INDEX order_discount_order ON order_discount (merchant_id, order_id, id);

-- The parts of a discount that its lines have; together they are its amount.
CREATE TABLE order_discount_share (
    merchant_id BIGINT NOT NULL,
    order_discount_id BIGINT NOT NULL,
    order_item_id BIGINT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount >= 0),
    points BIGINT NOT NULL DEFAULT 0 CHECK (points >= 0),
    -- How many of the line it touched.
    units INTEGER NOT NULL DEFAULT 0 CHECK (units >= 0),
    PRIMARY KEY (merchant_id, order_discount_id, order_item_id),
    FOREIGN KEY (merchant_id, order_discount_id) REFERENCES order_discount (merchant_id, id),
    FOREIGN KEY (merchant_id, order_item_id) REFERENCES order_item (merchant_id, id)
);
CREATE INDEX order_discount_share_item ON order_discount_share (merchant_id, order_item_id);

-- What was given back of an order: as a whole, by amount, or of one line.
CREATE TABLE order_refund (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    merchant_id BIGINT NOT NULL,
    order_id BIGINT NOT NULL,
    -- The line alone that it is about.
    order_item_id BIGINT,
    is_cash BOOLEAN NOT NULL,
    -- What people wrote: it may tell of somebody, and goes when they are erased.
    reason TEXT,
    -- The money, tips among it.
    amount BIGINT NOT NULL CHECK (amount >= 0),
    tips BIGINT NOT NULL DEFAULT 0 CHECK (tips BETWEEN 0 AND amount),
    -- What the points that went back with it had paid, and how many that are.
    points_value BIGINT NOT NULL DEFAULT 0 CHECK (points_value >= 0),
    points BIGINT NOT NULL DEFAULT 0 CHECK (points >= 0),
    created_at BIGINT NOT NULL,
    UNIQUE (merchant_id, id),
    FOREIGN KEY (merchant_id, order_id) REFERENCES orders (merchant_id, id),
    FOREIGN KEY (merchant_id, order_item_id) REFERENCES order_item (merchant_id, id)
);
CREATE INDEX order_refund_order ON order_refund (merchant_id, order_id, id);

-- The parts of a refund by line; together they are its amount less the tips, and what points had paid of it.
CREATE TABLE order_refund_share (
    merchant_id BIGINT NOT NULL,
    order_refund_id BIGINT NOT NULL,
    order_item_id BIGINT NOT NULL,
    -- How many of the line came back; 0 where it was no whole units.
    quantity INTEGER NOT NULL CHECK (quantity >= 0),
    money BIGINT NOT NULL CHECK (money >= 0),
    points_value BIGINT NOT NULL DEFAULT 0 CHECK (points_value >= 0),
    points BIGINT NOT NULL DEFAULT 0 CHECK (points >= 0),
    PRIMARY KEY (merchant_id, order_refund_id, order_item_id),
    FOREIGN KEY (merchant_id, order_refund_id) REFERENCES order_refund (merchant_id, id),
    FOREIGN KEY (merchant_id, order_item_id) REFERENCES order_item (merchant_id, id)
);
CREATE INDEX order_refund_share_item ON order_refund_share (merchant_id, order_item_id);
