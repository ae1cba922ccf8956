-- One record for each listed entity: company, armed group, bank or charity, which the list does not tell apart.
-- Individuals stand in the same document; each is named as a person without a name, so that it is counted as withheld.
WITH parts AS (
    SELECT *,
        TRY(from_json(ENTITY_ALIAS, '[{"QUALITY": "VARCHAR", "ALIAS_NAME": "VARCHAR"}]')) AS aliases,
        list_distinct(list_transform(places, lambda p: country_code(p.country))) AS countries,
        list_filter(list_transform(places, lambda p: p.country),
                    lambda c: blank(c) IS NOT NULL AND country_code(c) IS NULL) AS unknown_countries,
        list_filter(aliases, lambda a: starts_with(lookup('quality', a.QUALITY), chr(26))) AS unknown_qualities
    FROM entity
)
SELECT
    _row,
    trim(REFERENCE_NUMBER)                                  AS native_id,
    'listing'                                               AS kind,
    regexp_replace(FIRST_NAME, '\s+', ' ', 'g')             AS company_name,
    'other organisation'                                    AS entity_type,
    -- an entity with addresses in several countries is of none in particular
    CASE WHEN len(countries) = 1 THEN countries[1] END      AS country,
    UN_LIST_TYPE                                            AS list_id,
    lookup('regime', UN_LIST_TYPE)                          AS legal_basis,
    list_prepend(
        alias('original script', regexp_replace(NAME_ORIGINAL_SCRIPT, '\s+', ' ', 'g')),
        list_transform(aliases, lambda a: alias(CASE WHEN starts_with(lookup('quality', a.QUALITY), chr(26)) THEN 'alias'
                                                     ELSE coalesce(lookup('quality', a.QUALITY), 'alias') END,
                                                regexp_replace(a.ALIAS_NAME, '\s+', ' ', 'g')))) AS names,
    list_transform(places, lambda p: address_in(p.street, p.city, p.region, p.postcode, p.country)) AS addresses,
    list_concat([id('un-ref', REFERENCE_NUMBER)],
        list_transform(bank_codes, lambda code: id('bic', code)),
        list_transform(imo_numbers, lambda number: id('imo-company', number))) AS identifiers,
    date_iso(LISTED_ON)                                     AS issued_on,
    date_iso(LISTED_ON)                                     AS effective_from,
    list_transform(regexp_extract_all(LAST_DAY_UPDATED, '"([^"]+)"\s*[,\]}]', 1),
                   lambda day: event('Entry amended', date_iso(day))) AS events,
    'active'                                                AS status,
    [CASE WHEN len(unknown_countries) > 0 THEN 'addresses: country not known' END,
     CASE WHEN len(unknown_qualities) > 0 THEN 'names: quality of alias not known' END] AS issues
FROM parts
UNION ALL BY NAME
SELECT _row, _row::VARCHAR AS native_id, 'listing' AS kind, NULL AS company_name, 'person' AS entity_type,
       'active' AS status
FROM individual
