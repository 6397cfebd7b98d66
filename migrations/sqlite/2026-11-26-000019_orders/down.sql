DROP TABLE order_refund_share;
DROP TABLE order_refund;
DROP TABLE order_discount_share;
DROP TABLE order_discount;
DROP TABLE order_tip;
ALTER TABLE order_item DROP COLUMN modifiers;
ALTER TABLE order_item DROP COLUMN unit_price;
