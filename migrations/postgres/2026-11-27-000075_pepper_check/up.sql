-- A digest by which a server knows at its start whether its pepper is the one that passwords here rest on: two that share
-- an id look alike, and with the wrong one nobody logs in. Noted at the first start with that id; tells nothing of the key.
CREATE TABLE pepper_check (
    key_id TEXT NOT NULL PRIMARY KEY,
    digest TEXT NOT NULL,
    -- Since when, for whoever has to find out which of two files of keys is the right one.
    noted_at BIGINT NOT NULL
);
SELECT wall_off('pepper_check');
