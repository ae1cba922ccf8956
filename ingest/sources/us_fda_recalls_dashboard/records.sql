-- One record per recall event and firm; the product lines of an event are its input rows.
WITH line AS (
    SELECT *, count(*) OVER (PARTITION BY "Event ID") AS lines FROM product
), event_ AS (
    SELECT
        list(_row ORDER BY _row)                            AS rows_,
        blank("Event ID")                                   AS event_id,
        "FEI Number"                                        AS fei,
        "Recalling Firm Name"                               AS firm,
        arg_max(COLUMNS(['Product Type', 'Status', 'Event Classification', 'Center', 'Recalling Firm City',
                         'Recalling Firm State', 'Recalling Firm Country']), _row),
        max(date_iso("Center Classification Date"))         AS classified_on,
        list(DISTINCT blank("Reason for Recall"))           AS reasons,
        list(product ORDER BY "Product ID") FILTER (blank(product) IS NOT NULL) AS products,
        list(DISTINCT "Product Classification")             AS classes,
        min("Recall Details")                               AS page
    FROM product GROUP BY event_id, fei, firm
)
SELECT * FROM event_
