-- One record per unfavourable inspection of one establishment; the key in either layout is inspection and establishment.
-- `street` is cast because the layout that is absent has it as an empty list.
WITH inspection AS (
    SELECT
        _row, concat_ws('/', Numero_inspection, SIRET) AS native_id, SIRET AS number, APP_Libelle_etablissement AS name,
        street::VARCHAR AS street, Code_postal AS postcode, Libelle_commune AS town, Date_inspection AS inspected,
        APP_Libelle_activite_etablissement AS activity, Synthese_eval_sanit AS rating, Agrement AS approval
    FROM labelled
    UNION ALL BY NAME
    SELECT
        _row, concat_ws('/', code_ua, siret, date_inspection) AS native_id, siret AS number,
        app_libelle_etablissement AS name, street::VARCHAR AS street, code_postal AS postcode,
        libelle_commune AS town, date_inspection AS inspected, app_libelle_activite_etablissement AS activity,
        synthese_eval_sanit AS rating, agrement AS approval
    FROM present
)
SELECT
    _row,
    CASE WHEN rating IN ('Très satisfaisant', 'Satisfaisant') THEN 'favourable inspection'
         WHEN replace(rating, 'À', 'A') IN ('A améliorer', 'A corriger de manière urgente') THEN NULL
         ELSE 'result not known' END                        AS not_a_record,
    native_id,
    'inspection finding'                                    AS kind,
    'Contrôle officiel sanitaire'                           AS agency_type,
    rating                                                  AS agency_code,
    -- what the inspectors write where a shop has no sign: the establishment cannot be named
    CASE WHEN NOT regexp_matches(upper(name), '^\W*SANS (ENSEIGNE|NOM)\b') THEN name END AS company_name,
    'fr'                                                    AS country,
    -- establishments without SIRET carry a number of the ministry's (A or J and 11 to 15 digits)
    CASE WHEN regexp_matches(trim(number), '^\d{14}$') THEN [id('siret', number)]
         WHEN blank(number) IS NOT NULL THEN [id('fr-numagrit', number)] END
        || CASE WHEN blank(approval) IS NOT NULL THEN [id('fr-agrement-sanitaire', approval)] ELSE [] END AS identifiers,
    [address(street, town, NULL, postcode, NULL)] AS addresses,
    replace(activity, '|', '; ')                            AS summary,
    date_iso(inspected)                                     AS issued_on,
    -- by law a result is public for one year from the inspection
    CASE WHEN date_iso(inspected) > DATE '-infinity' THEN date_iso(inspected) + INTERVAL 1 YEAR END AS publication_ends,
    'final'                                                 AS status,
    rating                                                  AS status_as_published
FROM inspection
