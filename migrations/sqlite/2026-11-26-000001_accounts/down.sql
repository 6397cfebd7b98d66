DROP TABLE blocked_loyalty_id;
DROP TABLE mail;
