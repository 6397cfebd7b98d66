DROP TRIGGER earning_line_is_never_deleted;
CREATE TRIGGER earning_line_is_never_deleted BEFORE DELETE ON earning_line BEGIN
    SELECT RAISE(ABORT, 'what lines earned is never deleted');
END;
DROP TABLE order_claim;
DROP TABLE sale_review;
DROP TABLE sale_refund;
DROP TABLE order_link;
CREATE UNIQUE INDEX orders_source ON orders (merchant_id, store_id, entity_source, entity_source_id)
    WHERE entity_source_id IS NOT NULL;
ALTER TABLE order_refund DROP COLUMN whole;
ALTER TABLE orders DROP COLUMN payments;
