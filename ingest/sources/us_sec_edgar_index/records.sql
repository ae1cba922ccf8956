-- One filing of one filer is one record; co-registrants share the accession number as their case. The extracts of
-- `filing` are empty for every form that is not an issuer's form of our list, so a person's name is not even seen.
WITH answer AS (
    SELECT accession, any_value(items) AS items, any_value(report_date) AS report_date
    FROM submission WHERE accession IS NOT NULL GROUP BY accession
), company AS (
    -- names and numbers as the answer gives them beside this very filing, so that a record rests on its own rows alone
    SELECT accession, cik, any_value(name) AS name, any_value(former_names) AS former_names, any_value(ein) AS ein,
        any_value(lei) AS lei
    FROM submission WHERE accession IS NOT NULL AND cik IS NOT NULL GROUP BY accession, cik
), issuer AS (
    SELECT _row, "Form Type" AS form, regexp_replace("Form Type", '(405)?(/A)?$', '') AS base, "Date Filed" AS filed_on,
        company, lpad(split_part(path, '/', 3), 10, '0') AS cik, path, accession
    FROM filing
), filed AS (
    SELECT i.*, a.items, a.report_date, i.cik IN (SELECT cik FROM submission) AS answered, c.name, c.former_names, c.ein, c.lei,
        -- until August 2004 item 3 was bankruptcy and item 4 the change of auditor
        list_filter(list_transform(string_split(a.items, ','),
            lambda item: CASE item WHEN '3' THEN '1.03' WHEN '4' THEN '4.01' ELSE item END),
            lambda item: item IN ('1.03', '3.01', '4.01', '4.02')) AS telling
    FROM issuer i LEFT JOIN answer a ON a.accession = i.accession LEFT JOIN company c ON c.accession = i.accession AND c.cik = i.cik
)
SELECT
    _row,
    CASE WHEN path IS NULL AND regexp_matches(form, '^(3|4|5|144|SC 13[DG]|SCHEDULE 13[DG]|D|MA-I)(/A)?$')
              THEN 'form of insiders or investors'
         WHEN path IS NULL THEN 'form of another kind'
         -- an exchange files a 25-NSE about an issuer, under its own login, and is indexed beside it:
         -- New York Stock Exchange, Nasdaq, Cboe BZX, or whoever's number starts the accession number
         WHEN base = '25-NSE' AND cik IN ('0000876661', '0001354457', '0001417835', left(accession, 10))
              THEN 'the exchange that files, not its subject'
         WHEN base = '8-K' AND items IS NOT NULL AND len(telling) = 0 THEN '8-K without a telling item'
         END                                                AS not_a_record,
    accession || ':' || cik                                 AS native_id,
    accession                                               AS case_id,
    'compliance filing'                                     AS kind,
    company                                                 AS company_name,
    -- these forms are filed by or about registered issuers of securities, which no natural person is
    'company'                                               AS entity_type,
    CASE WHEN base IN ('25-NSE', 'REVOKED') THEN 'issuer' ELSE 'filer' END AS role,
    list_filter([id('cik', cik), id('ein', ein), id('lei', lei)], lambda number: number IS NOT NULL) AS identifiers,
    list_filter([CASE WHEN upper(name) <> upper(company) THEN alias('alias', name) END]
        || list_transform(string_split(coalesce(former_names, ''), chr(10)), lambda former: alias('former', former)),
        lambda other: other IS NOT NULL)                    AS names,
    form                                                    AS agency_type,
    CASE WHEN base = '8-K' THEN items END                   AS agency_code,
    CASE WHEN starts_with(base, 'NT ') THEN 'Exchange Act Rule 12b-25 (17 CFR 240.12b-25)'
         WHEN starts_with(base, '10-') THEN 'Exchange Act Rule 12b-15 (17 CFR 240.12b-15)'
         WHEN starts_with(base, '15-') THEN 'Exchange Act Rules 12g-4, 12h-3, 15d-6 (17 CFR 240.12g-4, 240.12h-3, 240.15d-6)'
         WHEN base = '8-K' THEN 'Exchange Act Rules 13a-11, 15d-11 (17 CFR 240.13a-11, 240.15d-11)'
         WHEN base = 'SD' THEN 'Exchange Act Rule 13p-1 (17 CFR 240.13p-1)'
         WHEN base = '25-NSE' THEN 'Exchange Act Rule 12d2-2 (17 CFR 240.12d2-2)'
         WHEN base = 'REVOKED' THEN 'Exchange Act section 12(j) (15 USC 78l(j))' END AS legal_basis,
    lookup('form', base)
        || CASE WHEN form LIKE '%/A' AND NOT starts_with(base, '10-') THEN ', amended' ELSE '' END
        || coalesce(': ' || array_to_string(list_transform(telling, lambda item: lookup('item', item)), '; '), '') AS summary,
    date_iso(filed_on)                                      AS published_on,
    [event('Event reported', date_iso(report_date))]        AS events,
    'unknown'                                               AS status,
    'https://www.sec.gov/Archives/' || path                 AS document_url,
    [CASE WHEN base <> '8-K' OR items IS NOT NULL THEN NULL
          WHEN answered THEN '8-K items unknown: not in the submissions answer'
          ELSE '8-K items unknown: no submissions answer' END] AS issues
FROM filed
