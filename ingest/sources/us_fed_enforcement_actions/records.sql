-- One bank in one action, one record. A cell names one bank or several, each as "Name, City, State": they are parted at
-- every semicolon, behind a place ("…, City, State and Name", "…, City, State, Name"), at an "and" behind a legal form
-- ("X Corporation and X Bank"), at an "and" or a comma between two names with a form of their own ("X Bank and X Bancorp",
-- "X LLC, Y LLC") and, where a list ends with "all of City, State", at its commas. Nothing else is cut.
-- chr(28) stands for an "and" and chr(29) for a comma inside a name, chr(160) for a blank inside a country, chr(30) for a cut.
WITH told AS (
    SELECT *, regexp_replace(
            replace(regexp_replace(trim("Banking Organization"), '\s+', ' ', 'g'), 'Netherlands Antilles',
                'Netherlands' || chr(160) || 'Antilles'),
            ', ?(Inc|INC|Incorporated|Ltd|Limited|LLC|L\.L\.C|L\.C|L\.P|MHC|N\.A|N\.V|S\.A|S\.p\.A|C\. ?A|PCL|PLC|AG|B\.M'
            || '|p\.l\.c|S\.S\.B|An? [A-Z][a-z]+ Corporation|Employee Stock|(?:New York|Los Angeles|Miami|Chicago) (?:Branch|Agency))\b',
            chr(29) || ' \1', 'g') AS cell
    FROM action
),
-- a comma is missing between name and city, between city and country, and between name and country
mended AS (
    SELECT * REPLACE (regexp_replace(regexp_replace(regexp_replace(cell,
        '((?:INC\.|Inc\.|CO\.|LLC\.?|PLC|AG|S\.A\.|C\. A\.|COMPANY\.|BANK|BANCORP|BRANCH|AGENCY|\)) ?| Bank)([A-Z][a-z]+(?: [A-Z][a-z]+)?, '
        || lookup('pattern', 'place') || '\b)', '\1, \2', 'g'),
        ', ([A-Z][a-z]{2,}(?: [A-Z][a-z]{2,})?) (CA|NY|FL|Canada|France|Germany|Switzerland|Maryland)\b', ', \1, \2', 'g'),
        '( S\.A\.) (' || lookup('pattern', 'place') || ')$', '\1, \2') AS cell)
    FROM told
),
listed AS (
    SELECT * REPLACE (regexp_replace(regexp_replace(
        array_to_string(list_transform(string_split(
            regexp_replace(regexp_replace(regexp_replace(coalesce(cell, ''), ' ?; ?(?:and )?', chr(30), 'g'),
                '(, ' || lookup('pattern', 'place') || '),? and ([A-Z0-9])', '\1' || chr(30) || '\2', 'g'),
                '(, (?:(?:both|all) of )?' || lookup('pattern', 'city') || ', ' || lookup('pattern', 'place')
                || ')[.,]{0,2} (?:and )?([A-Z0-9])', '\1' || chr(30) || '\2', 'g'),
            chr(30)),
            lambda part: CASE WHEN contains(part, ', all of ')
                THEN regexp_replace(part, '(Inc\.|LLC|L\.L\.C\.|L\.P\.|Ltd\.|Plan),? (?:and )?([A-Z])', '\1' || chr(30) || '\2', 'g')
                ELSE part END), chr(30)),
        '(\bInc|Inc\.|Corp|Corp\.|Corporation|LLC|L\.P\.|Ltd\.|S\.A\.|AG|Bancorp|Bancorporation|Bancshares),? and ([A-Z])',
        '\1' || chr(30) || '\2', 'g'),
        '( )and (Trusts?|Savings|Loans?|Commercial|Industrial|Investments?|Mortgage|Credit|Building|Thrift|Title'
        || '|Securities|Insurance|Finance|Financial|Banking|Company|Holdings?)\b|([^,] )and (Commerce)\b',
        '\1\3' || chr(28) || ' \2\4', 'g') AS cell)
    FROM mended
),
-- a match takes in the next name, so that every second cut of a list is left to a second pass
parted AS (
    SELECT * EXCLUDE (cell), unnest(banks) AS bank, generate_subscripts(banks, 1) AS nth, len(banks) AS several
    FROM (SELECT *, string_split(replace(
        regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(cell,
            lookup('pattern', 'comma'), '\1' || chr(30) || '\2', 'g'), lookup('pattern', 'comma'), '\1' || chr(30) || '\2', 'g'),
            lookup('pattern', 'joined'), '\1' || chr(30) || '\2', 'g'), lookup('pattern', 'joined'), '\1' || chr(30) || '\2', 'g'),
            lookup('pattern', 'joined_of'), '\1' || chr(30) || '\2', 'g'),
        chr(28), 'and'), chr(30)) AS banks
    FROM listed)
),
placed AS (
    SELECT *, replace(replace(bank, chr(29), ','), chr(160), ' ') AS published,
        regexp_replace(bank,
            ' ?\((?:now|formerly) known as [^)]*\)| ?\(f/k/a [^)]*\)|,? successor by merger with .*$', '', 'i') AS stated,
        regexp_extract(stated, '^(.*), (?:(?:both|all) of )?(' || lookup('pattern', 'city') || '), ('
            || lookup('pattern', 'place') || ')[.,]*$', ['name', 'city', 'region']) AS whole,
        regexp_extract(stated, '^(.*), (' || lookup('pattern', 'place') || ')[.,]*$', ['name', 'region']) AS short
    FROM parted
),
named AS (
    SELECT *, blank(whole['city']) AS city_stated,
        replace(coalesce(blank(whole['region']), blank(short['region'])), chr(160), ' ') AS region_stated,
        -- "A and B, City, State": the place is said of A too
        first_value(CASE WHEN region_stated IS NOT NULL THEN {'city': city_stated, 'region': region_stated} END IGNORE NULLS)
            OVER (PARTITION BY _row ORDER BY nth ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS common,
        coalesce(city_stated, CASE WHEN region_stated IS NULL THEN common['city'] END) AS town,
        coalesce(region_stated, common['region']) AS region,
        regexp_full_match(region, lookup('pattern', 'state')) AS in_us,
        trim(replace(coalesce(blank(whole['name']), blank(short['name']), stated),
            chr(29), ','), ' ,') AS name,
        CASE WHEN starts_with(URL, '/') THEN 'https://www.federalreserve.gov' || URL WHEN URL LIKE 'http%' THEN URL END AS link
    FROM placed
)
SELECT
    _row,
    key_of(["Effective Date", URL, "Banking Organization", twin::VARCHAR, nth::VARCHAR]) AS native_id,
    key_of(["Effective Date", URL, CASE WHEN link IS NULL THEN "Banking Organization" END]) AS case_id,
    CASE WHEN NOT is_person AND blank("Banking Organization") IS NULL THEN 'no respondent named' END AS not_a_record,
    -- an action against a person names the bank beside it, which is not the respondent
    CASE WHEN is_person THEN 'person' ELSE 'company' END    AS entity_type,
    CASE WHEN NOT is_person THEN name END                   AS company_name,
    CASE WHEN in_us THEN 'us' ELSE nullif(lookup('country', region), 'none') END AS country,
    [address(NULL, town, CASE WHEN in_us THEN region END, NULL, CASE WHEN NOT in_us THEN region END)] AS addresses,
    [alias('alias', regexp_extract(published, '(?i)\(now known as ([^)]*)\)', 1)),
     alias('former', regexp_extract(published, '(?i)\((?:f/k/a|formerly known as) ([^)]*)\)', 1)),
     alias('former', regexp_extract(published, 'successor by merger with ([^,]*)', 1))] AS names,
    gravest                                                 AS kind,
    blank(array_to_string(types, ', '))                     AS agency_type,
    CASE WHEN gravest = 'allegation' THEN date_iso("Effective Date") END AS issued_on,
    CASE WHEN gravest <> 'allegation' THEN date_iso("Effective Date") END AS effective_from,
    date_iso("Termination Date")                            AS effective_to,
    CASE WHEN blank("Termination Date") IS NOT NULL THEN 'closed'
         WHEN gravest = 'allegation' THEN 'alleged'
         -- a penalty alone is paid and never terminated
         WHEN gravest = 'penalty' AND len(types) = 1 THEN 'final'
         ELSE 'active' END                                  AS status,
    date_iso("Termination Date")                            AS status_on,
    list_transform(penalties, lambda x: CASE WHEN x LIKE '% million' THEN
        {'kind': 'assessed', 'value': TRY_CAST(1000000 * TRY_CAST(replace(x, ' million', '') AS DECIMAL(12,4)) AS DECIMAL(18,2)),
         'currency': 'USD'} ELSE money('assessed', x, 'USD') END) AS amounts,
    CASE WHEN jointly OR several > 1 THEN 'one of several named in the action' END AS role,
    link                                                    AS document_url,
    'https://www.federalreserve.gov/supervisionreg/enforcementactions.htm' AS source_url,
    [CASE WHEN NOT is_person AND len(types) = 0 THEN 'Action: type not known' END] AS issues
FROM named
