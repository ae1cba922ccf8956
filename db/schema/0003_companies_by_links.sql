ALTER TABLE record ADD COLUMN party_id VARCHAR;
ALTER TABLE record_history ADD COLUMN party_id VARCHAR;
COMMENT ON COLUMN record.company_id IS 'company its party was linked to; see table company';
COMMENT ON COLUMN record.party_id IS 'the respondent as this source knows it; see table party';
COMMENT ON COLUMN record_history.company_id IS 'company its party was linked to; see table company';
COMMENT ON COLUMN record_history.party_id IS 'the respondent as this source knows it; see table party';
COMMENT ON TABLE company IS 'Companies: parties joined by strong links; derived from record and party';
COMMENT ON COLUMN company.company_id IS 'c and 15 hex digits; made from a number of it, else from its name and place';
COMMENT ON COLUMN company.name IS 'name most often stated';
COMMENT ON COLUMN company.norm IS 'normal form of that name, legal form set apart';

CREATE TABLE party (
    party_id VARCHAR NOT NULL,
    company_id VARCHAR NOT NULL,
    source_id VARCHAR NOT NULL,
    sort VARCHAR NOT NULL,
    as_named VARCHAR NOT NULL,
    norm VARCHAR NOT NULL,
    legal_form VARCHAR NOT NULL,
    country VARCHAR,
    anchor VARCHAR NOT NULL,
    by_number BOOLEAN NOT NULL,
    version VARCHAR NOT NULL
);
COMMENT ON TABLE party IS 'Respondents as one source knows them: name, numbers and places; no record is in two';
COMMENT ON COLUMN party.party_id IS 'c and 15 hex digits of a hash of source, sort, name, country, numbers and places';
COMMENT ON COLUMN party.company_id IS 'company it was linked to';
COMMENT ON COLUMN party.source_id IS 'source that knows it';
COMMENT ON COLUMN party.sort IS 'what is linked among itself only [organisation | vessel | aircraft]';
COMMENT ON COLUMN party.as_named IS 'hash of normal form, legal form and country: once the id of the company';
COMMENT ON COLUMN party.norm IS 'normal form, legal form set apart';
COMMENT ON COLUMN party.legal_form IS 'legal form set apart';
COMMENT ON COLUMN party.country IS 'ISO 3166-1 alpha-2, lower case; empty when not known';
COMMENT ON COLUMN party.anchor IS 'the id its company takes from it, if it is the smallest';
COMMENT ON COLUMN party.by_number IS 'the anchor is made from a number, which comes before others';
COMMENT ON COLUMN party.version IS 'version of the method';

CREATE TABLE party_key (
    party_id VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    named VARCHAR NOT NULL,
    subject VARCHAR NOT NULL,
    value VARCHAR NOT NULL
);
COMMENT ON TABLE party_key IS 'What parties are compared by';
COMMENT ON COLUMN party_key.party_id IS 'party';
COMMENT ON COLUMN party_key.kind IS 'what an equal key proves: by itself, beside an equal name, as an alias [number | beside | alias]';
COMMENT ON COLUMN party_key.named IS 'as_named of the party, or of its alias; empty for a number';
COMMENT ON COLUMN party_key.subject IS 'scheme, postcode, city, address, or kind of alias';
COMMENT ON COLUMN party_key.value IS 'value compared, or the alias as published';

CREATE TABLE company_link (
    party_a VARCHAR NOT NULL,
    party_b VARCHAR NOT NULL,
    method VARCHAR NOT NULL,
    evidence VARCHAR NOT NULL,
    version VARCHAR NOT NULL,
    made_at TIMESTAMP NOT NULL,
    made_by VARCHAR NOT NULL
);
COMMENT ON TABLE company_link IS 'Why parties are one company';
COMMENT ON COLUMN company_link.party_a IS 'party';
COMMENT ON COLUMN company_link.party_b IS 'party of the same company';
COMMENT ON COLUMN company_link.method IS 'what joins them [number | name and place | alias]';
COMMENT ON COLUMN company_link.evidence IS 'what agrees';
COMMENT ON COLUMN company_link.version IS 'version of the method';
COMMENT ON COLUMN company_link.made_at IS 'UTC time of the sync that found it';
COMMENT ON COLUMN company_link.made_by IS 'who linked them';

CREATE TABLE company_redirect (
    old_id VARCHAR NOT NULL,
    company_id VARCHAR NOT NULL,
    why VARCHAR NOT NULL,
    since TIMESTAMP NOT NULL
);
COMMENT ON TABLE company_redirect IS 'Ids of companies that were merged or corrected away';
COMMENT ON COLUMN company_redirect.old_id IS 'id that an earlier generation gave a company';
COMMENT ON COLUMN company_redirect.company_id IS 'company that has its records now';
COMMENT ON COLUMN company_redirect.why IS 'what became of it [linked anew | corrected]';
COMMENT ON COLUMN company_redirect.since IS 'UTC time of the sync that did it';

-- search has an index of its own beside the generation
DROP TABLE company_word;
