-- Compared byte by byte: the order of letters changes with the system, and an index in that order is then wrong. What has
-- no colon is no hash of ours, and rests on no pepper.
DROP INDEX person_pepper;
CREATE INDEX person_pepper ON person (substr(password_hash, 1, instr(password_hash, ':') - 1)) WHERE active AND instr(password_hash, ':') > 0;
