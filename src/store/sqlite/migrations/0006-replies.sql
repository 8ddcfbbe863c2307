-- What a submission was answered with, besides its task, as JSON: a repeat with its token is answered with the same.
-- Null where there was nothing. Before, it stood in the task's attributes, where older tasks still have it.
ALTER TABLE tokens ADD COLUMN reply TEXT;
