-- One record per recall event and firm; the product lines of an event are its input rows.
WITH line AS (
    SELECT *, blank("Event ID") AS event_id FROM product
), recall AS (
    SELECT
        event_id, "FEI Number" AS fei, "Recalling Firm Name" AS firm, one_firm,
        list(_row ORDER BY _row)                            AS _rows,
        arg_min(line, coalesce(TRY_CAST("Product ID" AS BIGINT), _row)) AS first_line,
        list(DISTINCT blank("Reason for Recall") ORDER BY blank("Reason for Recall"))
            FILTER (blank("Reason for Recall") IS NOT NULL) AS reasons,
        list(DISTINCT blank(product) ORDER BY blank(product)) FILTER (blank(product) IS NOT NULL) AS products
    FROM line GROUP BY event_id, fei, firm, one_firm
)
SELECT
    _rows,
    CASE WHEN event_id IS NULL THEN 'no event number' END   AS not_a_record,
    CASE WHEN one_firm THEN event_id ELSE event_id || '-' || coalesce(fei, key_of([firm])) END AS native_id,
    event_id                                                AS case_id,
    'recall'                                                AS kind,
    first_line."Product Type"                               AS agency_type,
    first_line."Event Classification"                       AS agency_code,
    firm                                                    AS company_name,
    'firm'                                                  AS entity_type,
    'recalling firm'                                        AS role,
    country_code(first_line."Recalling Firm Country")       AS country,
    [CASE WHEN country_code(first_line."Recalling Firm Country") IS NULL
          THEN 'country: name not known' END]               AS issues,
    CASE WHEN blank(fei) IS NOT NULL THEN [id('fda-fei', fei)] END AS identifiers,
    [address_in(NULL, first_line."Recalling Firm City", nullif(first_line."Recalling Firm State", '-'), NULL,
                first_line."Recalling Firm Country")]       AS addresses,
    -- some events have hundreds of lines with a reason and a product of their own
    concat_ws('; ',
        left(array_to_string(reasons[1:3], ' | '), 600)
            || CASE WHEN len(reasons) > 3 THEN ' | and ' || len(reasons) - 3 || ' more' ELSE '' END,
        len(_rows) || CASE len(_rows) WHEN 1 THEN ' product: ' ELSE ' products, among them: ' END
            || array_to_string(products[1:5], ' | '))       AS summary,
    date_iso(first_line."Center Classification Date")       AS issued_on,
    lookup('status', first_line."Status")                   AS status,
    first_line."Status"                                     AS status_as_published,
    first_line."Recall Details"                             AS source_url
FROM recall
