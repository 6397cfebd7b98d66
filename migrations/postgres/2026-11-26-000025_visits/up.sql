-- Pages of a customer's visits and of a store's, in the order in which they were recorded.
CREATE INDEX visit_person_page ON visit (merchant_id, person_id, id);
CREATE INDEX visit_store_page ON visit (merchant_id, store_id, id);
