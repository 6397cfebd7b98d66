-- Which peppers passwords rest on, and how many on each: asked at each start of a server, however many accounts there are.
CREATE INDEX person_pepper ON person ((split_part(password_hash, ':', 1))) WHERE active AND password_hash IS NOT NULL;
