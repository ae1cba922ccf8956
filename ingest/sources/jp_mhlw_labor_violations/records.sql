-- One respondent of one published case is one record. The key leaves out how the ministry spells the company, which
-- changes from month to month, and the establishment, which it drops; the bureau and the day of publication stay.
WITH respondent AS (
    SELECT *, unnest(string_split(companies, chr(10))) AS company, unnest(string_split(keys, chr(10))) AS company_key,
        coalesce(nullif(date_jp("公表日"), DATE '-infinity')::VARCHAR, "公表日") AS published,
        -- 送検 and 送致: sent to the prosecutor; the day is also written R.6.3.5
        date_jp(regexp_replace(regexp_extract("その他参考事項", '([RＲ][0-9０-９.．]+)送[検致]', 1), '^(.)[.．]', '\1')) AS referred_on,
        date_jp(regexp_extract("その他参考事項", '([RＲ][0-9０-９.．]+)有罪確定', 1)) AS convicted_on,
        date_jp(regexp_extract("その他参考事項", '^([RＲ][0-9０-９.．]+).*局長.*指導', 1)) AS guided_on
    FROM published
)
SELECT
    _row,
    key_of([bureau, published, company_key])                AS native_id,
    key_of([bureau, published, keys])                       AS case_id,
    CASE WHEN convicted_on IS NOT NULL THEN 'violation'
         WHEN guided_on IS NOT NULL THEN 'warning'
         ELSE 'allegation' END                              AS kind,
    CASE WHEN guided_on IS NOT NULL THEN '局長指導事案' ELSE '送検事案' END AS agency_type,
    bureau                                                  AS list_id,
    company                                                 AS company_name,
    -- the list itself hides such names behind the word for a sole trader
    CASE WHEN starts_with(company, '個人事業主') THEN 'sole trader' END AS entity_type,
    'jp'                                                    AS country,
    CASE WHEN company <> "企業・事業場名称" AND NOT contains(keys, chr(10)) AND NOT regexp_matches("企業・事業場名称", '外[0-9０-９]+[社名者]$')
         THEN [alias('trade', "企業・事業場名称")] END      AS names,
    [{'text': "所在地", 'city': NULL, 'region': blank(regexp_extract("所在地", '^(北海道|東京都|京都府|大阪府|..県|...県)', 1)),
      'postcode': NULL, 'country': 'jp'}]                   AS addresses,
    "違反法条"                                              AS legal_basis,
    "事案概要"                                              AS summary,
    date_jp("公表日")                                       AS published_on,
    convicted_on                                            AS final_on,
    [
        event('送検 (referred to the public prosecutor)', referred_on),
        event('有罪確定 (conviction final)', convicted_on),
        event('労働局長の指導 (guidance by the director of the bureau)', guided_on)
    ]                                                       AS events,
    CASE WHEN convicted_on IS NOT NULL THEN 'final'
         -- taken off the list as soon as the bureau has seen the improvement
         WHEN guided_on IS NOT NULL THEN 'active'
         WHEN regexp_matches("その他参考事項", '不起訴|無罪') THEN 'cleared'
         WHEN regexp_matches("その他参考事項", '送[検致]') THEN 'alleged'
         ELSE 'unknown' END                                 AS status,
    coalesce(convicted_on, guided_on, referred_on)          AS status_on,
    "その他参考事項"                                        AS status_as_published,
    [CASE WHEN regexp_matches("企業・事業場名称", '外[0-9０-９]+[社名者]$') THEN 'further respondents not named by the agency' END] AS issues
FROM respondent
