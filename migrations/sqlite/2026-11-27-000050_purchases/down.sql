DROP TABLE order_claim;
DROP TABLE sale_review;
DROP TABLE sale_refund;
DROP TABLE order_link;
CREATE UNIQUE INDEX orders_source ON orders (merchant_id, store_id, entity_source, entity_source_id)
    WHERE entity_source_id IS NOT NULL;
ALTER TABLE order_refund DROP COLUMN whole;
ALTER TABLE orders DROP COLUMN payments;
