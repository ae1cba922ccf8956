-- One record for each entity, vessel or aircraft on a list; who stands on both lists has a record for each, under one
-- decision. The legacy files write an empty cell as "-0- " and give numbers and dates inside Remarks only, which also name
-- persons: ofac_facts takes out what has a fixed form. Remarks over 1,000 letters go on in the comments.
WITH given AS (
    SELECT _row, list, facts, nullif(trim(COLUMNS(* EXCLUDE (_row, list, facts))), '-0-') FROM entry
), address AS (
    -- one cell holds city, state and postcode; it is a city where nothing but words stands in it
    SELECT ent_num, list(address_in(concat_ws(', ', Address, CASE WHEN city IS NULL THEN City_State_Province_Postal_Code END),
                                    city, NULL, NULL, nullif(Country, 'undetermined')) ORDER BY TRY_CAST(Add_num AS BIGINT)) AS addresses,
           list_distinct(list(country_code(Country))) AS countries,
           count(*) FILTER (Country <> 'undetermined' AND country_code(Country) IS NULL) > 0 AS unknown_country
    FROM (SELECT DISTINCT nullif(trim(COLUMNS(* EXCLUDE (_row))), '-0-'),
                 nullif(regexp_extract(trim(City_State_Province_Postal_Code), '^[^0-9,]+$'), '') AS city FROM street_address)
    GROUP BY ent_num
), other AS (
    SELECT ent_num, list(alias(CASE alt_type WHEN 'fka' THEN 'former' ELSE 'alias' END, alt_name)
                         ORDER BY TRY_CAST(alt_num AS BIGINT)) AS names
    FROM (SELECT DISTINCT nullif(trim(COLUMNS(* EXCLUDE (_row))), '-0-') FROM alternate_name) GROUP BY ent_num
), fact AS (
    SELECT DISTINCT list, ent_num, regexp_replace(part, '^alt\. ', '') AS part
    FROM (SELECT list, ent_num, unnest(facts) AS part FROM given
          UNION ALL SELECT list, ent_num, unnest(facts) FROM comment)
), label(word, sort) AS (
    -- a sort that starts with a hyphen is one of many countries' numbers
    VALUES ('Vessel Registration Identification IMO', 'imo'), ('Identification Number IMO', 'imo-company'),
        ('Company Number IMO', 'imo-company'), ('Company Number', '-registration'), ('UK Company Number', '-registration'),
        ('Business Company Number', '-registration'), ('Identification Number', '-registration'),
        ('Registration Number', '-registration'), ('Business Registration Number', '-registration'),
        ('Public Registration Number', '-registration'), ('Commercial Registry Number', '-registration'),
        ('Business Number', '-registration'), ('Chamber of Commerce Number', '-registration'),
        ('Enterprise Number', '-registration'), ('Certificate of Incorporation Number', '-registration'),
        ('Legal Entity Number', '-legal-entity'), ('File Number', '-registration'),
        ('Business Registration Document', '-registration'), ('Registration ID', '-registration'),
        ('Folio Mercantil No.', '-registration'), ('Matricula Mercantil No', '-registration'),
        ('C.R. No.', '-registration'), ('Trade License No.', '-trade-licence'), ('Registered Charity No.', '-charity'),
        ('Tax ID No.', '-tax'), ('NIT', '-nit'), ('RUC', '-ruc'), ('RIF', '-rif'), ('RTN', '-rtn'), ('C.U.I.T.', '-cuit'),
        ('C.I.F.', '-nif'), ('RSIN', '-rsin'), ('R.F.C.', 'rfc'), ('RFC', 'rfc'), ('US FEIN', 'ein'),
        ('V.A.T. Number', '-vat'), ('National ID No.', '-national-id'), ('Government Gazette Number', '-okpo'),
        ('Unified Social Credit Code (USCC)', 'uscc'), ('United Social Credit Code Certificate (USCCC)', 'uscc'),
        ('D-U-N-S Number', 'duns'), ('SWIFT/BIC', 'bic'), ('MMSI', 'mmsi'), ('BIK (RU)', 'ru-bik'), ('ISIN', 'isin'),
        ('Aircraft Manufacturer''s Serial Number (MSN)', 'aircraft-msn')
), labelled AS (
    SELECT list, ent_num, sort, country_code(regexp_extract(part, '\(([A-Z][A-Za-z, ]+)\)[^()]*$', 1)) AS country,
           regexp_extract(part[len(word) + 1:], '^ (?:# )?(?:CUD: )?([0-9A-Z./ -]*[0-9A-Z])', 1) AS value
    FROM fact JOIN label ON starts_with(part, word || ' ')
    QUALIFY row_number() OVER (PARTITION BY list, ent_num, part ORDER BY len(word) DESC) = 1
    UNION ALL SELECT list, ent_num, 'call-sign', NULL, Call_Sign FROM given WHERE Call_Sign IS NOT NULL
), number AS (
    SELECT labelled.list, ent_num, list(id(CASE
            WHEN sort = '-legal-entity' AND regexp_full_match(value, '[0-9A-Z]{18}\d\d') THEN 'lei'
            WHEN sort = '-registration' AND country = 'ru' AND regexp_full_match(value, '\d{13}') THEN 'ru-ogrn'
            WHEN sort = '-registration' AND country = 'gb' AND regexp_full_match(value, '([A-Z]{2})?\d{5,8}')
                THEN 'gb-company-number'
            WHEN sort = '-tax' AND country = 'ru' THEN 'ru-inn'
            WHEN sort = '-tax' AND country = 'tr' THEN 'tr-vkn'
            WHEN sort = '-vat' AND regexp_matches(value, '^[A-Z]{2} ?[0-9]') THEN 'vat'
            WHEN sort = '-vat' AND country IS NULL THEN 'tax'
            WHEN starts_with(sort, '-') THEN coalesce(country || sort, sort[2:])
            ELSE sort END, value) ORDER BY sort, value) AS identifiers
    FROM labelled GROUP BY ALL
), said AS (
    SELECT list, ent_num,
           list(event(trim(part[:-12], ' :'), date_en(part[-11:])) ORDER BY part)
               FILTER (regexp_matches(part, '^(Listing|Effective|Purchase|Organization)')) AS events,
           min(date_en(part[-11:])) FILTER (starts_with(part, 'Listing Date')) AS listed_on,
           min(date_en(part[-11:])) FILTER (starts_with(part, 'Effective Date')) AS effective_on,
           string_agg(part, '; ' ORDER BY part)
               FILTER (regexp_matches(part, '^(Additional|Secondary|Executive|CAATSA|IFCA)')) AS consequences
    FROM fact GROUP BY list, ent_num
)
SELECT
    _row,
    CASE list WHEN 'SDN list' THEN 'sdn-' ELSE 'cons-' END || ent_num AS native_id,
    'ofac-' || ent_num                                      AS decision_id,
    'listing'                                               AS kind,
    list                                                    AS agency_type,
    CASE WHEN SDN_Type IS DISTINCT FROM 'individual' THEN SDN_Name END AS company_name,
    -- the lists call everybody who is no individual, vessel or aircraft an entity, whatever its form
    CASE coalesce(SDN_Type, 'entity') WHEN 'entity' THEN 'other organisation' WHEN 'individual' THEN 'person'
         WHEN 'vessel' THEN 'vessel' WHEN 'aircraft' THEN 'aircraft' END AS entity_type,
    -- an entity with addresses in several countries is of none in particular
    CASE WHEN SDN_Type = 'vessel' THEN country_code(Vess_flag)
         WHEN len(countries) = 1 THEN countries[1] END      AS country,
    replace(Program, '] [', '; ')                           AS list_id,
    array_to_string(list_transform(regexp_extract_all(Program, 'EO(\d{5})', 1), lambda n: 'Executive Order ' || n), '; ')
                                                            AS legal_basis,
    concat_ws('; ', Vess_type, consequences)                AS summary,
    names, addresses,
    list_prepend(id('ofac-ent', ent_num), identifiers)  AS identifiers,
    listed_on                                               AS issued_on,
    effective_on                                            AS effective_from,
    events,
    'active'                                                AS status,
    'https://sanctionssearch.ofac.treas.gov/Details.aspx?id=' || ent_num AS source_url,
    CASE WHEN unknown_country THEN ['addresses: country not known'] END AS issues
FROM given LEFT JOIN address USING (ent_num) LEFT JOIN other USING (ent_num)
LEFT JOIN number USING (list, ent_num) LEFT JOIN said USING (list, ent_num)
