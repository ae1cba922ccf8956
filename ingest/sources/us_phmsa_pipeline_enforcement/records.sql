-- One case, one record. A notice of probable violation stays an allegation until an order is issued; a case that the
-- region withdrew, and not before its latest order, keeps its record with status withdrawn, never shown as adverse.
SELECT
    _row,
    CPF_Number                                              AS native_id,
    CPF_Number                                              AS case_id,
    CASE WHEN Case_Type = 'Notice of Probable Violation' AND (blank(Latest_Order_Type) IS NULL OR
              date_us(Region_Withdrawn_Date) >= date_us(Latest_Order_Date)) THEN 'allegation'
         WHEN Case_Type = 'Notice of Probable Violation' AND
              greatest(money('assessed', Assessed_Penalties, 'USD').value,
                       money('paid', Collected_Penalties, 'USD').value) > 0 THEN 'penalty'
         WHEN starts_with(lookup('kind', Case_Type), chr(26)) THEN 'order'
         ELSE lookup('kind', Case_Type) END                 AS kind,
    Case_Type                                               AS agency_type,
    Operator_Name                                           AS company_name,
    'us'                                                    AS country,
    'operator'                                              AS role,
    [id('phmsa-opid', Operator_ID)]                         AS identifiers,
    Cited_Regulations                                       AS legal_basis,
    concat_ws('; ', blank(Violation_Category), blank(Pipeline_Type)) AS summary,
    date_us(Opened_Date)                                    AS opened_on,
    coalesce(date_us(Notice_Sent_Date), date_us(Latest_Order_Date)) AS issued_on,
    date_us(Final_Order_Date)                               AS final_on,
    [
        event('Operator response', date_us(Operator_Response_Date)),
        event('Operator request for hearing', date_us(Operator_Request_Hearing_Date)),
        event('Hearing', date_us(Hearing_Date)),
        event('Final order', date_us(Final_Order_Date)),
        event('Petition for reconsideration', date_us(Petition_for_Reconsideration_Date)),
        event('Decision on petition', date_us(Decision_on_Petition_Date)),
        event('Consent order', date_us(Consent_Order_Date)),
        event('Corrective action order', date_us(Corrective_Action_Order_Date)),
        event('Order directing amendment', date_us(Order_Direct_Amendment_Date)),
        event('Safety order', date_us(Safety_Order_Date)),
        event('Penalty collected', date_us(Penalty_Collected_Date)),
        event('Withdrawn by region', date_us(Region_Withdrawn_Date)),
        event('Closed', date_us(Closed_Date))
    ]                                                       AS events,
    CASE WHEN blank(Region_Withdrawn_Date) IS NOT NULL AND (blank(Latest_Order_Type) IS NULL OR
              date_us(Region_Withdrawn_Date) >= date_us(Latest_Order_Date)) THEN 'withdrawn'
         WHEN Case_Status = 'CLOSED' AND Case_Type = 'Notice of Probable Violation'
              AND blank(Latest_Order_Type) IS NULL THEN 'closed'
         WHEN Case_Status = 'CLOSED' THEN 'closed'
         WHEN Latest_Order_Type IN ('Final Order', 'Decision for Reconsideration') THEN 'final'
         WHEN Latest_Order_Type = 'Consent Order' THEN 'settled'
         WHEN blank(Latest_Order_Type) IS NOT NULL THEN 'active'
         WHEN Case_Type = 'Notice of Probable Violation' AND blank(Operator_Request_Hearing_Date) IS NOT NULL THEN 'contested'
         WHEN Case_Type = 'Notice of Probable Violation' THEN 'alleged'
         WHEN Case_Status = 'OPEN' THEN 'active' END        AS status,
    coalesce(date_us(Closed_Date), date_us(Latest_Order_Date)) AS status_on,
    Case_Status                                             AS status_as_published,
    [
        money('proposed', Proposed_Penalties, 'USD'),
        money('assessed', Assessed_Penalties, 'USD'),
        money('paid', Collected_Penalties, 'USD')
    ]                                                       AS amounts
FROM case_
