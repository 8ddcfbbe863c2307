-- A checksum a row (CRC-32), see sums.ts: what a disk changed is told and not served. Rows of before have none.
ALTER TABLE tasks ADD COLUMN sum INTEGER;
ALTER TABLE events ADD COLUMN sum INTEGER;
ALTER TABLE tokens ADD COLUMN sum INTEGER;
ALTER TABLE resources ADD COLUMN sum INTEGER;
ALTER TABLE archived ADD COLUMN sum INTEGER;
