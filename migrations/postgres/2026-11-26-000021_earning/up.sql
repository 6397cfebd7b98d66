-- What each line of an order added to what the order earned: a refund takes back as much.
CREATE TABLE earning_line (
    merchant_id BIGINT NOT NULL,
    entry_id BIGINT NOT NULL,
    order_item_id BIGINT NOT NULL,
    -- In minor units of the card's currency.
    base BIGINT NOT NULL,
    points BIGINT NOT NULL,
    PRIMARY KEY (merchant_id, entry_id, order_item_id),
    FOREIGN KEY (merchant_id, entry_id) REFERENCES entry (merchant_id, id),
    FOREIGN KEY (merchant_id, order_item_id) REFERENCES order_item (merchant_id, id)
);

-- Who was given a card's initial points, by hashes of what they are known by, under keys that are not in the database. They
-- name nobody and outlive an erasure, so that nobody is welcomed twice.
CREATE TABLE welcome_mark (
    merchant_id BIGINT NOT NULL,
    loyalty_card_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    key_id TEXT NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (merchant_id, loyalty_card_id, kind, key_id, digest),
    FOREIGN KEY (merchant_id, loyalty_card_id) REFERENCES loyalty_card (merchant_id, id)
);

SELECT wall_off_tenants('earning_line'), wall_off_tenants('welcome_mark');
