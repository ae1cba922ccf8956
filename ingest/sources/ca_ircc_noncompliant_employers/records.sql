-- One decision against one employer, one record. The employer is the legal name; the operating name, often that of the
-- person who runs the place, is at most an alias, which the gate judges by itself.
WITH told AS (
    SELECT *, regexp_extract_all("Reason(s)", '\d+|\*') AS codes,
        coalesce(blank("Business legal name"), blank("Business operating name")) AS employer,
        regexp_extract(Penalty, '(?i)(?:^| )((?:\w+[- ]year|permanent) ban)', 1) AS ban,
        regexp_extract(Status, '(?i)until\s+(.*)$', 1)      AS ban_ends,
        lower(regexp_replace(Status, '[^A-Za-z]+', ' ', 'g')) AS standing
    FROM employer
)
SELECT
    _row,
    key_of(["Business legal name", "Date of final decision", "Address"]) AS native_id,
    CASE WHEN ban <> '' THEN 'debarment' ELSE 'penalty' END AS kind,
    concat_ws(' and ', CASE WHEN contains(Penalty, '$') THEN 'monetary penalty' END, blank(ban)) AS agency_type,
    blank(array_to_string(codes, ', '))                     AS agency_code,
    employer                                                AS company_name,
    'ca'                                                    AS country,
    'employer'                                              AS role,
    [CASE WHEN lower(trim("Business operating name")) <> lower(trim(employer))
        THEN alias('trade', "Business operating name") END] AS names,
    [address(regexp_extract("Address", '^(.*),\s*[^,]+$', 1), NULL, regexp_extract("Address", ',\s*([^,]+)$', 1), NULL, NULL)]
                                                            AS addresses,
    'SOR/2002-227, ' || blank(array_to_string(list_filter(list_transform(codes, lambda c: lookup('provision', c)),
        lambda p: NOT starts_with(p, chr(26))), '; '))      AS legal_basis,
    blank(array_to_string(list_filter(list_transform(codes, lambda c: lookup('reason', c)),
        lambda r: NOT starts_with(r, chr(26))), '; '))      AS summary,
    date_iso("Date of final decision")                      AS final_on,
    CASE WHEN ban <> '' THEN date_iso("Date of final decision") END AS effective_from,
    date_en(ban_ends)                                       AS effective_to,
    CASE WHEN standing = 'eligible' THEN 'closed'
         -- an employer who has not paid may not hire until it pays
         WHEN starts_with(standing, 'ineligible') THEN 'active'
         WHEN blank(Status) IS NOT NULL THEN chr(26) END    AS status,
    Status                                                  AS status_as_published,
    [money('final', blank(regexp_extract(Penalty, '\$\s*([\d,.]*\d)', 1)), 'CAD')] AS amounts,
    'https://www.canada.ca/en/immigration-refugees-citizenship/services/work-canada/employers-non-compliant.html' AS source_url,
    [CASE WHEN blank(Penalty) IS NOT NULL AND NOT contains(Penalty, '$') AND ban = '' THEN 'Penalty: not understood' END,
     CASE WHEN len(codes) = 0 THEN 'Reason(s): none given' END,
     CASE WHEN list_bool_or(list_transform(codes, lambda c: starts_with(lookup('reason', c), chr(26))))
        THEN 'Reason(s): code not in the lookup table' END] AS issues
FROM told
