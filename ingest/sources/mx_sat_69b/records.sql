-- One procedure against one taxpayer, one record. A taxpayer presumed twice has two rows, told apart by the circular
-- (oficio) of the presumption; the later stages of a procedure stand in further columns of the same row. A stage has two
-- publications: the SAT's page and the Diario Oficial de la Federación (DOF).
WITH told AS (
    SELECT _row, RFC, "Nombre del Contribuyente" AS name, "Situación del contribuyente" AS situation,
        "Número y fecha de oficio global de presunción SAT" AS opening, list_transform([
            {'stage': 'Presunto', 'means': 'página SAT', 'letter': "Número y fecha de oficio global de presunción SAT",
             'cell': "Publicación página SAT presuntos"},
            {'stage': 'Presunto', 'means': 'DOF', 'letter': "Número y fecha de oficio global de presunción DOF",
             'cell': "Publicación DOF presuntos"},
            {'stage': 'Desvirtuado', 'means': 'página SAT',
             'letter': "Número y fecha de oficio global de contribuyentes que desvirtuaron SAT",
             'cell': "Publicación página SAT desvirtuados"},
            {'stage': 'Desvirtuado', 'means': 'DOF',
             'letter': "Número y fecha de oficio global de contribuyentes que desvirtuaron DOF",
             'cell': "Publicación DOF desvirtuados"},
            {'stage': 'Definitivo', 'means': 'página SAT', 'letter': "Número y fecha de oficio global de definitivos SAT",
             'cell': "Publicación página SAT definitivos"},
            {'stage': 'Definitivo', 'means': 'DOF', 'letter': "Número y fecha de oficio global de definitivos DOF",
             'cell': "Publicación DOF definitivos"},
            {'stage': 'Sentencia Favorable', 'means': 'página SAT',
             'letter': "Número y fecha de oficio global de sentencia favorable SAT",
             'cell': "Publicación página SAT sentencia favorable"},
            {'stage': 'Sentencia Favorable', 'means': 'DOF',
             'letter': "Número y fecha de oficio global de sentencia favorable DOF",
             'cell': "Publicación DOF sentencia favorable"}],
            -- a stage reached twice: "25/05/2022 - 26/04/2021"
            lambda s: {'stage': s.stage, 'means': s.means, 'letter': blank(s.letter),
                'days': CASE WHEN blank(s.cell) IS NULL THEN [] ELSE coalesce(
                    nullif(list_transform(regexp_extract_all(s.cell, '\d{1,2}[/-]\d{1,2}[/-]\d{2,4}'), lambda d: date_dmy(d)), []),
                    [DATE '-infinity']) END}) AS stages
    FROM taxpayer
),
present AS (
    SELECT *, list_filter(stages, lambda s: s.stage = trim(situation)) AS last,
        last[1].letter AS letter, list_max(last[1].days) AS on_page, list_max(last[2].days) AS in_dof
    FROM told
)
SELECT
    _row,
    RFC || ' ' || coalesce(regexp_extract(opening, '^\s*([0-9-]+)', 1), '') AS native_id,
    CASE WHEN regexp_full_match(trim(RFC), '[X*]+') OR starts_with(lower(trim(name)), 'información suprimida')
        THEN 'suppressed by court' END                      AS not_a_record,
    -- a finding that was rebutted or annulled leaves no more than that it had been alleged
    CASE WHEN lookup('status', situation) = 'final' THEN 'violation' ELSE 'allegation' END AS kind,
    situation                                               AS agency_type,
    name                                                    AS company_name,
    'mx'                                                    AS country,
    'taxpayer'                                              AS role,
    -- 12 characters: a legal person, 13: a natural one; the gate reads it
    [id('rfc', RFC)]                                        AS identifiers,
    'Artículo 69-B CFF'                                     AS list_id,
    'Código Fiscal de la Federación, artículo 69-B'         AS legal_basis,
    blank(regexp_extract(letter, '^([0-9-]+)', 1))          AS decision_id,
    list_min(stages[1].days)                                AS opened_on,
    date_es(regexp_replace(letter, '^.*?(\d{1,2})\s+(?:de\s+)?(\pL{4,})\s+(?:del?\s+)?(\d{4}).*$', '\1 de \2 de \3')) AS issued_on,
    CASE WHEN lookup('status', situation) = 'final' THEN coalesce(in_dof, on_page) END AS final_on,
    coalesce(in_dof, on_page)                               AS published_on,
    list_sort(flatten(list_transform(stages, lambda s: list_transform(s.days, lambda d:
        event(s.stage || ', ' || s.means, d, s.letter))))) AS events,
    lookup('status', situation)                             AS status,
    coalesce(on_page, in_dof)                               AS status_on,
    situation                                               AS status_as_published,
    'http://omawww.sat.gob.mx/cifras_sat/Paginas/datos/vinculo.html?page=ListCompleta69B.html' AS source_url
FROM present
