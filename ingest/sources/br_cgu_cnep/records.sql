-- One record per sanction. The bulk file and the portal's JSON are two layouts of one register with one key.
WITH sanction AS (
    SELECT
        _row, CADASTRO AS register, "CÓDIGO DA SANÇÃO" AS code, "CATEGORIA DA SANÇÃO" AS category,
        "NOME DO SANCIONADO" AS name, "CPF OU CNPJ DO SANCIONADO" AS document, "ÓRGÃO SANCIONADOR" AS body,
        -- F is a natural person. J says no more than a CNPJ does: individual entrepreneurs have one too, and the
        -- tax register's name of a micro-entrepreneur ends with the person's CPF or begins with the CNPJ's root.
        CASE WHEN "TIPO DE PESSOA" = 'F'
               OR regexp_matches("RAZÃO SOCIAL - CADASTRO RECEITA", '(^|\D)\d{11}(\D|$)|^\d{2}\.?\d{3}\.?\d{3} ')
             THEN 'person' END AS entity_type,
        ["NOME INFORMADO PELO ÓRGÃO SANCIONADOR", "RAZÃO SOCIAL - CADASTRO RECEITA"] AS other_names,
        "NOME FANTASIA - CADASTRO RECEITA" AS trade_name,
        "NÚMERO DO PROCESSO" AS process, "FUNDAMENTAÇÃO LEGAL" AS legal_basis, "ABRAGÊNCIA DA SANÇÃO" AS scope,
        "VALOR DA MULTA" AS fine, "DATA INÍCIO SANÇÃO" AS starts, "DATA FINAL SANÇÃO" AS ends,
        "DATA PUBLICAÇÃO" AS published, "DATA DO TRÂNSITO EM JULGADO" AS final,
        '/sancoes/consulta/' || "CÓDIGO DA SANÇÃO" AS link
    FROM bulk
    UNION ALL BY NAME
    SELECT
        _row, cadastro AS register, skSancao AS code, categoriaSancao AS category, nomeSancionado AS name,
        cpfCnpj AS document, nullif(ufSancionado, '-1') AS state, orgao AS body, valorMulta AS fine,
        dataInicialSancao AS starts, dataFinalSancao AS ends, dataPublicacao AS published, linkDetalhamento AS link
    FROM portal
), told AS (
    -- the register writes `no information` and `does not apply` in words
    SELECT * REPLACE (
            CASE WHEN lower(starts) NOT LIKE 'sem informa%' THEN starts END AS starts,
            CASE WHEN lower(ends) NOT LIKE 'sem informa%' THEN ends END AS ends,
            CASE WHEN lower(published) NOT LIKE 'sem informa%' THEN published END AS published,
            CASE WHEN lower(final) NOT LIKE 'sem informa%' THEN final END AS final,
            CASE WHEN lower(process) NOT LIKE 'sem informa%' THEN process END AS process,
            CASE WHEN lower(trade_name) NOT LIKE 'sem informa%' THEN trade_name END AS trade_name,
            CASE WHEN lower(scope) NOT LIKE 'sem informa%' THEN scope END AS scope,
            CASE WHEN fine <> 'Não se aplica' THEN fine END AS fine),
        regexp_replace(document, '\D', '', 'g') AS digits
    FROM sanction
)
SELECT
    _row,
    CASE WHEN register <> 'CNEP' THEN 'entry of another register' END AS not_a_record,
    code                                                    AS native_id,
    process                                                 AS case_id,
    process                                                 AS decision_id,
    'CNEP'                                                  AS list_id,
    CASE WHEN starts_with(lookup('kind', category), chr(26)) THEN 'penalty'
         ELSE coalesce(lookup('kind', category), 'penalty') END AS kind,
    [CASE WHEN starts_with(lookup('kind', category), chr(26)) THEN 'kind: category not in the lookup table' END] AS issues,
    category                                                AS agency_type,
    name                                                    AS company_name,
    entity_type,
    -- foreign companies carry a number of the register's own, without a country
    CASE WHEN len(digits) IN (11, 14) THEN 'br' END         AS country,
    CASE len(digits) WHEN 14 THEN [id('cnpj', document)] WHEN 11 THEN [id('cpf', document)] END AS identifiers,
    list_append(
        list_transform(list_filter(other_names, lambda n: lower(n) NOT LIKE 'sem informa%' AND trim(n) <> trim(name)),
                       lambda n: alias('alias', n)),
        CASE WHEN trim(trade_name) <> trim(name) THEN alias('trade', trade_name) END) AS names,
    [address(NULL, NULL, state, NULL, NULL)]                AS addresses,
    legal_basis,
    concat_ws('; ', blank(category), blank(body), blank(scope)) AS summary,
    date_dmy(published)                                     AS published_on,
    date_dmy(final)                                         AS final_on,
    date_dmy(starts)                                        AS effective_from,
    date_dmy(ends)                                          AS effective_to,
    'final'                                                 AS status,
    [money_eu('final', fine, 'BRL')]                        AS amounts,
    'https://portaldatransparencia.gov.br' || link          AS source_url
FROM told
