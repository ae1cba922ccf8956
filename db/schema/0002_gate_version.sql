ALTER TABLE run ADD COLUMN gate_version VARCHAR;
COMMENT ON COLUMN run.gate_version IS 'hash of the gate that judged, and of the analysts'' rulings in force';
