-- Macros every records.sql may use. A blank input gives NULL; an input that cannot be read gives a mark
-- (date '-infinity', an amount without value, a text that starts with chr(26)), which the pipeline counts as an issue.

CREATE OR REPLACE MACRO blank(x) AS nullif(trim(x), '');

-- the engine reads the words epoch and infinity as the first day of 1900
CREATE OR REPLACE MACRO unreadable(x, result) AS
    CASE WHEN blank(x) IS NULL THEN NULL
         WHEN result = DATE '1900-01-01' AND NOT regexp_matches(x, '\pN') THEN DATE '-infinity'
         ELSE coalesce(result, DATE '-infinity') END;

-- 6/30/26, 06/30/2026
CREATE OR REPLACE MACRO date_us(x) AS
    unreadable(x, TRY_CAST(try_strptime(trim(x), ['%m/%d/%y', '%m/%d/%Y']) AS DATE));

-- 2026-06-30, 2026-06-30T01:00:00+02:00 (the day as written), 20260630
CREATE OR REPLACE MACRO date_iso(x) AS
    unreadable(x, coalesce(TRY_CAST(try_strptime(trim(x)[1:10], '%Y-%m-%d') AS DATE),
                           TRY_CAST(try_strptime(trim(x), '%Y%m%d') AS DATE)));

-- 30/06/2026, 30.6.2026, 30-06-26
CREATE OR REPLACE MACRO date_dmy(x) AS
    unreadable(x, TRY_CAST(try_strptime(translate(trim(x), '.-', '//'), ['%d/%m/%y', '%d/%m/%Y']) AS DATE));

-- September 26, 2024; Sep 26, 2024; 26 September 2024; 26 Sep 2024
CREATE OR REPLACE MACRO date_en(x) AS
    unreadable(x, TRY_CAST(try_strptime(regexp_replace(trim(x), '\s+', ' ', 'g'),
        ['%B %d, %Y', '%b %d, %Y', '%B %d %Y', '%d %B %Y', '%d %b %Y']) AS DATE));

-- 30 de noviembre de 2022, 30 de novembro de 2022
CREATE OR REPLACE MACRO date_es(x) AS
    unreadable(x, TRY_CAST(
        regexp_extract(x, '(\d{4})\s*$', 1) || '-' ||
        lpad(coalesce(nullif(list_position(['ene', 'feb', 'mar', 'abr', 'may', 'jun', 'jul', 'ago', 'sep', 'oct', 'nov', 'dic'],
            replace(replace(replace(replace(replace(replace(
                lower(regexp_extract(x, 'de\s+(\pL{3})', 1)), 'jan', 'ene'), 'fev', 'feb'), 'mai', 'may'), 'set', 'sep'), 'out', 'oct'),
                'dez', 'dic')), 0),
            0)::VARCHAR, 2, '0') || '-' ||
        lpad(regexp_extract(trim(x), '^(\d{1,2})', 1), 2, '0') AS DATE));

CREATE OR REPLACE MACRO japanese_plain(x) AS
    regexp_replace(translate(
        replace(replace(replace(replace(x, '令和', 'R'), '平成', 'H'), '昭和', 'S'), '元', '1'),
        '０１２３４５６７８９Ｒ．年月日', '0123456789R...'), '\s', '', 'g');

-- R6.3.1, H31.4.30, S63.1.5, 令和6年3月1日, 令和元年5月1日; full-width digits too
CREATE OR REPLACE MACRO date_jp(x) AS
    unreadable(x, CASE WHEN regexp_matches(japanese_plain(x), '^[RHS]\d{1,2}\.\d{1,2}\.\d{1,2}$') THEN TRY_CAST(
        (CASE left(japanese_plain(x), 1) WHEN 'R' THEN 2018 WHEN 'H' THEN 1988 ELSE 1925 END
            + TRY_CAST(regexp_extract(japanese_plain(x), '^[RHS](\d+)', 1) AS INTEGER))::VARCHAR || '-' ||
        lpad(regexp_extract(japanese_plain(x), '\.(\d+)\.', 1), 2, '0') || '-' ||
        lpad(regexp_extract(japanese_plain(x), '\.(\d+)$', 1), 2, '0') AS DATE) END);

-- amounts: a plain number, with or without currency sign, thousands commas and decimal point
CREATE OR REPLACE MACRO amount(kind_, x, number_, currency_) AS
    CASE WHEN blank(x) IS NOT NULL THEN
        {'kind': kind_, 'value': TRY_CAST(number_ AS DECIMAL(18,2)), 'currency': currency_} END;

CREATE OR REPLACE MACRO money(kind_, x, currency_) AS
    amount(kind_, x, CASE WHEN regexp_matches(x, '^[^0-9-]{0,5}(\d{1,3}(,\d{3})+|\d+)(\.\d+)?[^0-9]{0,5}$')
                     THEN regexp_replace(x, '[^0-9.]', '', 'g') END, currency_);

-- 4.965,70
CREATE OR REPLACE MACRO money_eu(kind_, x, currency_) AS
    amount(kind_, x, CASE WHEN regexp_matches(x, '^[^0-9-]{0,5}(\d{1,3}([. ]\d{3})+|\d+)(,\d+)?[^0-9]{0,5}$')
                     THEN replace(regexp_replace(x, '[^0-9,]', '', 'g'), ',', '.') END, currency_);

CREATE OR REPLACE MACRO id(scheme_, x) AS
    CASE WHEN blank(x) IS NOT NULL THEN {'scheme': scheme_, 'value': trim(x)} END;

CREATE OR REPLACE MACRO alias(kind_, x) AS
    CASE WHEN blank(x) IS NOT NULL THEN {'name': trim(x), 'kind': kind_} END;

CREATE OR REPLACE MACRO event(type_, day, note_ := NULL) AS
    CASE WHEN day IS NOT NULL THEN {'date': day, 'type': type_, 'note': note_::VARCHAR} END;

-- an address from its parts; text is the parts joined as published
CREATE OR REPLACE MACRO address(street, city_, region_, postcode_, country_) AS
    CASE WHEN concat_ws(', ', blank(street), blank(city_), blank(region_), blank(postcode_), blank(country_)) <> '' THEN
        {'text': concat_ws(', ', blank(street), blank(city_), blank(region_), blank(postcode_), blank(country_)),
         'city': blank(city_), 'region': blank(region_), 'postcode': blank(postcode_), 'country': blank(country_)} END;

-- a key for rows whose agency gives none: from the fields least likely to be corrected
CREATE OR REPLACE MACRO key_of(parts) AS left(sha256(array_to_string(list_transform(parts, lambda part: coalesce(part, '')), chr(31))), 24);

-- what OFAC's Remarks say in fixed words: numbers of companies, vessels and aircraft, dates of listing, legal consequences.
-- Everything else, such as persons linked to an entity, is left out; so is a last part that the length limit cut off.
CREATE OR REPLACE MACRO ofac_facts(remarks) AS list_filter(
    list_transform(string_split(CASE WHEN trim(remarks) LIKE '%.' THEN rtrim(remarks, '. ')
                                     ELSE regexp_replace(remarks, '(^|;)[^;]*$', '') END, ';'), lambda part: trim(part)),
    lambda part: regexp_full_match(part,
        '(alt\. )?((((UK |Business )?Company|Identification|(Business |Public )?Registration|Commercial Registry|Business'
        || '|Government Gazette|Chamber of Commerce|Enterprise|Certificate of Incorporation|Legal Entity|D-U-N-S|V\.A\.T\.|File'
        || ') Number|Business Registration Document|Vessel Registration Identification|Registration ID|Tax ID No\.|NIT|RUC|RIF'
        || '|RTN|R\.?F\.?C\.?|C\.U\.I\.T\.|C\.I\.F\.|RSIN|US FEIN|Folio Mercantil No\.|Matricula Mercantil No|C\.R\. No\.'
        || '|Trade License No\.|Uni(fi|t)ed Social Credit Code( Certificate)? \(USCCC?\)|SWIFT/BIC|MMSI|BIK \(RU\)|ISIN'
        || '|Registered Charity No\.|Aircraft (Manufacturer''s Serial Number \(MSN\)|Construction Number \([^()]*\)))'
        || ' (# )?(CUD: )?[0-9A-Z./ -]{2,40}( \([A-Z][A-Za-z, ]+\)){0,2}( (issued|expires) \d{2} [A-Z][a-z]{2} \d{4})*'
        || '|National ID No\. \d{11} \(Iran\)'
        || '|(Listing Date|Effective Date|Purchase/Sales For Divestment Date|Organization Established Date)( \([A-Za-z0-9 ]+\))?:? \d{2} [A-Z][a-z]{2} \d{4}'
        || '|(Additional Sanctions Information|Secondary sanctions risk|Executive Order \d{5}|CAATSA Section|IFCA Determination)[A-Za-z0-9 ,.:()/-]+)'));
