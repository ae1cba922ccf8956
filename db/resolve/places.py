"""Places in a form that two agencies share: postcodes, cities with their region, addresses."""

import duckdb

_US = (
    "al alabama,ak alaska,az arizona,ar arkansas,ca california,co colorado,ct connecticut,de delaware,"
    "dc district of columbia,fl florida,ga georgia,hi hawaii,id idaho,il illinois,in indiana,ia iowa,ks kansas,"
    "ky kentucky,la louisiana,me maine,md maryland,ma massachusetts,mi michigan,mn minnesota,ms mississippi,"
    "mo missouri,mt montana,ne nebraska,nv nevada,nh new hampshire,nj new jersey,nm new mexico,ny new york,"
    "nc north carolina,nd north dakota,oh ohio,ok oklahoma,or oregon,pa pennsylvania,pr puerto rico,ri rhode island,"
    "sc south carolina,sd south dakota,tn tennessee,tx texas,ut utah,vt vermont,va virginia,wa washington,"
    "wv west virginia,wi wisconsin,wy wyoming"
)
_CA = (
    "ab alberta,bc british columbia,mb manitoba,nb new brunswick,nl newfoundland and labrador,ns nova scotia,"
    "nt northwest territories,nu nunavut,on ontario,pe prince edward island,qc quebec,sk saskatchewan,yt yukon"
)
_NO_CITY = ("unknown", "not known", "not stated", "not available", "undetermined", "various", "none", "n a", "na")
_REGION_NEEDED = ("us", "ca", "au", "br", "in", "mx")
"""Federations where one city's name stands in many states: without its state it is no place."""


def folded(text: str) -> str:
    """SQL for a text in lower-case words without accents and signs."""
    return rf"trim(regexp_replace(lower(strip_accents(nfc_normalize({text}))), '[^\p{{L}}\p{{N}}]+', ' ', 'g'))"


def make_places(con: duckdb.DuckDBPyConnection) -> None:
    """Table `given_place` (key, subject, value) from `party_given`, for parties whose country is known.

    An address without a number is a place only where it names a municipality, as Japanese ones do. A region alone
    is none.
    """
    regions = ", ".join(
        f"('{country}', '{pair[:2]}', '{pair[3:]}')"
        for country, listed in (("us", _US), ("ca", _CA))
        for pair in listed.split(",")
    )
    unknown = ", ".join(f"'{word}'" for word in _NO_CITY)
    federal = ", ".join(f"'{country}'" for country in _REGION_NEEDED)
    con.execute(
        rf"""CREATE OR REPLACE TABLE given_place AS
        WITH stated AS (SELECT key, country AS home, unnest(addresses) AS a
                        FROM party_given WHERE country IS NOT NULL AND addresses IS NOT NULL),
        located AS (SELECT key, home, CASE WHEN len(a.country) = 2 THEN lower(a.country) END AS stated_in,
                           {folded("a.city")} AS city, {folded("a.region")} AS region, {folded("a.text")} AS whole,
                           regexp_replace(upper(a.postcode), '[^0-9A-Z]', '', 'g') AS postcode FROM stated),
        placed AS (SELECT *, CASE WHEN stated_in <> home THEN stated_in || ' ' ELSE '' END AS abroad,
                          coalesce(stated_in, home) AS country FROM located),
        named AS (SELECT p.* EXCLUDE (region), coalesce(n.name, p.region) AS region
                  FROM placed p LEFT JOIN (VALUES {regions}) AS n(country, code, name)
                      ON n.country = p.country AND n.code = p.region)
        SELECT DISTINCT key, 'postcode' AS subject,
               abroad || CASE WHEN country = 'us' THEN left(postcode, 5) ELSE postcode END AS value
        FROM named WHERE len(postcode) >= 3 AND replace(postcode, left(postcode, 1), '') <> ''
        UNION ALL SELECT DISTINCT key, 'city', abroad || city || coalesce(', ' || nullif(region, ''), '')
        FROM named WHERE regexp_matches(city, '\p{{L}}') AND len(city) >= 2 AND city NOT IN ({unknown})
            AND (coalesce(region, '') <> '' OR country NOT IN ({federal}))
        UNION ALL SELECT DISTINCT key, 'address', abroad || whole
        FROM named WHERE (regexp_matches(whole, '[0-9]') AND len(whole) >= 8
                          AND whole <> lower(coalesce(postcode, '')))
            OR regexp_matches(whole, '\p{{Han}}[市区町村]$')"""
    )
