-- Promises of a merchant by how they stand, and what was promised and redeemed of an offer, page by page.
CREATE INDEX redemption_intent_state ON redemption_intent (merchant_id, state, id);
CREATE INDEX redemption_intent_of_offer ON redemption_intent (merchant_id, offer_id, id);
CREATE INDEX redemption_of_offer ON redemption (merchant_id, offer_id, id);
