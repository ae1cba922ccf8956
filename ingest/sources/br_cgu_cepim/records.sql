-- One record per barred agreement. The bulk file names the agreement, which is the key. The portal's JSON does not, and
-- its own number is another one after every refresh: there the key is entity, granting body and ground, and a running
-- number where these say the same of several agreements.
WITH entry AS (
    SELECT
        _row, 'CEPIM' AS register, "CNPJ ENTIDADE" AS cnpj, "NOME ENTIDADE" AS name, "ÓRGÃO CONCEDENTE" AS body,
        "MOTIVO DO IMPEDIMENTO" AS ground, blank("NÚMERO CONVÊNIO") AS agreement, nth
    FROM bulk
    UNION ALL BY NAME
    SELECT
        _row, cadastro AS register, cpfCnpj AS cnpj, nomeSancionado AS name, nullif(ufSancionado, '-1') AS state,
        orgao AS body, categoriaSancao AS ground, linkDetalhamento AS link, nth
    FROM portal
), numbered AS (
    SELECT *, regexp_replace(cnpj, '\D', '', 'g') AS digits FROM entry
)
SELECT
    _row,
    CASE WHEN register <> 'CEPIM' THEN 'entry of another register' END AS not_a_record,
    coalesce(agreement, key_of([cnpj, body, ground, nth::VARCHAR])) AS native_id,
    agreement                                               AS case_id,
    'CEPIM'                                                 AS list_id,
    'debarment'                                             AS kind,
    'Impedimento de celebrar convênios'                     AS agency_type,
    name                                                    AS company_name,
    -- the register is one of private non-profit entities; a CPF would show a mistake in it
    CASE len(digits) WHEN 14 THEN 'non-profit' WHEN 11 THEN 'person' END AS entity_type,
    'br'                                                    AS country,
    [id('cnpj', cnpj)]                                      AS identifiers,
    [address(NULL, NULL, state, NULL, NULL)]                AS addresses,
    concat_ws('; ', blank(ground), blank(body))             AS summary,
    'active'                                                AS status,
    ground                                                  AS status_as_published,
    'https://portaldatransparencia.gov.br' || coalesce(link, '/sancoes/cepim?cnpj=' ||
        regexp_replace(digits, '^(\d{2})(\d{3})(\d{3})(\d{4})(\d{2})$', '\1.\2.\3/\4-\5')) AS source_url
FROM numbered
