CREATE TABLE record (
    record_id VARCHAR NOT NULL,
    source_id VARCHAR NOT NULL,
    company_id VARCHAR NOT NULL,
    native_id VARCHAR NOT NULL,
    company_name VARCHAR NOT NULL,
    entity_type VARCHAR NOT NULL CHECK (entity_type IN ('company', 'public body', 'non-profit', 'other organisation', 'vessel', 'aircraft')),
    gate_reason VARCHAR NOT NULL,
    role VARCHAR,
    country VARCHAR,
    kind VARCHAR NOT NULL,
    subject_area VARCHAR NOT NULL,
    case_id VARCHAR,
    decision_id VARCHAR,
    list_id VARCHAR,
    agency_type VARCHAR,
    agency_code VARCHAR,
    legal_basis VARCHAR,
    summary VARCHAR,
    names STRUCT(name VARCHAR, kind VARCHAR)[],
    addresses STRUCT(text VARCHAR, city VARCHAR, region VARCHAR, postcode VARCHAR, country VARCHAR)[],
    identifiers STRUCT(scheme VARCHAR, value VARCHAR, valid BOOLEAN)[],
    violation_start DATE,
    violation_end DATE,
    opened_on DATE,
    issued_on DATE,
    final_on DATE,
    effective_from DATE,
    effective_to DATE,
    published_on DATE,
    publication_ends DATE,
    events STRUCT(date DATE, type VARCHAR, note VARCHAR)[],
    status VARCHAR NOT NULL,
    status_on DATE,
    status_as_published VARCHAR,
    amounts STRUCT(kind VARCHAR, value DECIMAL(18,2), currency VARCHAR)[],
    source_url VARCHAR,
    document_url VARCHAR,
    data_as_of DATE,
    adapter_version VARCHAR NOT NULL,
    retrieval_id VARCHAR NOT NULL,
    member VARCHAR,
    row_number BIGINT NOT NULL,
    source_rows STRUCT(retrieval_id VARCHAR, member VARCHAR, row BIGINT)[],
    row_hash VARCHAR NOT NULL,
    version INTEGER NOT NULL,
    first_seen TIMESTAMP NOT NULL,
    changed_at TIMESTAMP NOT NULL,
    last_seen TIMESTAMP NOT NULL,
    removed_at TIMESTAMP,
    removal VARCHAR
);
COMMENT ON TABLE record IS 'One company in one matter, as one agency published it: the present version';
COMMENT ON COLUMN record.record_id IS 'source id, colon, the agency''s stable key (hashed when in parts)';
COMMENT ON COLUMN record.source_id IS 'folder of the source';
COMMENT ON COLUMN record.company_id IS 'company as named + country; see table company';
COMMENT ON COLUMN record.native_id IS 'the agency''s own key, as published';
COMMENT ON COLUMN record.company_name IS 'respondent as stated by the agency';
COMMENT ON COLUMN record.entity_type IS 'what the gate took the respondent for [company | public body | non-profit | other organisation | vessel | aircraft]';
COMMENT ON COLUMN record.gate_reason IS 'the evidence that decided it';
COMMENT ON COLUMN record.role IS 'part of the respondent in the case, where the agency says';
COMMENT ON COLUMN record.country IS 'ISO 3166-1 alpha-2 country of the respondent, lower case';
COMMENT ON COLUMN record.kind IS 'what sort of record this is [penalty | violation | order | settlement | warning | debarment | listing | recall | licence action | inspection finding | allegation | compliance filing]';
COMMENT ON COLUMN record.subject_area IS 'field of regulation';
COMMENT ON COLUMN record.case_id IS 'the agency''s case; shared by its respondents';
COMMENT ON COLUMN record.decision_id IS 'one decision mirrored on several lists has one';
COMMENT ON COLUMN record.list_id IS 'list or programme the entry stands on';
COMMENT ON COLUMN record.agency_type IS 'type of the record in the agency''s words';
COMMENT ON COLUMN record.agency_code IS 'type of the record as the agency''s code';
COMMENT ON COLUMN record.legal_basis IS 'statute or regulation cited';
COMMENT ON COLUMN record.summary IS 'the matter in the agency''s words';
COMMENT ON COLUMN record.names IS 'other names as published';
COMMENT ON COLUMN record.addresses IS 'addresses as published, without c/o and attn parts';
COMMENT ON COLUMN record.identifiers IS 'numbers of the respondent, with their check';
COMMENT ON COLUMN record.violation_start IS 'first day of the violation';
COMMENT ON COLUMN record.violation_end IS 'last day of the violation';
COMMENT ON COLUMN record.opened_on IS 'case opened';
COMMENT ON COLUMN record.issued_on IS 'decision or notice issued';
COMMENT ON COLUMN record.final_on IS 'decision became final';
COMMENT ON COLUMN record.effective_from IS 'in force from';
COMMENT ON COLUMN record.effective_to IS 'in force until';
COMMENT ON COLUMN record.published_on IS 'published by the agency';
COMMENT ON COLUMN record.publication_ends IS 'last day of publication by law';
COMMENT ON COLUMN record.events IS 'further milestones, each with its date';
COMMENT ON COLUMN record.status IS 'state of the matter [alleged | proposed | contested | settled | active | final | closed | vacated | withdrawn | expired | cleared | unknown]';
COMMENT ON COLUMN record.status_on IS 'date of that state';
COMMENT ON COLUMN record.status_as_published IS 'the agency''s own word for it';
COMMENT ON COLUMN record.amounts IS 'amounts by kind; never summed across kinds or currencies';
COMMENT ON COLUMN record.source_url IS 'the agency''s page on this record or list';
COMMENT ON COLUMN record.document_url IS 'the agency''s document';
COMMENT ON COLUMN record.data_as_of IS 'the agency''s own stamp of the data';
COMMENT ON COLUMN record.adapter_version IS 'hash of TOML, SQL and macros that made the record';
COMMENT ON COLUMN record.retrieval_id IS 'retrieval that first showed this version';
COMMENT ON COLUMN record.member IS 'file inside the archive, where there is one';
COMMENT ON COLUMN record.row_number IS 'physical record number in the file, header counted';
COMMENT ON COLUMN record.source_rows IS 'all input rows, where there is more than one';
COMMENT ON COLUMN record.row_hash IS 'SHA-256 over the used columns of its input rows';
COMMENT ON COLUMN record.version IS '1 for the first version';
COMMENT ON COLUMN record.first_seen IS 'UTC time of the sync that brought the record';
COMMENT ON COLUMN record.changed_at IS 'UTC time of the sync that brought this version';
COMMENT ON COLUMN record.last_seen IS 'UTC time of the last sync that showed the record';
COMMENT ON COLUMN record.removed_at IS 'UTC time of the sync that missed it in a full source';
COMMENT ON COLUMN record.removal IS 'removed at source, or aged out of a rolling window [removed at source | aged out]';

CREATE TABLE record_history (
    record_id VARCHAR NOT NULL,
    source_id VARCHAR NOT NULL,
    company_id VARCHAR NOT NULL,
    native_id VARCHAR NOT NULL,
    company_name VARCHAR NOT NULL,
    entity_type VARCHAR NOT NULL CHECK (entity_type IN ('company', 'public body', 'non-profit', 'other organisation', 'vessel', 'aircraft')),
    gate_reason VARCHAR NOT NULL,
    role VARCHAR,
    country VARCHAR,
    kind VARCHAR NOT NULL,
    subject_area VARCHAR NOT NULL,
    case_id VARCHAR,
    decision_id VARCHAR,
    list_id VARCHAR,
    agency_type VARCHAR,
    agency_code VARCHAR,
    legal_basis VARCHAR,
    summary VARCHAR,
    names STRUCT(name VARCHAR, kind VARCHAR)[],
    addresses STRUCT(text VARCHAR, city VARCHAR, region VARCHAR, postcode VARCHAR, country VARCHAR)[],
    identifiers STRUCT(scheme VARCHAR, value VARCHAR, valid BOOLEAN)[],
    violation_start DATE,
    violation_end DATE,
    opened_on DATE,
    issued_on DATE,
    final_on DATE,
    effective_from DATE,
    effective_to DATE,
    published_on DATE,
    publication_ends DATE,
    events STRUCT(date DATE, type VARCHAR, note VARCHAR)[],
    status VARCHAR NOT NULL,
    status_on DATE,
    status_as_published VARCHAR,
    amounts STRUCT(kind VARCHAR, value DECIMAL(18,2), currency VARCHAR)[],
    source_url VARCHAR,
    document_url VARCHAR,
    data_as_of DATE,
    adapter_version VARCHAR NOT NULL,
    retrieval_id VARCHAR NOT NULL,
    member VARCHAR,
    row_number BIGINT NOT NULL,
    source_rows STRUCT(retrieval_id VARCHAR, member VARCHAR, row BIGINT)[],
    row_hash VARCHAR NOT NULL,
    version INTEGER NOT NULL,
    first_seen TIMESTAMP NOT NULL,
    changed_at TIMESTAMP NOT NULL,
    last_seen TIMESTAMP NOT NULL,
    removed_at TIMESTAMP,
    removal VARCHAR,
    superseded_at TIMESTAMP NOT NULL
);
COMMENT ON TABLE record_history IS 'Versions of records that were replaced';
COMMENT ON COLUMN record_history.record_id IS 'source id, colon, the agency''s stable key (hashed when in parts)';
COMMENT ON COLUMN record_history.source_id IS 'folder of the source';
COMMENT ON COLUMN record_history.company_id IS 'company as named + country; see table company';
COMMENT ON COLUMN record_history.native_id IS 'the agency''s own key, as published';
COMMENT ON COLUMN record_history.company_name IS 'respondent as stated by the agency';
COMMENT ON COLUMN record_history.entity_type IS 'what the gate took the respondent for [company | public body | non-profit | other organisation | vessel | aircraft]';
COMMENT ON COLUMN record_history.gate_reason IS 'the evidence that decided it';
COMMENT ON COLUMN record_history.role IS 'part of the respondent in the case, where the agency says';
COMMENT ON COLUMN record_history.country IS 'ISO 3166-1 alpha-2 country of the respondent, lower case';
COMMENT ON COLUMN record_history.kind IS 'what sort of record this is [penalty | violation | order | settlement | warning | debarment | listing | recall | licence action | inspection finding | allegation | compliance filing]';
COMMENT ON COLUMN record_history.subject_area IS 'field of regulation';
COMMENT ON COLUMN record_history.case_id IS 'the agency''s case; shared by its respondents';
COMMENT ON COLUMN record_history.decision_id IS 'one decision mirrored on several lists has one';
COMMENT ON COLUMN record_history.list_id IS 'list or programme the entry stands on';
COMMENT ON COLUMN record_history.agency_type IS 'type of the record in the agency''s words';
COMMENT ON COLUMN record_history.agency_code IS 'type of the record as the agency''s code';
COMMENT ON COLUMN record_history.legal_basis IS 'statute or regulation cited';
COMMENT ON COLUMN record_history.summary IS 'the matter in the agency''s words';
COMMENT ON COLUMN record_history.names IS 'other names as published';
COMMENT ON COLUMN record_history.addresses IS 'addresses as published, without c/o and attn parts';
COMMENT ON COLUMN record_history.identifiers IS 'numbers of the respondent, with their check';
COMMENT ON COLUMN record_history.violation_start IS 'first day of the violation';
COMMENT ON COLUMN record_history.violation_end IS 'last day of the violation';
COMMENT ON COLUMN record_history.opened_on IS 'case opened';
COMMENT ON COLUMN record_history.issued_on IS 'decision or notice issued';
COMMENT ON COLUMN record_history.final_on IS 'decision became final';
COMMENT ON COLUMN record_history.effective_from IS 'in force from';
COMMENT ON COLUMN record_history.effective_to IS 'in force until';
COMMENT ON COLUMN record_history.published_on IS 'published by the agency';
COMMENT ON COLUMN record_history.publication_ends IS 'last day of publication by law';
COMMENT ON COLUMN record_history.events IS 'further milestones, each with its date';
COMMENT ON COLUMN record_history.status IS 'state of the matter [alleged | proposed | contested | settled | active | final | closed | vacated | withdrawn | expired | cleared | unknown]';
COMMENT ON COLUMN record_history.status_on IS 'date of that state';
COMMENT ON COLUMN record_history.status_as_published IS 'the agency''s own word for it';
COMMENT ON COLUMN record_history.amounts IS 'amounts by kind; never summed across kinds or currencies';
COMMENT ON COLUMN record_history.source_url IS 'the agency''s page on this record or list';
COMMENT ON COLUMN record_history.document_url IS 'the agency''s document';
COMMENT ON COLUMN record_history.data_as_of IS 'the agency''s own stamp of the data';
COMMENT ON COLUMN record_history.adapter_version IS 'hash of TOML, SQL and macros that made the record';
COMMENT ON COLUMN record_history.retrieval_id IS 'retrieval that first showed this version';
COMMENT ON COLUMN record_history.member IS 'file inside the archive, where there is one';
COMMENT ON COLUMN record_history.row_number IS 'physical record number in the file, header counted';
COMMENT ON COLUMN record_history.source_rows IS 'all input rows, where there is more than one';
COMMENT ON COLUMN record_history.row_hash IS 'SHA-256 over the used columns of its input rows';
COMMENT ON COLUMN record_history.version IS '1 for the first version';
COMMENT ON COLUMN record_history.first_seen IS 'UTC time of the sync that brought the record';
COMMENT ON COLUMN record_history.changed_at IS 'UTC time of the sync that brought this version';
COMMENT ON COLUMN record_history.last_seen IS 'UTC time of the last sync that showed the record';
COMMENT ON COLUMN record_history.removed_at IS 'UTC time of the sync that missed it in a full source';
COMMENT ON COLUMN record_history.removal IS 'removed at source, or aged out of a rolling window [removed at source | aged out]';
COMMENT ON COLUMN record_history.superseded_at IS 'UTC time of the sync that replaced this version';

CREATE TABLE company (
    company_id VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    norm VARCHAR NOT NULL,
    legal_form VARCHAR NOT NULL,
    country VARCHAR,
    entity_type VARCHAR NOT NULL CHECK (entity_type IN ('company', 'public body', 'non-profit', 'other organisation', 'vessel', 'aircraft')),
    identifiers STRUCT(scheme VARCHAR, value VARCHAR, valid BOOLEAN)[],
    records BIGINT NOT NULL,
    removed BIGINT NOT NULL,
    not_adverse BIGINT NOT NULL,
    sources VARCHAR[] NOT NULL,
    kinds VARCHAR[] NOT NULL,
    first_on DATE,
    last_on DATE
);
COMMENT ON TABLE company IS 'Companies as named, with country; derived from record';
COMMENT ON COLUMN company.company_id IS 'c and 15 hex digits of a hash of normal form, legal form and country';
COMMENT ON COLUMN company.name IS 'name as stated';
COMMENT ON COLUMN company.norm IS 'normal form, legal form set apart';
COMMENT ON COLUMN company.legal_form IS 'legal form set apart';
COMMENT ON COLUMN company.country IS 'ISO 3166-1 alpha-2, lower case';
COMMENT ON COLUMN company.entity_type IS 'what the gate took it for';
COMMENT ON COLUMN company.identifiers IS 'all numbers on its records';
COMMENT ON COLUMN company.records IS 'records, removed ones counted';
COMMENT ON COLUMN company.removed IS 'records no longer published by their source';
COMMENT ON COLUMN company.not_adverse IS 'records whose status is vacated, withdrawn or cleared';
COMMENT ON COLUMN company.sources IS 'sources with a record';
COMMENT ON COLUMN company.kinds IS 'kinds of its records, save those vacated, withdrawn or cleared';
COMMENT ON COLUMN company.first_on IS 'earliest date of its records';
COMMENT ON COLUMN company.last_on IS 'latest date of its records';

CREATE TABLE company_name (
    norm VARCHAR NOT NULL,
    company_id VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    kind VARCHAR NOT NULL
);
COMMENT ON TABLE company_name IS 'Names by which search finds a company';
COMMENT ON COLUMN company_name.norm IS 'normal form; the table is sorted by it';
COMMENT ON COLUMN company_name.company_id IS 'company';
COMMENT ON COLUMN company_name.name IS 'as published';
COMMENT ON COLUMN company_name.kind IS 'stated, or a kind of alias [stated | alias | former | trade | original script | weak alias]';

CREATE TABLE company_word (
    word VARCHAR NOT NULL,
    company_id VARCHAR NOT NULL,
    norm VARCHAR NOT NULL
);
COMMENT ON TABLE company_word IS 'Words by which search finds a company';
COMMENT ON COLUMN company_word.word IS 'word of a normal form; the table is sorted by it';
COMMENT ON COLUMN company_word.company_id IS 'company';
COMMENT ON COLUMN company_word.norm IS 'the normal form the word stands in';

CREATE TABLE company_identifier (
    value VARCHAR NOT NULL,
    scheme VARCHAR NOT NULL,
    valid BOOLEAN,
    company_id VARCHAR NOT NULL
);
COMMENT ON TABLE company_identifier IS 'Numbers by which search finds a company';
COMMENT ON COLUMN company_identifier.value IS 'canonical value; the table is sorted by it';
COMMENT ON COLUMN company_identifier.scheme IS 'scheme';
COMMENT ON COLUMN company_identifier.valid IS 'result of its check, empty where the scheme has none';
COMMENT ON COLUMN company_identifier.company_id IS 'company';

CREATE TABLE retrieval (
    seq BIGINT NOT NULL,
    retrieval_id VARCHAR NOT NULL,
    run_id VARCHAR NOT NULL,
    source_id VARCHAR NOT NULL,
    resource VARCHAR NOT NULL,
    url VARCHAR NOT NULL,
    final_url VARCHAR,
    attempted_at TIMESTAMP NOT NULL,
    retrieved_at TIMESTAMP,
    status INTEGER,
    headers VARCHAR NOT NULL,
    bytes BIGINT NOT NULL,
    sha256 VARCHAR,
    outcome VARCHAR NOT NULL,
    error VARCHAR,
    via VARCHAR NOT NULL,
    chain_hash VARCHAR NOT NULL
);
COMMENT ON TABLE retrieval IS 'Every attempt to get a file, chained by hash';
COMMENT ON COLUMN retrieval.seq IS 'position in the chain, from 1';
COMMENT ON COLUMN retrieval.retrieval_id IS 'first 16 hex digits of chain_hash';
COMMENT ON COLUMN retrieval.run_id IS 'sync run that made the attempt';
COMMENT ON COLUMN retrieval.source_id IS 'source';
COMMENT ON COLUMN retrieval.resource IS 'resource of source.toml';
COMMENT ON COLUMN retrieval.url IS 'address asked for';
COMMENT ON COLUMN retrieval.final_url IS 'address that answered, after redirects';
COMMENT ON COLUMN retrieval.attempted_at IS 'UTC time of the attempt';
COMMENT ON COLUMN retrieval.retrieved_at IS 'UTC time the agency gave the bytes; empty when unknown';
COMMENT ON COLUMN retrieval.status IS 'HTTP status';
COMMENT ON COLUMN retrieval.headers IS 'headers that matter, as JSON';
COMMENT ON COLUMN retrieval.bytes IS 'length of the payload';
COMMENT ON COLUMN retrieval.sha256 IS 'SHA-256 of the payload, hex';
COMMENT ON COLUMN retrieval.outcome IS 'what became of it [ok | unchanged | partial | blocked | failed]';
COMMENT ON COLUMN retrieval.error IS 'why it failed, without content';
COMMENT ON COLUMN retrieval.via IS 'network, mirror or file handed in [network | mirror | file]';
COMMENT ON COLUMN retrieval.chain_hash IS 'SHA-256 over this row and the chain_hash before it';

CREATE TABLE run (
    run_id VARCHAR NOT NULL,
    source_id VARCHAR NOT NULL,
    started_at TIMESTAMP NOT NULL,
    seconds DOUBLE NOT NULL,
    outcome VARCHAR NOT NULL,
    error VARCHAR,
    accepted_change VARCHAR,
    adapter_version VARCHAR NOT NULL,
    data_as_of DATE,
    rows_read BIGINT NOT NULL,
    added BIGINT NOT NULL,
    changed BIGINT NOT NULL,
    removed BIGINT NOT NULL,
    unchanged BIGINT NOT NULL
);
COMMENT ON TABLE run IS 'Every sync of a source';
COMMENT ON COLUMN run.run_id IS 'one sync of one source';
COMMENT ON COLUMN run.source_id IS 'source';
COMMENT ON COLUMN run.started_at IS 'UTC';
COMMENT ON COLUMN run.seconds IS 'duration';
COMMENT ON COLUMN run.outcome IS 'what the run came to [loaded | unchanged | failed]';
COMMENT ON COLUMN run.error IS 'why it failed, without content';
COMMENT ON COLUMN run.accepted_change IS 'the analyst''s reason for accepting an implausible number of rows';
COMMENT ON COLUMN run.adapter_version IS 'adapter that ran';
COMMENT ON COLUMN run.data_as_of IS 'the agency''s own stamp of the data';
COMMENT ON COLUMN run.rows_read IS 'rows of all primary relations, rejected ones counted';
COMMENT ON COLUMN run.added IS 'new records';
COMMENT ON COLUMN run.changed IS 'records with a new version';
COMMENT ON COLUMN run.removed IS 'records gone from the source';
COMMENT ON COLUMN run.unchanged IS 'records as before';

CREATE TABLE tally (
    run_id VARCHAR NOT NULL,
    retrieval_id VARCHAR NOT NULL,
    fate VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    n BIGINT NOT NULL
);
COMMENT ON TABLE tally IS 'What became of every input row, per retrieval and reason';
COMMENT ON COLUMN tally.run_id IS 'sync run';
COMMENT ON COLUMN tally.retrieval_id IS 'retrieval the rows came from';
COMMENT ON COLUMN tally.fate IS 'what is counted: the four fates add up to the rows read [mapped | not_a_record | withheld | rejected | withheld respondent | joined | orphan | issue]';
COMMENT ON COLUMN tally.reason IS 'the named reason';
COMMENT ON COLUMN tally.n IS 'how many';

CREATE TABLE evidence (
    file VARCHAR NOT NULL,
    run_id VARCHAR NOT NULL,
    source_id VARCHAR NOT NULL,
    relation VARCHAR,
    kind VARCHAR NOT NULL,
    bytes BIGINT NOT NULL,
    sha256 VARCHAR NOT NULL
);
COMMENT ON TABLE evidence IS 'Files of the evidence store';
COMMENT ON COLUMN evidence.file IS 'path below the evidence folder';
COMMENT ON COLUMN evidence.run_id IS 'sync run that stored it';
COMMENT ON COLUMN evidence.source_id IS 'source';
COMMENT ON COLUMN evidence.relation IS 'relation whose original rows it holds; empty for a whole payload';
COMMENT ON COLUMN evidence.kind IS 'original rows of passed records, or the whole payload [rows | payload]';
COMMENT ON COLUMN evidence.bytes IS 'length of the file';
COMMENT ON COLUMN evidence.sha256 IS 'SHA-256 of the file';
