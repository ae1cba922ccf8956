COMMENT ON COLUMN evidence.relation IS 'relation whose original rows it holds; empty for any other file';
COMMENT ON COLUMN evidence.kind IS 'original rows of passed records, a whole payload, what makes records of rows, or what a run did [rows | payload | adapter | journal]';
COMMENT ON COLUMN evidence.run_id IS 'sync run that stored it first';
