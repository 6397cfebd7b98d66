DROP TRIGGER earning_line_is_never_deleted ON earning_line;
DROP FUNCTION refuse_to_forget_lines();
DROP TRIGGER earning_line_is_never_changed ON earning_line;
CREATE TRIGGER earning_line_is_never_changed BEFORE UPDATE OR DELETE ON earning_line
FOR EACH ROW EXECUTE FUNCTION refuse_change();
DROP TABLE order_claim;
DROP TABLE sale_review;
DROP TABLE sale_refund;
DROP TABLE order_link;
CREATE UNIQUE INDEX orders_source ON orders (merchant_id, store_id, entity_source, entity_source_id)
    WHERE entity_source_id IS NOT NULL;
ALTER TABLE order_refund DROP COLUMN whole;
ALTER TABLE orders DROP COLUMN payments;
