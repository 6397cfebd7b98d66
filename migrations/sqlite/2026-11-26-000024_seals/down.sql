DROP TABLE lease;
DROP TABLE seal_head;
DROP TABLE seal;
DROP INDEX account_unsealed;
ALTER TABLE account DROP COLUMN sealed_seq;
